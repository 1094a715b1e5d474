/* Loads of the Linux kernel, from the text of its tracing: events of kmem, as `trace-cmd report',
 * the file `trace' of tracefs and `perf script' print them.
 *
 *     bash-217 [001] ....  12.500107: kmalloc: call_site=... ptr=0x... bytes_req=40 bytes_alloc=64
 * ... bash-217 [001] ....  12.500112: kfree: call_site=... ptr=0x...
 *
 * Allocations are kmalloc, kmalloc_node, kmem_cache_alloc and kmem_cache_alloc_node; frees are
 * kfree and kmem_cache_free. Of an allocation ptr= and bytes_req= are read, of a free ptr=; all
 * else differs between kernels and is not looked at. Pointers may be hashed (as they are without
 * the option hash-ptr=0): they name a block all the same. The lines are taken in their order, which
 * is that of time in all these texts. */
#ifndef KHEAP_FUZZ_FTRACE_H
#define KHEAP_FUZZ_FTRACE_H

#include "fuzz/recording.h"

struct ftrace {
    bool kmalloc_only; /* leave out kmem_cache_alloc and kmem_cache_free */
    uint64_t line_count;
    uint64_t taken;
    uint64_t caches_left_out; /* because of kmalloc_only */
    uint64_t other_events;    /* of kmem or not; anything that is no event here */
    uint64_t damaged;         /* events without the fields that they must have */
    uint64_t lost;            /* events that the kernel says it has lost */
    uint64_t lost_times;      /* how often it says so */
};

/* True if one of the first lines of the text is an event, or a header, as these are. */
bool ftrace_recognise(const char *text, size_t size_bytes);

/* Reads to the end. Returns false with *error set if it cannot be read, or there is no memory. */
bool ftrace_read(FILE *in, struct ftrace *ftrace, struct recording *recording, struct line *error);

/* What was taken and what was not. */
void ftrace_report(const struct ftrace *ftrace, FILE *out);

/* The same as further members of a JSON object. */
void ftrace_json(const struct ftrace *ftrace, FILE *out);

#endif
