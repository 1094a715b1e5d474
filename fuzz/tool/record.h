/* Running a program with the recorder preloaded. */
#ifndef KHEAP_FUZZ_TOOL_RECORD_H
#define KHEAP_FUZZ_TOOL_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fuzz/line.h"

struct record_run {
    char **command;     /* null at the end */
    bool children;      /* record the processes that it starts as well */
    uint64_t count_max; /* records of a process */
    char *directory;    /* where the recordings are, until record_remove */
    pid_t process;
    int status; /* as of waitpid */
};

/* Makes a directory beside the output, runs the command to its end with the recorder loaded, and
 * leaves SIGINT to it. Returns false with *error set: there is no recorder, no directory, or the
 * command cannot be run. */
bool record_command(struct record_run *run, const char *output, struct line *error);

/* Deletes the directory and what is in it. */
void record_remove(struct record_run *run);

#endif
