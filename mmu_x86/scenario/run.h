/* Runs scenarios on the machine (machine.h), has the oracle judge them, and makes a line of each:
 *
 *   NUMBER GROUP WP PSE d=PWU:T s=PW:D t=PWU:A | STEP [CHANGE...] | STEP ... : VERDICT
 *
 * `d', `s' and `t' are the directory's entry, its last one and the table's: letters of the bits
 * that are set (P present, W writable, U user, T write-through, C cache-disable, A accessed, D
 * dirty, S page size, G global, x y z the software's, R reserved), then the frame (D
 * directory, T table, A, B, L 4 MiB; 2 for the second ones).
 * A step says what was done and what came of it: the word that was read, or #CODE@CR2; and all
 * words that changed by it, where a write went among them. The verdict is "agrees"; "agrees, may
 * differ: WHY" where the manual leaves processors a choice; "departs: HOW", as the machine is known
 * to; or "DISAGREES at step N". */
#ifndef KHEAP_MMU_X86_SCENARIO_RUN_H
#define KHEAP_MMU_X86_SCENARIO_RUN_H

#include "fuzz/line.h"
#include "mmu_x86/scenario/oracle.h"

enum scenario_verdict { SCENARIO_AGREES, SCENARIO_DEPARTS, SCENARIO_DISAGREES };

struct scenario_run {
    struct scenario scenario;
    struct scenario_outcome outcomes[SCENARIO_STEPS_MAX];
    uint32_t reasons; /* why a processor might do otherwise, as oracle_reasons has it */
    bool bad;         /* the scenario asks what the oracle cannot tell */
    enum scenario_verdict verdict;
    uint32_t departures; /* SCENARIO_DEPARTS: how */
    uint32_t step;       /* unless it agrees, the first one from which on no world is left */
};

/* Runs number `n`. Requires n < scenario_count(). */
void scenario_run(uint32_t n, struct scenario_run *run);

/* The line of number `n`. */
void scenario_line(uint32_t n, const struct scenario_run *run, struct line *line);

/* What the line is made of: the state before the first step, and a step with what came of it. */
void scenario_line_start(const struct scenario *scenario, struct line *line);
void scenario_line_step(const struct scenario_step *step, const uint32_t *cells_before,
                        const struct scenario_outcome *outcome, struct line *line);
void scenario_line_reasons(uint32_t reasons, struct line *line);
void scenario_line_verdict(const struct scenario_run *run, struct line *line);

#endif
