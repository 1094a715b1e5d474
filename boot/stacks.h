/* The stacks that there are. Fault reports ask which one an address lies on, to say what overflowed
 * and to follow frames no further than its ends. Whoever makes a stack adds it here. */
#ifndef KHEAP_BOOT_STACKS_H
#define KHEAP_BOOT_STACKS_H

#include <stdbool.h>
#include <stdint.h>

#define STACKS_MAX 16u

/* The bytes [start, end), whole pages, with an unmapped page on each side. */
struct stack {
    uint32_t start;
    uint32_t end;
    const char *name; /* "the kernel stack" */
};

/* Adds one. Returns false if there are STACKS_MAX. */
bool stack_add(const struct stack *stack);

/* The stack that `at` lies on, or whose guard page it lies in; null if there is none. */
const struct stack *stack_of(uint32_t at);

/* True if `at` lies on the stack itself. */
static inline bool stack_holds(const struct stack *stack, uint32_t at)
{
    return at - stack->start < stack->end - stack->start;
}

#endif
