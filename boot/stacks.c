#include "boot/stacks.h"

#include <stddef.h>

#include "boot/layout.h"
#include "mmu_x86/i386.h"

static struct stack stacks[STACKS_MAX] = {
    {STACK_AT, STACK_AT + STACK_SIZE, "the kernel stack"},
    {FAULT_STACK_AT, FAULT_STACK_AT + FAULT_STACK_SIZE, "the double fault's stack"},
};
static uint32_t stack_count = 2;

bool stack_add(const struct stack *stack)
{
    if (stack_count == STACKS_MAX)
        return false;
    stacks[stack_count++] = *stack;
    return true;
}

/* Two stacks may share the guard page between them. Then it is the one that grows down into it. */
const struct stack *stack_of(uint32_t at)
{
    const struct stack *ended = NULL;
    for (uint32_t i = 0; i < stack_count; i++) {
        const struct stack *stack = &stacks[i];
        if (at - (stack->start - PAGE_SIZE) < stack->end - stack->start + PAGE_SIZE)
            return stack;
        if (at - stack->end < PAGE_SIZE)
            ended = stack;
    }
    return ended;
}
