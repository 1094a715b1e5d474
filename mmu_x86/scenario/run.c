#include "mmu_x86/scenario/run.h"

#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/machine.h"

static struct oracle oracle;

/* A word of a table holds the machine's own frames; code is the same everywhere. */
static uint32_t word_real(uint32_t word)
{
    return CODE_WORD_IS(word) ? word : word + (machine_scenario_base() << PAGE_SHIFT);
}

static uint32_t word_symbolic(uint32_t word)
{
    return CODE_WORD_IS(word) ? word : word - (machine_scenario_base() << PAGE_SHIFT);
}

static void take(const struct scenario_step *step, struct scenario_outcome *outcome)
{
    uint32_t at = scenario_address((enum scenario_target)step->to);
    *outcome = (struct scenario_outcome){0};
    switch ((enum scenario_step_kind)step->kind) {
    case STEP_POKE:
        machine_scenario_poke(scenario_place((enum scenario_cell)step->to), word_real(step->word));
        break;
    case STEP_FLUSH: machine_scenario_flush(at); break;
    case STEP_RELOAD: machine_scenario_reload(step->to); break;
    case STEP_PROTECT: machine_scenario_protect(step->to != 0); break;
    default:
        machine_scenario_access(step, at, word_real(step->word), outcome);
        if (!outcome->faulted && step->kind != STEP_WRITE)
            outcome->word = word_symbolic(outcome->word);
        break;
    }
    for (uint32_t cell = 0; cell < CELL_COUNT; cell++)
        outcome->cells[cell] =
            word_symbolic(machine_scenario_peek(scenario_place((enum scenario_cell)cell)));
}

/* Whether a machine of these traits could have done it. If `note` is set, notes where not. */
static bool possible(struct scenario_run *run, uint32_t traits, bool note)
{
    bool agrees = true;
    oracle_start(&oracle, &run->scenario, traits);
    for (uint32_t s = 0; agrees && s < run->scenario.step_count; s++) {
        oracle_step(&oracle, &run->scenario.steps[s]);
        agrees = oracle_observe(&oracle, &run->outcomes[s]);
        if (!agrees && note)
            run->step = s;
    }
    return agrees;
}

/* The known departures are allowed only where nothing else explains what was seen. */
static void judge(struct scenario_run *run)
{
    uint32_t known = machine_scenario_traits() & ORACLE_DEPARTS;
    uint32_t promises = machine_scenario_traits() & ORACLE_PROMISES;
    run->verdict = possible(run, promises, true) ? SCENARIO_AGREES : SCENARIO_DISAGREES;
    for (uint32_t bits = 1; run->verdict == SCENARIO_DISAGREES && bits <= known; bits++)
        if ((bits & ~known) == 0 && possible(run, promises | bits, false)) {
            run->verdict = SCENARIO_DEPARTS;
            run->departures = bits;
        }
}

void scenario_run(uint32_t n, struct scenario_run *run)
{
    uint32_t cells[CELL_COUNT];
    scenario_make(n, &run->scenario);
    run->reasons = oracle_reasons(&oracle, &run->scenario, &run->bad);

    machine_scenario_start(run->scenario.protect, run->scenario.page_sizes);
    scenario_cells(&run->scenario, cells);
    for (uint32_t cell = 0; cell < CELL_COUNT; cell++)
        machine_scenario_poke(scenario_place((enum scenario_cell)cell), word_real(cells[cell]));
    for (uint32_t s = 0; s < run->scenario.step_count; s++)
        take(&run->scenario.steps[s], &run->outcomes[s]);
    machine_scenario_end();

    judge(run);
}
