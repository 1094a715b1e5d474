/* Backtraces: return addresses along the chain of frame pointers, which this kernel keeps. */
#ifndef KHEAP_BOOT_ASAN_TRACE_H
#define KHEAP_BOOT_ASAN_TRACE_H

#include <stdint.h>

#define TRACE_DEPTH 8u

/* The innermost caller first; 0 behind the last. */
struct trace {
    uint32_t calls[TRACE_DEPTH];
};

/* Fills a trace from a function's frame (__builtin_frame_address(0)) on: its caller is the first.
 * The chain ends where it leaves the kernel stack. */
void trace_take(struct trace *trace, const void *frame);

/* Prints a heading and a line for each call, "    #0 c0105432 kfree+0x12". */
void trace_print(const char *heading, const struct trace *trace);

#endif
