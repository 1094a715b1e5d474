/* Misuse: what a caller did wrong, or what was found damaged.
 *
 * Every pointer that comes back to the heap, and every block that a call is about to change, is
 * verified before the first write: both tags, and the links of a free one. Of a used block beside
 * one that is freed or resized, which stays as it is, the tag on this side is looked at, and
 * believed if it could be one. What does not hold is reported once through machine_misuse
 * (mmu_x86/machine.h), and the call has no effect: kfree returns, krealloc and kmalloc return null,
 * kmalloc_usable_size returns 0. */
#ifndef KHEAP_HEAP_MISUSE_H
#define KHEAP_HEAP_MISUSE_H

#include "heap/block.h"

enum misuse_reason {
    MISUSE_NONE = 0,
    MISUSE_MISALIGNED,  /* not 8-byte aligned: no payload can lie there */
    MISUSE_FOREIGN,     /* outside the extent: another heap's, a stack's, or given back long ago */
    MISUSE_NOT_A_BLOCK, /* no legal header: the inside of a block, a stale pointer, or damage */
    MISUSE_TAGS_DISAGREE,     /* header and footer differ: an overrun or underrun */
    MISUSE_DOUBLE_FREE,       /* the block is free already */
    MISUSE_DAMAGED_NEIGHBOUR, /* the previous block's footer or the next block's header cannot be
                                 one, or a free neighbour's tags differ */
    MISUSE_DAMAGED_LINK,      /* a free block's links or tags are damaged: a write after free */
};

enum misuse_call {
    MISUSE_KMALLOC,
    MISUSE_KFREE,
    MISUSE_KREALLOC,
    MISUSE_USABLE_SIZE,
    MISUSE_RECLAIM,
    MISUSE_STATS,
};

/* The evidence. Words are as they stand in memory, keyed; one that cannot be read is 0. */
struct misuse {
    enum misuse_reason reason;
    enum misuse_call call;
    vaddr_t at;      /* the pointer that was handed in, or the payload of the damaged block */
    uint32_t header; /* the word before the payload */
    uint32_t footer; /* the word that the header says is the footer */
    uint32_t previous_footer; /* the word before the header */
    uint32_t next_header;     /* the word behind the footer */
};

/* A few words for a reason or a call, for reports. */
const char *misuse_reason_text(enum misuse_reason reason);
const char *misuse_call_text(enum misuse_call call);

/* Counts and reports a misuse of the block whose payload is `at`. */
void misuse_report(const struct heap *heap, enum misuse_reason reason, enum misuse_call call,
                   vaddr_t at);

#endif
