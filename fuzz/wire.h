/* Numbers as the binary formats write them: little-endian words, and LEB128 for numbers that are
 * mostly small (seven bits a byte, the low ones first; bit 7 says that more follow). */
#ifndef KHEAP_FUZZ_WIRE_H
#define KHEAP_FUZZ_WIRE_H

#include <stdint.h>

/* The most bytes that a 32-bit number takes in LEB128. */
#define LEB128_MAX 5u

static inline uint32_t wire_load(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void wire_store(uint8_t *at, uint32_t number)
{
    for (uint32_t i = 0; i < 4u; i++)
        at[i] = (uint8_t)(number >> (8u * i));
}

/* Reads one number and moves *next behind it. Total: reads at most LEB128_MAX bytes and none at or
 * beyond `end`, drops bits beyond 32, and takes what is there of a number that is cut off. */
static inline uint32_t leb128_read(const uint8_t **next, const uint8_t *end)
{
    uint32_t number = 0;
    for (uint32_t shift = 0; shift < 7u * LEB128_MAX && *next != end; shift += 7u) {
        uint8_t byte = *(*next)++;
        number |= (uint32_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80u)
            break;
    }
    return number;
}

/* Writes a number in its shortest form. Returns the bytes written, at most LEB128_MAX. */
static inline uint32_t leb128_write(uint8_t *out, uint32_t number)
{
    uint32_t count = 0;
    for (; number >= 0x80u; number >>= 7)
        out[count++] = (uint8_t)(number | 0x80u);
    out[count++] = (uint8_t)number;
    return count;
}

#endif
