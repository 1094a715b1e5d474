/* What the harness writes into the blocks of a foreign allocator, and finds again: a pattern that
 * no two blocks share. It covers all of a small block; of a large one both ends, and words between.
 * One large block in CONTENTS_WHOLE_ONE_IN is covered wholly: an allocator may look at any byte
 * that it takes for its own. */
#ifndef KHEAP_FUZZ_FOREIGN_CONTENTS_H
#define KHEAP_FUZZ_FOREIGN_CONTENTS_H

#include <stdbool.h>
#include <stdint.h>

/* Blocks of up to twice this many bytes are filled wholly, others at both ends. */
#define CONTENTS_END 512u

/* Between the ends, one word in each CONTENTS_STRIDE bytes; the stride doubles until there are at
 * most CONTENTS_WORDS: each may be on a page that nobody else has touched. */
#define CONTENTS_STRIDE 512u
#define CONTENTS_WORDS 512u

/* Of one block in so many, by its seed and size, all up to so many bytes. */
#define CONTENTS_WHOLE_ONE_IN 8u
#define CONTENTS_WHOLE_BYTES 0x40000u

static inline bool contents_whole(uintptr_t size_bytes, uint32_t seed)
{
    return size_bytes <= CONTENTS_WHOLE_BYTES &&
           (seed + size_bytes / 16u) % CONTENTS_WHOLE_ONE_IN == 0;
}

/* Writes the pattern of `seed` over the size_bytes bytes at `at`. */
void contents_write(uintptr_t at, uintptr_t size_bytes, uint32_t seed);

/* Looks for what contents_write wrote for a block of size_bytes bytes, in the first upto_bytes of
 * them, in memory at `at`. Returns the offset of the first word that differs, or upto_bytes. */
uintptr_t contents_find_damage(uintptr_t at, uintptr_t size_bytes, uint32_t seed,
                               uintptr_t upto_bytes);

/* The same in its last bytes, from offset `from` on, where that is no further from its end than
 * CONTENTS_END. Returns size_bytes where nothing differs. */
uintptr_t contents_find_tail_damage(uintptr_t at, uintptr_t size_bytes, uint32_t seed,
                                    uintptr_t from);

/* The word of the pattern at an offset, a multiple of 4. */
uint32_t contents_word(uint32_t seed, uintptr_t offset);

/* Fills memory with one byte, or looks for the first byte of it that differs: returns its offset,
 * or size_bytes. */
void contents_fill(uintptr_t at, uintptr_t size_bytes, uint8_t byte);
uintptr_t contents_find_other(uintptr_t at, uintptr_t size_bytes, uint8_t byte);

/* The word at an address, of which the process's alignment is not known; at the end of readable
 * memory, left_bytes of it. */
uint32_t contents_read(uintptr_t at, uintptr_t left_bytes);

#endif
