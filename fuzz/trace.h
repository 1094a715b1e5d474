/* A packed trace: a long recorded load in about one byte an operation.
 *
 *   +0   8 bytes   magic "KHEAPTR1"
 *   +8   4         operations
 *   +12  4         allocations; slots are 0 .. allocations - 1, in the order of allocation, each
 * used once +16  4         frames that the run gives the core +20  4         pages of the heap's
 * window +24  4         bytes of operations that follow the size table +28  4         CRC-32 of all
 * bytes from +32 on +32  512       size table: the 128 most frequent sizes +544 operations
 *
 * An operation is one byte and what follows it:
 *
 *   0x00 + i        allocate the i-th size of the table
 *   0x80 + i        free the i-th youngest allocation (0: the last one made), i < 64
 *   0xC0 + i        free the allocation numbered i - 16 after the one last freed, i < 32
 *   0xE0 v          allocate v bytes
 *   0xE1 v w        allocate v bytes at a multiple of w
 *   0xE2 i v        resize the i-th youngest allocation to v bytes
 *   0xE3 i          free the i-th youngest allocation
 *   0xE4 z          free the allocation z after the one last freed
 *
 * v, w and i are LEB128, z is LEB128 in zigzag form. Numbers in the header are little-endian. A
 * trace is refused whole if it is cut off, too long, or its CRC is wrong; a trace that passes is
 * decoded without further checks but those that keep reads inside it. */
#ifndef KHEAP_FUZZ_TRACE_H
#define KHEAP_FUZZ_TRACE_H

#include "fuzz/op.h"

#define TRACE_MAGIC "KHEAPTR1"
#define TRACE_HEADER 32u
#define TRACE_SIZES 128u
#define TRACE_OPS (TRACE_HEADER + 4u * TRACE_SIZES)

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

/* Starts reading a trace. Returns null, or a few words that say what is wrong with it. */
const char *trace_open(struct trace_reader *reader, struct op_config *config, const uint8_t *data,
                       uint32_t size_bytes);

/* The next operation. Returns false at the end. */
bool trace_next(struct trace_reader *reader, struct op *op);

#endif
