#include "fuzz/tool/scenarios.h"

#include <stdio.h>

#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/run.h"

static const char *group_purpose(uint32_t n)
{
    struct scenario_group group;
    uint32_t g = 0;
    for (; scenario_group_at(g, &group) && n >= group.count; g++)
        n -= group.count;
    return group.purpose;
}

/* The different outcomes of the step in the oracle's worlds, each once. */
static void print_predictions(const struct oracle *oracle, const struct scenario_step *step,
                              const uint32_t *before)
{
    struct line line;
    for (uint32_t i = 0; i < oracle->world_count; i++) {
        bool again = false;
        for (uint32_t j = 0; j < i && !again; j++)
            again = scenario_outcome_same(&oracle->worlds[i].now, &oracle->worlds[j].now);
        if (again)
            continue;
        line_clear(&line);
        scenario_line_step(step, before, &oracle->worlds[i].now, &line);
        printf("     %s %s\n", i == 0 ? "predicted:" : "       or:", line.text);
    }
}

bool scenarios_show(uint32_t n)
{
    static struct scenario_run run;
    static struct oracle oracle;
    uint32_t cells[CELL_COUNT];
    const uint32_t *before = cells;
    struct line line;
    scenario_run(n, &run);
    scenario_cells(&run.scenario, cells);
    line_clear(&line);
    scenario_line_start(&run.scenario, &line);
    printf("%u, %s: %s\n  0  %s\n", n, run.scenario.group, group_purpose(n), line.text);
    oracle_start(&oracle, &run.scenario, 0);
    for (uint32_t s = 0; s < run.scenario.step_count; s++) {
        const struct scenario_step *step = &run.scenario.steps[s];
        line_clear(&line);
        scenario_line_step(step, before, &run.outcomes[s], &line);
        printf("  %u  %s\n", s + 1u, line.text);
        oracle_step(&oracle, step);
        print_predictions(&oracle, step, before);
        before = run.outcomes[s].cells;
        if (!oracle_observe(&oracle, &run.outcomes[s]))
            break;
    }
    line_clear(&line);
    scenario_line_verdict(&run, &line);
    printf("     %s\n", line.text);
    return run.verdict == SCENARIO_AGREES;
}
