/* What `kheap replay' was asked for, and what came of it. */
#ifndef KHEAP_FUZZ_TOOL_REPLAY_H
#define KHEAP_FUZZ_TOOL_REPLAY_H

#include <stdio.h>

#include "fuzz/host.h"
#include "fuzz/out_file.h"
#include "mmu_x86/probe.h"

struct replay {
    struct host_options options;
    uint32_t sweep_max;
    bool costs;
    bool quiet;
    bool timing;
    bool trace;
    const char *json_path; /* null: none; "-": standard output, and text goes to standard error */
    FILE *out;             /* text */
    struct out_file json;  /* the document, if there is to be one */
    const char *json_separator; /* before the next operation's result */
    struct session_worst worst[OP_KIND_COUNT];
    char worst_name[OP_KIND_COUNT][64];
    struct probe_counts counts;
    uint32_t input_count;
    uint32_t violation_count;
    uint32_t error_count;
    uint64_t sweep_count;
    uint64_t operation_count;
    double seconds;
};

/* Runs a file, or each input of a pack, and tells of it. */
void replay_file(struct replay *replay, const char *path);

/* What is told, as text and, if that was asked for, as JSON. replay_report_begin returns false if
 * there is no memory; replay_report_end returns the exit status. */
bool replay_report_begin(struct replay *replay);
void replay_report_input(struct replay *replay, const char *name, const struct verdict *verdict);
void replay_report_result(struct replay *replay, const struct session_result *result);
void replay_report_error(struct replay *replay, const char *name, const char *why);
int replay_report_end(struct replay *replay);

/* Before an input is run: its results come first. */
void replay_report_start(struct replay *replay, const char *name);

long replay_peak_memory_kib(void);

#endif
