/* libFuzzer takes any bytes in a section of this name as counters; it clears them before each run.
 */
#include "fuzz/reward.h"

static uint8_t counters[REWARD_COUNT] __attribute__((section("__libfuzzer_extra_counters"), used));

void reward(uint32_t number)
{
    counters[number % REWARD_COUNT] = 1;
}
