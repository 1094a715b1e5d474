/* What the small fuzz targets share: reading operands from any bytes, and ending at a property that
 * does not hold. */
#ifndef KHEAP_FUZZ_TARGET_PROPERTY_H
#define KHEAP_FUZZ_TARGET_PROPERTY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Defines <target>_broken_<name>(at, expected, found), which says what is broken and traps: a
 * function for each property, not inlined, so that the stack trace of a crash names it. By the word
 * behind DEDUP_TOKEN libFuzzer (-minimize_crash) and ci/fuzz tell one failure from another. */
#define PROPERTY(target, name, claim)                                                              \
    __attribute__((noinline)) _Noreturn static void target##_broken_##name(                        \
        uint32_t at, uint32_t expected, uint32_t found)                                            \
    {                                                                                              \
        (void)fprintf(stderr,                                                                      \
                      "kheap: " #target ": " claim ": at %08x: expected %08x, found %08x\n"        \
                      "DEDUP_TOKEN: " #target "-" #name "\n",                                      \
                      at, expected, found);                                                        \
        __builtin_trap();                                                                          \
    }

/* The rest of an input. Past its end all operands are 0. */
struct reader {
    const uint8_t *data;
    size_t left;
};

static inline uint32_t read_byte(struct reader *reader)
{
    if (reader->left == 0)
        return 0;
    reader->left--;
    return *reader->data++;
}

/* Two bytes, the low one first. */
static inline uint32_t read_pair(struct reader *reader)
{
    uint32_t low = read_byte(reader);
    return low | read_byte(reader) << 8;
}

#endif
