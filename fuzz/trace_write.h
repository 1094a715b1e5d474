/* Writes packed traces (fuzz/trace.h). */
#ifndef KHEAP_FUZZ_TRACE_WRITE_H
#define KHEAP_FUZZ_TRACE_WRITE_H

#include "fuzz/op_list.h"

/* The machine that a trace runs on, chosen by the most bytes in blocks that its operations have
 * live at once: twice as many frames, and some for small traces, but at most TRACE_FRAMES_MAX; and
 * the largest window. */
void trace_machine(uint64_t peak_block_bytes, struct op_config *config);

/* Packs operations. Returns malloc'ed bytes with *size_bytes set, or null if there is no memory, or
 * the trace would be larger than 4 GiB.
 *
 * Requires only OP_ALLOC, OP_ALIGNED, OP_REALLOC and OP_FREE, at least one allocation, the n-th
 * allocation into slot n - 1, and no slot used before its allocation. */
uint8_t *trace_write(const struct op_list *ops, const struct op_config *config,
                     uint32_t *size_bytes);

#endif
