/* What the commands about failing inputs share: their options, progress, Ctrl-C, and JSON. */
#ifndef KHEAP_FUZZ_TOOL_CRASH_H
#define KHEAP_FUZZ_TOOL_CRASH_H

#include <stdio.h>

#include "fuzz/crash/shrink.h"

struct crash_request {
    struct host_options options;
    double seconds;   /* for one input */
    const char *rule; /* not null: what it must fail by */
    const char *json; /* not null: a path, or - */
    bool quiet;
};
#define CRASH_REQUEST_DEFAULT                                                                      \
    {                                                                                              \
        .seconds = 300                                                                             \
    }

/* True if the argument at *i is one of --rule, --policy, --seconds, --json, --quiet; then it is
 * kept, or *status says that its value was not understood. */
bool crash_option(int argc, char **argv, int *i, const char *command, struct crash_request *request,
                  int *status);

/* Shrinks a case with progress on standard error, until Ctrl-C. Returns EXIT_OK; or another status,
 * having said why: it does not fail, or not by the rule that was asked for. */
int crash_shrink(const struct crash_request *request, const char *path, const struct op_case *one,
                 struct shrink *shrink);

/* From the first call on, Ctrl-C is no longer the end, but counted here. */
void crash_catch_interrupt(void);
bool crash_interrupted(void);

/* Where text goes: standard error, if JSON has standard output. */
FILE *crash_out(const struct crash_request *request);

/* Runs a case once. Returns false if there is no memory or process for it. */
bool crash_try(const struct crash_request *request, const struct op_case *one, struct trial *trial);

/* A name for what shrinking has left: its rule and a hash of its operations, "H2-0123abcd". */
void crash_name(const struct shrink *shrink, char *name, size_t size_bytes);

/* Writes what shrinking has left as operation bytes, and beside it, with .txt, as text. Returns
 * false with *error set. */
bool crash_write(const struct shrink *shrink, const char *source, const char *path,
                 struct line *error);

/* The failure and what shrinking made of it, as members of a JSON object; output may be null. */
void crash_json_members(FILE *json, const struct shrink *shrink, const char *source,
                        const char *output);

/* Writes an object of these, if JSON was asked for. Returns false with *error set. */
bool crash_json_write(const struct crash_request *request, const struct shrink *shrink,
                      const char *source, const char *output, struct line *error);

#endif
