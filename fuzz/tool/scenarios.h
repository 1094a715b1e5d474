/* The parts of `kheap scenarios'. */
#ifndef KHEAP_FUZZ_TOOL_SCENARIOS_H
#define KHEAP_FUZZ_TOOL_SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz/line.h"

/* Prints a scenario step by step: what was done, what came of it, and what the oracle says might
 * have. Returns whether the emulator agrees. */
bool scenarios_show(uint32_t n);

/* Compares the emulator's lines with those of another machine, which are in the file at `path`
 * among others. Prints those that differ and may not, and if `quiet` is not set also one of each
 * kind that may; then how many there are. Returns true if every line is there and none differs but
 * as it may; false, with *error set or empty, if not. */
bool scenarios_against(const char *path, bool quiet, struct line *error);

#endif
