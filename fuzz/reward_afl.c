/* AFL++ gives every guard in this section a place in its map, as it does for those that its
 * compiler puts there, one for each branch. */
#include "fuzz/reward.h"

static uint32_t guards[REWARD_COUNT] __attribute__((section("__sancov_guards"), used));

void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

void reward(uint32_t number)
{
    __sanitizer_cov_trace_pc_guard(&guards[number % REWARD_COUNT]);
}
