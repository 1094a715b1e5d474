/* The lines that scenarios are compared and read by. */
#include "mmu_x86/scenario/run.h"

static void line_bits(struct line *line, uint32_t entry)
{
    static const char letters[] = "PWUTCADSGxyz";
    char text[2] = {0};
    for (uint32_t bit = 0; bit < PAGE_SHIFT; bit++)
        if ((entry >> bit & 1u) != 0) {
            text[0] = letters[bit];
            line_text(line, text);
        }
}

/* A word as people read it: whose code it is, or the bits and the frame of an entry. */
static void line_word(struct line *line, uint32_t word)
{
    static const char *const cells[CELL_COUNT] = {
        [CELL_A] = "A", [CELL_B] = "B", [CELL_LARGE] = "L", [CELL_LARGE_NEXT] = "L+1"};
    static const char *const frames[] = {[SCENARIO_DIRECTORY] = "D", [SCENARIO_DIRECTORY_2] = "D2",
                                         [SCENARIO_TABLE] = "T",     [SCENARIO_TABLE_2] = "T2",
                                         [SCENARIO_A] = "A",         [SCENARIO_B] = "B"};
    uint32_t frame = entry_frame(word).n;
    uint32_t id = CODE_WORD_ID(word);
    if (CODE_WORD_IS(word) && id >= CODE_WRITTEN) {
        line_text(line, "new");
        line_decimal(line, id - CODE_WRITTEN + 1u);
    } else if (CODE_WORD_IS(word) && id >= CODE_CELL(CELL_A)) {
        line_text(line, cells[id - CODE_CELL(0)]);
    } else if ((frame >= SCENARIO_DIRECTORY && frame <= SCENARIO_B) || frame / 512u == 2u ||
               frame / 512u == 3u) {
        line_bits(line, word);
        line_text(line, frame / 512u == 3u ? "R:" : ":");
        line_text(line, frame <= SCENARIO_B ? frames[frame] : "L");
    } else {
        line_hex(line, word, 8);
    }
}

static const char *const cell_names[CELL_COUNT] = {"d",  "s",    "t", "t+1", "d2", "s2",
                                                   "t2", "t2+1", "A", "B",   "L",  "L+1"};

static const char *const target_names[TARGET_COUNT] = {"", "+1", "@t", "@d", "@s"};

static void line_cell(struct line *line, uint32_t cell, uint32_t word)
{
    line_text(line, " ");
    line_text(line, cell_names[cell]);
    line_text(line, "=");
    line_word(line, word);
}

void scenario_line_start(const struct scenario *scenario, struct line *line)
{
    line_text(line, scenario->protect ? "WP" : "wp");
    line_text(line, scenario->page_sizes ? " PSE" : " pse");
    line_cell(line, CELL_DIRECTORY, scenario->directory_entry);
    line_cell(line, CELL_SELF, scenario->self_entry);
    line_cell(line, CELL_TABLE, scenario->table_entry);
}

static void line_access(const struct scenario_step *step, const struct scenario_outcome *outcome,
                        struct line *line)
{
    static const char *const names[] = {"read", "write", "fetch"};
    line_text(line, step->user != 0 ? "user-" : "");
    line_text(line, names[step->kind]);
    line_text(line, target_names[step->to]);
    if (step->kind == STEP_WRITE) {
        line_text(line, " ");
        line_word(line, step->word);
    }
    if (outcome->faulted) {
        line_text(line, " #");
        line_hex(line, outcome->error_code, 1);
        line_text(line, "@");
        line_hex(line, outcome->fault_at, 8);
    } else if (step->kind != STEP_WRITE) {
        line_text(line, " ");
        line_word(line, outcome->word);
    }
}

void scenario_line_step(const struct scenario_step *step, const uint32_t *cells_before,
                        const struct scenario_outcome *outcome, struct line *line)
{
    uint32_t poked = CELL_COUNT;
    switch ((enum scenario_step_kind)step->kind) {
    case STEP_POKE:
        line_text(line, "poke");
        line_cell(line, step->to, step->word);
        poked = outcome->cells[step->to] == step->word ? step->to : CELL_COUNT;
        break;
    case STEP_FLUSH:
        line_text(line, "flush");
        line_text(line, target_names[step->to]);
        break;
    case STEP_RELOAD:
        line_text(line, step->to == SCENARIO_DIRECTORY ? "reload" : "reload D2");
        break;
    case STEP_PROTECT: line_text(line, step->to != 0 ? "WP" : "wp"); break;
    default: line_access(step, outcome, line); break;
    }
    for (uint32_t cell = 0; cell < CELL_COUNT; cell++)
        if (cell != poked && outcome->cells[cell] != cells_before[cell])
            line_cell(line, cell, outcome->cells[cell]);
}

void scenario_line_reasons(uint32_t reasons, struct line *line)
{
    line_text(line, (reasons & ORACLE_STALE) != 0 ? " stale" : "");
    line_text(line, (reasons & ORACLE_ACCESSED) != 0 ? " accessed" : "");
}

void scenario_line_verdict(const struct scenario_run *run, struct line *line)
{
    switch (run->verdict) {
    case SCENARIO_AGREES:
        line_text(line, run->reasons == 0 ? "agrees" : "agrees, may differ:");
        scenario_line_reasons(run->reasons, line);
        break;
    case SCENARIO_DEPARTS:
        line_text(line, "departs:");
        line_text(line, (run->departures & ORACLE_DEPARTS_RESERVED) != 0 ? " reserved" : "");
        line_text(line, (run->departures & ORACLE_DEPARTS_KEEPS) != 0 ? " keeps" : "");
        break;
    default:
        line_text(line, "DISAGREES at step ");
        line_decimal(line, run->step + 1u);
        break;
    }
}

void scenario_line(uint32_t n, const struct scenario_run *run, struct line *line)
{
    uint32_t cells[CELL_COUNT];
    const uint32_t *before = cells;
    scenario_cells(&run->scenario, cells);
    line_clear(line);
    line_decimal(line, n);
    line_text(line, " ");
    line_text(line, run->scenario.group);
    line_text(line, " ");
    scenario_line_start(&run->scenario, line);
    for (uint32_t s = 0; s < run->scenario.step_count; s++) {
        line_text(line, " | ");
        scenario_line_step(&run->scenario.steps[s], before, &run->outcomes[s], line);
        before = run->outcomes[s].cells;
    }
    line_text(line, " : ");
    scenario_line_verdict(run, line);
}
