/* Filling and copying of the machine's memory by the host's ports, as plain loops. A compiler makes
 * calls of memset and memcpy of them; where it must not, because AddressSanitizer watches those and
 * the memory is poisoned for the core (fuzz/poison.h), it is told so by -fno-builtin. */
#ifndef KHEAP_MMU_X86_BULK_H
#define KHEAP_MMU_X86_BULK_H

#include <stdint.h>

static inline void bulk_fill(void *to, uint8_t byte, uint32_t size_bytes)
{
    uint8_t *bytes = (uint8_t *)to;
    for (uint32_t i = 0; i < size_bytes; i++)
        bytes[i] = byte;
}

/* Requires that the two do not overlap. */
static inline void bulk_copy(void *restrict to, const void *restrict from, uint32_t size_bytes)
{
    uint8_t *restrict bytes = (uint8_t *)to;
    const uint8_t *restrict source = (const uint8_t *)from;
    for (uint32_t i = 0; i < size_bytes; i++)
        bytes[i] = source[i];
}

#endif
