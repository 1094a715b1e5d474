#include "fuzz/crash/shrink.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/crash/test_mistake.h"
#include "fuzz/random.h"
#include "heap/block.h"

static struct shrink shrink;

/* Operations drawn at random, among them reclaims. */
static struct op_case random_case(uint32_t op_count, uint32_t seed)
{
    struct random random = {seed};
    struct op_case one = {.config = {OP_POLICY_DEFAULT, 300, 900}, .slot_count = OP_SLOTS};

    for (uint32_t i = 0; i < op_count; i++) {
        struct op op = {OP_ALLOC, 7u + random_below(&random, 20), 1u + random_below(&random, 900),
                        0};
        uint32_t draw = random_below(&random, 8);
        if (draw == 0)
            op = (struct op){.kind = OP_RECLAIM, .size = 1u + random_below(&random, 9)};
        else if (draw < 6u)
            op = (struct op){OP_FREE, op.slot, 0, 0};
        EXPECT(op_list_append(&one.ops, &op));
    }
    return one;
}

static enum shrink_result shrink_case(enum test_mistake mistake, const struct op_case *one)
{
    test_mistake = mistake;
    return shrink_run(&shrink, one);
}

/* The shortest way to the mistake: two blocks, and a reclaim. */
static void expect_shortest(void)
{
    EXPECT(!shrink.stopped);
    EXPECT_EQUAL(shrink.best.ops.count, 3);
    for (uint32_t i = 0; i < 2u; i++) {
        EXPECT_EQUAL(shrink.best.ops.ops[i].kind, OP_ALLOC);
        EXPECT_EQUAL(shrink.best.ops.ops[i].slot, i);
        EXPECT_EQUAL(shrink.best.ops.ops[i].size, 1);
    }
    EXPECT_EQUAL(shrink.best.ops.ops[2].kind, OP_RECLAIM);
    EXPECT_EQUAL(shrink.best.config.frame_count, OP_FRAMES_DEFAULT);
    EXPECT_EQUAL(shrink.best.config.window_pages, OP_WINDOW_PAGES_DEFAULT);
    EXPECT(case_is_text(&shrink.best));
}

static void expect_shrunk(enum test_mistake mistake, enum trial_end end)
{
    struct op_case one = random_case(1000, 1);
    shrink = (struct shrink){0};
    EXPECT_EQUAL(shrink_case(mistake, &one), SHRINK_DONE);
    EXPECT_EQUAL(shrink.failure.end, end);
    EXPECT_EQUAL(one.ops.count, 1000);
    expect_shortest();
    shrink_free(&shrink);
    case_free(&one);
}

TEST(a_broken_rule_is_shrunk_to_the_shortest)
{
    expect_shrunk(MISCOUNTS, TRIAL_RULE);
}

TEST(a_crash_is_shrunk_to_the_shortest)
{
    expect_shrunk(CRASHES, TRIAL_CRASH);
}

TEST(the_result_is_the_same_every_time)
{
    struct op_case one = random_case(2000, 2);
    struct op ops[3];
    uint32_t trial_count = 0;
    for (uint32_t i = 0; i < 2u; i++) {
        shrink = (struct shrink){0};
        EXPECT_EQUAL(shrink_case(FAULTS, &one), SHRINK_DONE);
        expect_shortest();
        EXPECT(i == 0 || memcmp(ops, shrink.best.ops.ops, sizeof(ops)) == 0);
        EXPECT(i == 0 || trial_count == shrink.trial_count);
        memcpy(ops, shrink.best.ops.ops, sizeof(ops));
        trial_count = shrink.trial_count;
        shrink_free(&shrink);
    }
    case_free(&one);
}

/* Blocks that only together are large enough become one. */
TEST(many_requests_become_one)
{
    struct op_case one = {.config = {OP_POLICY_DEFAULT, 4096, 4096}, .slot_count = 2000};
    for (uint32_t i = 0; i < 2000u; i++)
        EXPECT(op_list_append(&one.ops, &(struct op){OP_ALLOC, i, 64, 0}));
    EXPECT(op_list_append(&one.ops, &(struct op){.kind = OP_RECLAIM, .size = 1}));
    shrink = (struct shrink){0};
    EXPECT_EQUAL(shrink_case(MISCOUNTS_LARGE, &one), SHRINK_DONE);
    EXPECT_EQUAL(shrink.best.ops.count, 2);
    EXPECT_EQUAL(shrink.best.ops.ops[0].slot, 0);
    EXPECT_EQUAL((shrink.best.ops.ops[0].size + BLOCK_OVERHEAD + 7u) / 8u * 8u, 100008);
    EXPECT(case_is_text(&shrink.best));
    shrink_free(&shrink);
    case_free(&one);
}

/* Neither leaving out nor lowering leads from three blocks, of which one is freed, to an aligned
 * one with a free block before it. */
TEST(operations_are_replaced_by_fewer)
{
    static const struct op ops[] = {{OP_ALLOC, 0, 241, 0},
                                    {OP_ALLOC, 1, 1, 0},
                                    {OP_FREE, 0, 0, 0},
                                    {OP_ALLOC, 2, 5, 0},
                                    {.kind = OP_RECLAIM, .size = 1}};
    struct op_case one = {.config = {OP_POLICY_DEFAULT, 64, 256}, .slot_count = OP_SLOTS};
    for (uint32_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        EXPECT(op_list_append(&one.ops, &ops[i]));
    shrink = (struct shrink){0};
    EXPECT_EQUAL(shrink_case(MISCOUNTS_LISTED, &one), SHRINK_DONE);
    EXPECT_EQUAL(shrink.best.ops.count, 2);
    EXPECT_EQUAL(shrink.best.ops.ops[0].kind, OP_ALIGNED);
    shrink_free(&shrink);
    case_free(&one);
}

TEST(what_passes_is_left_alone)
{
    struct op_case one = random_case(50, 3);
    shrink = (struct shrink){0};
    EXPECT_EQUAL(shrink_case(MISTAKE_NONE, &one), SHRINK_PASSES);
    shrink_free(&shrink);
    case_free(&one);
}

TEST(another_failure_than_the_one_asked_for_is_not_shrunk)
{
    struct op_case one = random_case(500, 1);
    shrink = (struct shrink){.rule = "H2"};
    EXPECT_EQUAL(shrink_case(MISCOUNTS, &one), SHRINK_OTHER);
    EXPECT_EQUAL(shrink.trial.verdict.violation.rule, RULE_H7);
    shrink_free(&shrink);
    shrink = (struct shrink){.rule = "H7"};
    EXPECT_EQUAL(shrink_case(MISCOUNTS, &one), SHRINK_DONE);
    shrink_free(&shrink);
    case_free(&one);
}

static volatile sig_atomic_t stop;

static void stop_after_four(const struct shrink *so_far)
{
    stop = so_far->trial_count >= 4u;
}

TEST(when_stopped_the_best_so_far_fails_as_well)
{
    struct op_case one = random_case(1000, 4);
    struct trial trial;
    stop = 0;
    shrink = (struct shrink){.stop = &stop, .progress = stop_after_four};
    EXPECT_EQUAL(shrink_case(MISCOUNTS, &one), SHRINK_DONE);
    EXPECT(shrink.stopped);
    EXPECT_EQUAL(shrink.trial_count, 4);
    EXPECT(shrink.best.ops.count > 3u);
    EXPECT(trial_run(&shrink.best.config, shrink.best.ops.ops, shrink.best.ops.count, &trial));
    struct failure failure = failure_of(&trial);
    EXPECT(failure_same(&failure, &shrink.failure));
    shrink_free(&shrink);
    case_free(&one);
}

int main(void)
{
    RUN(a_broken_rule_is_shrunk_to_the_shortest);
    RUN(a_crash_is_shrunk_to_the_shortest);
    RUN(the_result_is_the_same_every_time);
    RUN(many_requests_become_one);
    RUN(operations_are_replaced_by_fewer);
    RUN(what_passes_is_left_alone);
    RUN(another_failure_than_the_one_asked_for_is_not_shrunk);
    RUN(when_stopped_the_best_so_far_fails_as_well);
    return 0;
}
