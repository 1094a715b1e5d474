/* What the fuzz targets that run inputs of operations share. */
#ifndef KHEAP_FUZZ_TARGET_INPUT_H
#define KHEAP_FUZZ_TARGET_INPUT_H

#include <stddef.h>

#include "fuzz/session.h"

/* Starts the host; ends the process if it cannot be, or if KHEAP_CHECK in the environment, a word
 * as kheap replay --check takes it, makes no sense. */
void target_start(void);

/* Runs an input as planned, but with a brief end, and checked as KHEAP_CHECK says if it says
 * anything. Returns false if it is not one for fuzzing: a recorded trace, or a machine that costs
 * as much as a hundred others (the corpus has those). */
bool target_run(const uint8_t *data, size_t size, const struct session_plan *plan,
                struct verdict *verdict);

/* Ends the process in a function named after the rule, if the verdict is that one is broken. */
void target_judge(const struct verdict *verdict);

#endif
