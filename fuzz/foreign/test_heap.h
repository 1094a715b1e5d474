/* The allocator of the harness's tests: first fit, with its blocks in a table outside of the
 * window, so that it needs hardly a byte more than it was asked for. It makes the mistake that it
 * is told to. A block of no bytes is the same address for all. */
#ifndef KHEAP_FUZZ_FOREIGN_TEST_HEAP_H
#define KHEAP_FUZZ_FOREIGN_TEST_HEAP_H

#include "fuzz/foreign/adapter.h"

enum test_mistake {
    TEST_RIGHT,
    BLOCK_BEYOND,   /* alloc: a block ends behind the window, */
    BLOCK_BEFORE,   /* begins a byte before it, */
    BLOCK_WILD,     /* or lies somewhere, and usable crashes of it, */
    BLOCK_TWICE,    /* or is another's, */
    BLOCK_OVERLAPS, /* or begins with another's last byte */
    WRITES_BLOCK,   /* alloc writes into the lowest live block, */
    WRITES_BELOW,   /* into that below the highest, */
    WRITES_BEHIND,  /* behind the window, on its page, */
    WRITES_FAR,     /* on the page behind that, */
    WRITES_BEFORE,  /* or before the window */
    REFUSAL_WRITES, /* an alloc that is refused writes into the lowest live block */
    RESIZE_LOSES,   /* a resize that moves leaves the last byte behind, */
    RESIZE_WRITES,  /* one that is refused writes into the old block, */
    RESIZE_SHRINK,  /* one to less is refused, */
    RESIZE_SAME,    /* or to the same size */
    ABORTS,
    LOOPS_COUNTED,  /* alloc does not come to an end; basic blocks are counted, */
    LOOPS,          /* or are not */
    ZEROED_DIRTY,   /* zeroed leaves the last byte as it was, */
    ZEROED_WRAPS,   /* or multiplies as C does */
    USABLE_LESS,    /* usable is a byte less than was asked for */
    SICK,           /* validate says so, */
    SICK_FAULTS,    /* crashes, */
    SICK_LOOPS,     /* or does not come to an end */
    PANICS,         /* alloc gives up */
    ALIGNED_LESS,   /* alloc's blocks are at multiples of half of what is declared, */
    ALIGNED_AS_ANY, /* and those of aligned are as alloc's */
    REFUSES,        /* alloc refuses what it has room for */
    LEAKS,          /* release keeps the block */
    KEEPS_LAST,     /* release keeps one block until the next comes */
    MISUSE_UNSEEN,  /* release does not report a misuse, */
    MISUSE_TWICE,   /* does so twice, */
    MISUSE_WRITES,  /* writes into the lowest live block, */
    MISUSE_PANICS,  /* or gives up, which is right */
    MISUSE_SICK,    /* or validate gives up after it */
    ALLOC_REPORTS,  /* alloc reports a misuse, */
    INIT_REPORTS,   /* or init does, */
    LAST_REPORTS,   /* or the release of the last live block */
    SLOW,           /* alloc takes too many steps */
    HOOK_UNFIT,     /* alloc calls a hook that is not for this kind of memory */
    TRIMS_LIVE,     /* trim gives back memory with a live block in it */
    SHRINKS_LIVE,   /* shrink agrees to lose one */
};

extern enum test_mistake test_mistake;

/* What it declares when it is right, over memory of one kind. Tests may change it. */
struct adapter test_heap_declares(enum adapter_memory memory);

#endif
