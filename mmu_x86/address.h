/* Addresses of the two spaces, as types that cannot be mixed up.
 *
 * Once paging is on, every address that code uses is virtual, while page tables hold physical ones.
 * A virtual address is a vaddr_t; physical memory is named by whole frames, frame_t. Both are 32
 * bits wide on every port, in a 64-bit host process too, so that a heap image has the same bytes
 * everywhere. */
#ifndef KHEAP_MMU_X86_ADDRESS_H
#define KHEAP_MMU_X86_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* A virtual address of the (emulated or real) i386. v == 0 is the null pointer. */
typedef struct {
    uint32_t v;
} vaddr_t;

/* A physical frame: its number, which is its physical address divided by PAGE_SIZE. */
typedef struct {
    uint32_t n;
} frame_t;

#define VADDR_NULL ((vaddr_t){0})

static inline vaddr_t vaddr_of(uint32_t v)
{
    return (vaddr_t){v};
}

static inline vaddr_t vaddr_add(vaddr_t at, uint32_t size_bytes)
{
    return (vaddr_t){at.v + size_bytes};
}

static inline bool vaddr_is_null(vaddr_t at)
{
    return at.v == 0;
}

#endif
