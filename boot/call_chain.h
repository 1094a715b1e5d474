/* The chain of frames on a stack, which EBP heads: the kernel is compiled with frame pointers. A
 * frame belongs to it where it is whole on the stack that the chain is on, and above the one before
 * it. So a chain ends, whatever it holds, and all of it can be read. */
#ifndef KHEAP_BOOT_CALL_CHAIN_H
#define KHEAP_BOOT_CALL_CHAIN_H

#include <stddef.h>

#include "boot/stacks.h"

/* The System V ABI for the i386, chapter 3: EBP points at the caller's EBP, the word above it is
 * the address to return to, and arguments follow. */
#define FRAME_RETURN 4u
#define FRAME_ARGUMENT 8u

struct call_chain {
    const struct stack *stack; /* null: it is on none */
    uint32_t below;            /* the frame before; 0: none yet */
};

static inline struct call_chain call_chain_at(uint32_t ebp)
{
    return (struct call_chain){stack_of(ebp), 0};
}

/* True if the chain goes on with a frame at `ebp`, which is the one before from now on. */
static inline bool call_chain_next(struct call_chain *chain, uint32_t ebp)
{
    if (chain->stack == NULL || ebp % 4u != 0 || ebp <= chain->below ||
        !stack_holds(chain->stack, ebp) || !stack_holds(chain->stack, ebp + FRAME_RETURN))
        return false;
    chain->below = ebp;
    return true;
}

#endif
