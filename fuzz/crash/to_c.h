/* Inputs as C programs, for bug reports. Of the core: the same calls, on the same machine, with the
 * same checks (to_c.c, for fuzz/crash/reproduce.h). Of a foreign allocator, in its tool: the same
 * calls without the harness (fuzz/foreign/to_c_foreign.c, for fuzz/foreign/reproduce.h). */
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

/* What such a program is, and how it is compiled: lines for people. */
extern const char to_c_help[];

/* Writes a text inside a comment, where nothing in it ends the comment or the line; and a path as
 * the shell reads it. */
void to_c_comment(FILE *out, const char *text);
void to_c_path(FILE *out, const char *path);

/* Writes the command that compiles and runs the program at `path', of the core in the
 * repository's root. */
void to_c_command(FILE *out, const char *path);

/* Writes the program. Requires at most TO_C_OPS_MAX operations. Returns false if it could not be
 * written. */
bool to_c_write(FILE *out, const struct to_c *input);

/* Writes one operation as its statement, without a line end. */
void to_c_statement(FILE *out, const struct op *op);

#endif
