/* Which bytes of its window a foreign allocator has been granted: ranges, in order, none of which
 * touches the next. */
#ifndef KHEAP_FUZZ_FOREIGN_GRANTS_H
#define KHEAP_FUZZ_FOREIGN_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#define GRANTS_MAX 16384u

struct grant {
    uintptr_t start;
    uintptr_t end;
};

struct grants {
    struct grant list[GRANTS_MAX];
    uint32_t count;
};

/* The number of grants that end at or before `at`: the index of the first that ends behind it. */
uint32_t grants_find(const struct grants *grants, uintptr_t at);

/* True if all of [start, end) is granted; and if none of it is. Require start < end. */
bool grants_cover(const struct grants *grants, uintptr_t start, uintptr_t end);
bool grants_spare(const struct grants *grants, uintptr_t start, uintptr_t end);

/* How many bytes of [start, end) are granted. Cost: the grants in it. */
uintptr_t grants_count_bytes(const struct grants *grants, uintptr_t start, uintptr_t end);

/* Adds a range of which nothing is granted. Returns false, with nothing changed, if there are too
 * many. */
bool grants_add(struct grants *grants, uintptr_t start, uintptr_t end);

/* Removes a range of which all is granted; the same. */
bool grants_remove(struct grants *grants, uintptr_t start, uintptr_t end);

#endif
