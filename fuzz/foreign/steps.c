#include "fuzz/foreign/steps.h"

#include "fuzz/foreign/run.h"

uint32_t steps_count;

/* Called by the allocator's code at the start of each basic block: sealing has named it so. */
void adapter_step(void);

void adapter_step(void)
{
    if (++steps_count > RUN_STEPS_MAX) {
        steps_count = 0;
        run_exhausted();
    }
}
