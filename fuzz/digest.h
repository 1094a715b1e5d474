/* Digests: FNV-1a over 32-bit words of what must be equal on all machines. */
#ifndef KHEAP_FUZZ_DIGEST_H
#define KHEAP_FUZZ_DIGEST_H

#include <stdint.h>

#define DIGEST_START 0xCBF29CE484222325ull
#define DIGEST_PRIME 0x100000001B3ull

static inline void digest_word(uint64_t *digest, uint32_t word)
{
    *digest = (*digest ^ word) * DIGEST_PRIME;
}

#endif
