/* The whole stack under the fuzzer: heap, paging and frames on the emulated machine, every rule
 * after every operation: over what it has changed, and for one input in BOTH_EVERY over everything
 * as well, which checks the checkers. */
#include "fuzz/crc32.h"
#include "fuzz/host.h"
#include "fuzz/reward.h"
#include "fuzz/target_input.h"

#define BOTH_EVERY 64u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start();
    return 0;
}

/* The closer an operation comes to the loads and stores that it may make (rule C1), the better: the
 * engine hunts the worst case. */
#define COST_BUCKETS 16u
_Static_assert(OP_KIND_COUNT *(COST_BUCKETS + 1u) <= REWARD_COUNT, "a reward for each bucket");

static void reward_costs(void)
{
    const struct session_worst *costs = host_costs();
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        if (costs[kind].operation != 0 && costs[kind].accesses <= costs[kind].bound)
            reward(kind * (COST_BUCKETS + 1u) +
                   costs[kind].accesses * COST_BUCKETS / costs[kind].bound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict verdict;
    struct session_plan plan = {.check = SESSION_CHECK_STEP};
    if (size <= UINT32_MAX && crc32_update(0, data, (uint32_t)size) % BOTH_EVERY == 0)
        plan.check = SESSION_CHECK_BOTH;
    if (!target_run(data, size, &plan, &verdict))
        return 0;
    reward_costs();
    target_judge(&verdict);
    return 0;
}
