/* What an exploration tells people and machines. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_REPORT_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_REPORT_H

#include <stdio.h>

#include "fuzz/explore/explore.h"

struct report {
    const char *json_path; /* null: none */
    FILE *json;
    uint32_t run_count;
};

/* Opens the file for machines; `path` may be null. Return false, having said why, if it cannot be
 * written. */
bool report_open(struct report *report, const char *path);
bool report_close(struct report *report);

/* Tells the results of all runs; a violation is printed, run again as `kheap replay' would, and
 * kept in the file `output`. Returns an exit status (fuzz/command.h). */
int report_runs(struct report *report, const struct explore_options *options,
                const struct explore_run *runs, uint32_t run_count, const char *output);

#endif
