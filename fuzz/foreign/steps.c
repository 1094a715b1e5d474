#include "fuzz/foreign/steps.h"

#include "fuzz/foreign/run.h"

uint32_t steps_count;

/* Called by the allocator's code at the start of each basic block: sealing has named it so. */
void adapter_step(void);

static void exhausted(void)
{
    steps_count = 0;
    run_exhausted();
}

/* Called through what the compiler cannot see through: knowing that the call does not return, it
 * would make a stack frame for it at each step. */
static void (*const volatile on_exhausted)(void) = exhausted;

void adapter_step(void)
{
    if (++steps_count > RUN_STEPS_MAX)
        on_exhausted();
}
