/* The scenarios as a whole, and on the emulator. */
#include "ci/unit.h"
#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/machine.h"
#include "mmu_x86/scenario/run.h"

#include <string.h>

static struct scenario_run run;

TEST(the_emulator_does_what_a_processor_may_do)
{
    uint32_t disagree_count = 0;
    for (uint32_t n = 0; n < scenario_count(); n++) {
        struct line line;
        scenario_run(n, &run);
        scenario_line(n, &run, &line);
        if (run.verdict != SCENARIO_AGREES)
            puts(line.text);
        disagree_count += run.verdict != SCENARIO_AGREES;
        /* A line that was cut off would hide a difference. */
        EXPECT(line.length < LINE_SIZE - 1u);
        EXPECT(!run.bad);
    }
    EXPECT_EQUAL(disagree_count, 0);
}

static bool same(const struct scenario *a, const struct scenario *b)
{
    bool steps_same = a->step_count == b->step_count;
    for (uint32_t s = 0; steps_same && s < a->step_count; s++) {
        const struct scenario_step *x = &a->steps[s];
        const struct scenario_step *y = &b->steps[s];
        steps_same =
            x->kind == y->kind && x->user == y->user && x->to == y->to && x->word == y->word;
    }
    return steps_same && a->group == b->group && a->protect == b->protect &&
           a->page_sizes == b->page_sizes && a->directory_entry == b->directory_entry &&
           a->self_entry == b->self_entry && a->table_entry == b->table_entry &&
           a->next_entry == b->next_entry;
}

TEST(no_scenario_of_a_group_is_there_twice)
{
    static struct scenario scenarios[4096];
    uint32_t count = scenario_count();
    EXPECT(count >= 500u && count <= sizeof(scenarios) / sizeof(scenarios[0]));
    for (uint32_t n = 0; n < count; n++) {
        scenario_make(n, &scenarios[n]);
        for (uint32_t m = 0; m < n; m++)
            if (same(&scenarios[m], &scenarios[n])) {
                printf("%u is %u again\n", n, m);
                exit(1);
            }
    }
}

TEST(a_scenario_runs_the_same_whatever_ran_before)
{
    struct line first;
    struct line again;
    uint32_t last = scenario_count() - 1u;
    scenario_run(last, &run);
    scenario_line(last, &run, &first);
    for (uint32_t n = 0; n < last; n += 97u)
        scenario_run(n, &run);
    scenario_run(last, &run);
    scenario_line(last, &run, &again);
    EXPECT(strcmp(first.text, again.text) == 0);
}

TEST(every_group_has_a_scenario_that_processors_must_agree_on)
{
    struct scenario_group group;
    uint32_t n = 0;
    for (uint32_t g = 0; scenario_group_at(g, &group); g++) {
        uint32_t settled_count = 0;
        for (uint32_t end = n + group.count; n < end; n++) {
            scenario_run(n, &run);
            EXPECT(strcmp(run.scenario.group, group.name) == 0);
            settled_count += run.reasons == 0;
        }
        EXPECT(settled_count != 0);
    }
    EXPECT_EQUAL(n, scenario_count());
}

int main(void)
{
    EXPECT(machine_scenario_prepare());
    RUN(the_emulator_does_what_a_processor_may_do)
    RUN(no_scenario_of_a_group_is_there_twice)
    RUN(a_scenario_runs_the_same_whatever_ran_before)
    RUN(every_group_has_a_scenario_that_processors_must_agree_on)
    return 0;
}
