/* Inputs as C programs, for bug reports: the same calls, on the same machine, with the same checks
 * (fuzz/crash/reproduce.h). */
#ifndef KHEAP_FUZZ_CRASH_TO_C_H
#define KHEAP_FUZZ_CRASH_TO_C_H

#include <stdio.h>

#include "fuzz/op_list.h"

/* More are no program that anyone would read, nor one that compiles quickly. */
#define TO_C_OPS_MAX 100000u

struct to_c {
    const char *name; /* of the input */
    const char *path; /* of the program; null: not known */
    struct op_config config;
    const struct op_list *ops;
    uint32_t slot_count;  /* slots are below this */
    uint32_t operation;   /* the guilty one, from 1; past the last: the end; 0: no rule is broken */
    const char *evidence; /* what it breaks, in a line; may be null */
};

/* Writes the command that compiles and runs the program at `path', in the repository's root. */
void to_c_command(FILE *out, const char *path);

/* Writes the program. Requires at most TO_C_OPS_MAX operations. Returns false if it could not be
 * written. */
bool to_c_write(FILE *out, const struct to_c *input);

/* Writes one operation as its statement, without a line end. */
void to_c_statement(FILE *out, const struct op *op);

#endif
