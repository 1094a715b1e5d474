/* The commands of the tool. Each gets its own arguments, argv[0] being its name, and returns an
 * exit status. */
#ifndef KHEAP_FUZZ_TOOL_COMMAND_H
#define KHEAP_FUZZ_TOOL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses, the same for all commands. */
#define EXIT_OK 0
#define EXIT_VIOLATION 1     /* an input broke a rule */
#define EXIT_USAGE 2         /* the command line was not understood */
#define EXIT_INPUT 3         /* a file could not be read, written or understood */
#define EXIT_INTERRUPTED 130 /* 128 and SIGINT, as a shell has it */

int command_replay(int argc, char **argv);
int command_show(int argc, char **argv);
int command_import(int argc, char **argv);
int command_pack(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_explore(int argc, char **argv);
int command_shrink(int argc, char **argv);
int command_triage(int argc, char **argv);
int command_keep(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_to_c(int argc, char **argv);
int command_record(int argc, char **argv);
int command_boot(int argc, char **argv);
int command_scenarios(int argc, char **argv);
int command_stress(int argc, char **argv);
int command_new_adapter(int argc, char **argv);

/* True if the argument at *i is `name`; then *value is the one behind it (null if there is none)
 * and *i moves on. */
int command_option(int argc, char **argv, int *i, const char *name, const char **value);

/* Reads a number from 1 to max. Returns 0 if the word, which may be null, is no such number. */
int command_number(const char *word, uint32_t max, uint32_t *number);

/* Reads bins or first-fit. Returns 0 if the word, which may be null, is neither. */
int command_policy(const char *word, uint32_t *policy);

struct line;

/* To be asked before the work: returns false, with *error set, if the output is the input itself,
 * or is to be in a directory that is not there. An output that is null or - is well. */
bool command_output(const char *input, const char *output, struct line *error);

/* Prints what is wrong with the command line, and how to get help. Returns EXIT_USAGE. */
int command_usage(const char *command, const char *wrong, const char *argument);

#endif
