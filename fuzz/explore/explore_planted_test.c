/* The exploration must find the shortest way to a mistake that is planted in heap_reclaim, and a
 * replay must see the same. */
#include <signal.h>

#include "ci/unit.h"
#include "fuzz/crash/test_mistake.h"
#include "fuzz/crash/trial.h"
#include "fuzz/explore/explore.h"

static struct explore_run run;
static struct trial trial;

static void find(enum test_mistake which, uint32_t jobs)
{
    struct explore_options options = {
        .depth_max = 5, .seconds = 100, .memory_bytes = 64u << 20, .jobs = jobs, .quiet = true};
    test_mistake = which;
    run = (struct explore_run){.alphabet = alphabet_find("holes"), .policy = HEAP_FIRST_FIT};
    EXPECT(explore(&options, &run, 1));
    EXPECT_EQUAL(run.result.end, EXPLORE_VIOLATION);
    EXPECT_EQUAL(run.result.depth, 2);
    EXPECT_EQUAL(run.result.op_count, 3);
    EXPECT_EQUAL(run.result.ops[2].kind, OP_RECLAIM);
    EXPECT(trial_run(&run.result.config, run.result.ops, run.result.op_count, &trial));
}

TEST(a_broken_rule_is_found_by_the_shortest_sequence_whatever_the_jobs)
{
    struct op first[3];
    find(MISCOUNTS, 1);
    EXPECT(trial.end == TRIAL_RULE);
    EXPECT_EQUAL(trial.verdict.violation.rule, RULE_H7);
    EXPECT_EQUAL(trial.verdict.operation, 3);
    for (uint32_t i = 0; i < 3u; i++)
        first[i] = run.result.ops[i];
    find(MISCOUNTS, 3);
    for (uint32_t i = 0; i < 3u; i++) {
        EXPECT_EQUAL(run.result.ops[i].kind, first[i].kind);
        EXPECT_EQUAL(run.result.ops[i].size, first[i].size);
    }
}

TEST(a_page_fault_is_rule_P7)
{
    find(FAULTS, 2);
    EXPECT(trial.end == TRIAL_RULE);
    EXPECT_EQUAL(trial.verdict.violation.rule, RULE_P7);
}

TEST(a_crash_is_found)
{
    find(CRASHES, 2);
    EXPECT_EQUAL(run.result.failure, EXPLORE_CRASH);
    EXPECT_EQUAL(trial.end, TRIAL_CRASH);
    EXPECT_EQUAL(trial.signal, SIGABRT);
}

TEST(a_search_without_end_is_rule_C1)
{
    find(SEARCHES, 1);
    EXPECT(trial.end == TRIAL_RULE);
    EXPECT_EQUAL(trial.verdict.violation.rule, RULE_C1);
}

TEST(a_hang_is_found)
{
    find(HANGS, 1);
    EXPECT_EQUAL(run.result.failure, EXPLORE_HANG);
    EXPECT_EQUAL(trial.end, TRIAL_HANG);
}

int main(void)
{
    RUN(a_broken_rule_is_found_by_the_shortest_sequence_whatever_the_jobs);
    RUN(a_page_fault_is_rule_P7);
    RUN(a_crash_is_found);
    RUN(a_search_without_end_is_rule_C1);
    RUN(a_hang_is_found);
    return 0;
}
