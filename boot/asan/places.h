/* What lies at an address that may not be touched: a variable of a file, or of a function. */
#ifndef KHEAP_BOOT_ASAN_PLACES_H
#define KHEAP_BOOT_ASAN_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz/line.h"

/* A variable as the compiler describes it (LLVM, AddressSanitizer.cpp, "__asan_register_globals").
 */
struct asan_global {
    uint32_t at;
    uint32_t size_bytes;
    uint32_t size_with_redzone;
    const char *name;
    const char *file;
    uint32_t has_constructor;
    const void *location;
    uint32_t odr_indicator;
};

/* Remembers a file's variables and closes what lies between them. */
void globals_add(const struct asan_global *globals, uint32_t count);

/* Adds "1 byte past the end of the global 'table' of 10 bytes at c0123456 in boot/x.c" for an
 * access to [at, end), of which `at` is the first byte that is forbidden. Returns false if no
 * variable of a file is there. */
bool global_describe(struct line *line, uint32_t at, uint32_t end);

/* Likewise for variables of functions, whose frame says how it is laid out. */
bool local_describe(struct line *line, uint32_t at, uint32_t end);

/* Adds "1 byte past the end of " or the like: where [at, end) lies to `size_bytes` bytes at
 * `start`. */
void offset_describe(struct line *line, uint32_t at, uint32_t end, uint32_t start,
                     uint32_t size_bytes);

/* Adds "13 bytes". */
void bytes_describe(struct line *line, uint32_t count);

#endif
