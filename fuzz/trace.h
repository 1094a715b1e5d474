/* A packed trace: a long recorded load in about one byte an operation.
 *
 *   +0    8     magic "KHEAPTR1"
 *   +8    4     CRC-32 of all bytes from +12 on
 *   +12   4     operations
 *   +16   4     allocations, at least 1: slots are 0 .. allocations - 1, in the order of
 *               allocation, each used once
 *   +20   4     frames that the run gives the core, at most TRACE_FRAMES_MAX
 *   +24   4     pages of the heap's window, 1 .. OP_WINDOW_PAGES_MAX
 *   +28   4     bytes of operations that follow the size table
 *   +32   512   size table: the 128 most frequent sizes
 *   +544        operations
 *
 * An operation is one byte and what follows it:
 *
 *   0x00 + i    allocate the i-th size of the table
 *   0x80 + i    free the i-th youngest allocation (0: the last one made), i < 64
 *   0xC0 + i    free the allocation numbered i - 16 after the one last freed, i < 32
 *   0xE0 v      allocate v bytes
 *   0xE1 v w    allocate v bytes at a multiple of w
 *   0xE2 i v    resize the i-th youngest allocation to v bytes
 *   0xE3 i      free the i-th youngest allocation
 *   0xE4 z      free the allocation z after the one last freed
 *
 * v, w and i are LEB128, z is LEB128 in zigzag form (0, -1, 1, -2, ... as 0, 1, 2, 3, ...). The
 * youngest allocation is the last one made, live or not. Before the first free, the one last freed
 * is number 0. Numbers in the header are little-endian.
 *
 * A trace is refused whole if it is cut off, too long, or its CRC is wrong. One that passes is
 * decoded without further checks but those that keep reads inside it and slots below the number of
 * allocations: it ends at the first operation that would not. */
#ifndef KHEAP_FUZZ_TRACE_H
#define KHEAP_FUZZ_TRACE_H

#include "fuzz/op.h"

#define TRACE_MAGIC "KHEAPTR1"
#define TRACE_HEADER 32u
#define TRACE_SIZES 128u
#define TRACE_OPS (TRACE_HEADER + 4u * TRACE_SIZES)

/* 256 MiB. */
#define TRACE_FRAMES_MAX 65536u

/* Where the header's fields lie. */
#define TRACE_CRC 8u
#define TRACE_OP_COUNT 12u
#define TRACE_ALLOC_COUNT 16u
#define TRACE_FRAMES 20u
#define TRACE_WINDOW_PAGES 24u
#define TRACE_OP_BYTES 28u

/* The first bytes of operations. */
#define TRACE_ALLOC_TABLE 0x00u
#define TRACE_FREE_YOUNG 0x80u
#define TRACE_FREE_NEAR 0xC0u
#define TRACE_ALLOC 0xE0u
#define TRACE_ALIGNED 0xE1u
#define TRACE_REALLOC 0xE2u
#define TRACE_FREE_OLD 0xE3u
#define TRACE_FREE_FAR 0xE4u

#define TRACE_YOUNG 64u       /* allocations that TRACE_FREE_YOUNG reaches */
#define TRACE_NEAR 32u        /* and TRACE_FREE_NEAR, of which */
#define TRACE_NEAR_BEFORE 16u /* lie before the one last freed */

struct trace_reader {
    const uint8_t *next;
    const uint8_t *end;
    const uint8_t *sizes;
    uint32_t op_count;  /* operations not read yet */
    uint32_t allocated; /* allocations read */
    uint32_t alloc_count;
    uint32_t last_freed;
};

/* True if the bytes start with the magic. */
bool trace_recognise(const uint8_t *data, uint32_t size_bytes);

/* Starts reading a trace; its bytes must stay. Returns null, or a few words that say what is wrong
 * with it. The policy is not part of a trace: *config gets OP_POLICY_DEFAULT. */
const char *trace_open(struct trace_reader *reader, struct op_config *config, const uint8_t *data,
                       uint32_t size_bytes);

/* The next operation: OP_ALLOC, OP_ALIGNED, OP_REALLOC or OP_FREE. Returns false at the end. */
bool trace_next(struct trace_reader *reader, struct op *op);

#endif
