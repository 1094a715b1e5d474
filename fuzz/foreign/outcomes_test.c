/* What is rewarded: what calls did, each by itself and behind those before it. */
#include "fuzz/foreign/outcomes.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/reward.h"

#define REWARDS_MAX 64u

/* In place of an engine. */
static uint32_t rewards[REWARDS_MAX];
static uint32_t reward_count;

void reward(uint32_t number)
{
    EXPECT(reward_count < REWARDS_MAX);
    rewards[reward_count++] = number % REWARD_COUNT;
}

struct step {
    struct op op;
    bool refused;
};

/* Runs the steps from the beginning, and gives the rewards of the last one alone. */
static void run(const struct step *steps, uint32_t count)
{
    struct outcomes outcomes = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct session_result result = {
            .op = &steps[i].op, .applied = true, .refused = steps[i].refused};
        reward_count = 0;
        outcomes_observe(&outcomes, &result);
    }
}

/* How many of the rewards of the one's last step the other's has as well. */
static uint32_t common(const struct step *one, uint32_t count, const struct step *other,
                       uint32_t other_count)
{
    uint32_t before[REWARDS_MAX];
    run(one, count);
    uint32_t had = reward_count;
    memcpy(before, rewards, sizeof(before));
    run(other, other_count);
    uint32_t both = 0;
    for (uint32_t i = 0; i < had; i++)
        for (uint32_t k = 0; k < reward_count; k++)
            if (before[i] == rewards[k]) {
                both++;
                break;
            }
    return both;
}

TEST(the_same_calls_are_rewarded_the_same)
{
    const struct step steps[] = {{{OP_ALLOC, 1, 100, 0}, false}, {{OP_FREE, 1, 0, 0}, false}};
    EXPECT_EQUAL(common(steps, 2, steps, 2), 3);
    /* Sizes of as many bits are one, and so are slots. */
    const struct step like[] = {{{OP_ALLOC, 7, 120, 0}, false}, {{OP_FREE, 7, 0, 0}, false}};
    EXPECT_EQUAL(common(steps, 2, like, 2), 3);
}

TEST(another_call_size_or_outcome_is_rewarded_otherwise)
{
    const struct step step = {{OP_ALLOC, 1, 100, 0}, false};
    const struct step others[] = {{{OP_REALLOC, 1, 100, 0}, false},
                                  {{OP_ALLOC, 1, 200, 0}, false},
                                  {{OP_ALLOC, 1, 100, 0}, true}};
    for (uint32_t i = 0; i < 3u; i++)
        EXPECT_EQUAL(common(&step, 1, &others[i], 1), 0);
}

TEST(what_came_before_counts_for_itself_and_in_its_slot)
{
    const struct step steps[] = {{{OP_ALLOC, 1, 100, 0}, false},
                                 {{OP_ALLOC, 2, 5000, 0}, false},
                                 {{OP_FREE, 1, 0, 0}, false}};
    const struct step other_slot[] = {steps[0], steps[1], {{OP_FREE, 2, 0, 0}, false}};
    EXPECT_EQUAL(common(steps, 3, other_slot, 3), 2);
    const struct step other_last[] = {steps[0], {{OP_ALLOC, 2, 3, 0}, false}, steps[2]};
    EXPECT_EQUAL(common(steps, 3, other_last, 3), 2);
}

TEST(what_was_skipped_is_not_rewarded_and_leaves_no_trace)
{
    struct outcomes outcomes = {0};
    struct outcomes before = {0};
    const struct op op = {OP_ALLOC, 1, 100, 0};
    struct session_result result = {.op = &op};
    reward_count = 0;
    outcomes_observe(&outcomes, &result);
    EXPECT_EQUAL(reward_count, 0);
    EXPECT(memcmp(&outcomes, &before, sizeof(outcomes)) == 0);
}

int main(void)
{
    RUN(the_same_calls_are_rewarded_the_same);
    RUN(another_call_size_or_outcome_is_rewarded_otherwise);
    RUN(what_came_before_counts_for_itself_and_in_its_slot);
    RUN(what_was_skipped_is_not_rewarded_and_leaves_no_trace);
    return 0;
}
