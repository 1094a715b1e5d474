/* kheap to-c: an input as a C program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/crash/case.h"
#include "fuzz/crash/to_c.h"
#include "fuzz/crash/trial.h"
#include "fuzz/json.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/command.h"

/* Of processor time, for the run that finds the guilty operation. */
#define RUN_SECONDS 60u

static const char help_text[] = "usage: kheap to-c FILE [--output PROGRAM.c]\n"
                                "\n";

static const char help_options[] =
    "\n"
    "  --output PROGRAM.c  where it goes; without, to the standard output\n"
    "  --json FILE         what it does, for machines\n"
    "\n"
    "The guilty operation is marked. An input of more than 100000 operations is refused: shrink "
    "it\n"
    "first. Exit status: 0 it is written, 2 the command line was not understood, 3 a file could "
    "not\n"
    "be read or written.\n";

/* Runs it, to know what it breaks. */
static bool input_judge(const char *path, struct to_c *program, struct line *evidence,
                        struct line *error)
{
    struct trials trials;
    struct trial trial;
    bool run = trials_open(&trials, program->ops->count, RUN_SECONDS) &&
               trials_run(&trials, &program->config, program->ops->ops, program->ops->count,
                          program->slot_count, &trial);
    trials_close(&trials);
    if (!run)
        return file_error(error, path, "cannot be run: no memory, or no process");
    if (trial.end == TRIAL_REFUSED)
        return file_error(error, path, trial.why);
    trial_evidence(&trial, evidence);
    program->operation = trial.end == TRIAL_OK ? 0 : trial.verdict.operation;
    program->evidence = evidence->text;
    return true;
}

static bool program_save(const char *path, const struct to_c *program, struct line *error)
{
    struct out_file file;
    if (!out_file_open(&file, path, error))
        return false;
    /* What goes wrong there is seen when it is closed. */
    (void)to_c_write(file.stream, program);
    return out_file_close(&file, error);
}

static bool write_json(const char *path, const char *input, const struct to_c *program,
                       struct line *error)
{
    struct out_file json;
    if (!out_file_open(&json, path, error))
        return false;
    (void)fputs("{\"tool\": \"kheap to-c\", \"input\": ", json.stream);
    json_text(json.stream, input);
    (void)fputs(", \"output\": ", json.stream);
    json_text(json.stream, program->path != NULL ? program->path : "-");
    (void)fprintf(json.stream,
                  ", \"operations\": %u, \"operation\": %u, \"evidence\": ", program->ops->count,
                  program->operation);
    json_text(json.stream, program->evidence);
    (void)fputs("}\n", json.stream);
    return out_file_close(&json, error);
}

static int to_c(const char *path, const char *output, const char *json)
{
    struct op_case one = {0};
    struct line evidence;
    struct line error;
    bool ok = command_output(path, output, &error) && command_output(path, json, &error) &&
              case_read(path, &one, &error);
    struct to_c program = {
        .name = file_name(path),
        .path = output,
        .config = one.config,
        .ops = &one.ops,
        .slot_count = one.slot_count,
    };
    if (ok && one.ops.count > TO_C_OPS_MAX)
        ok = file_error(&error, path, "has more operations than a program can: shrink it first");
    ok = ok && input_judge(path, &program, &evidence, &error);
    if (ok && output != NULL)
        ok = program_save(output, &program, &error);
    else if (ok)
        (void)to_c_write(stdout, &program); /* main looks at what became of it */
    ok = ok && (json == NULL || write_json(json, path, &program, &error));
    if (!ok)
        (void)fprintf(stderr, "kheap to-c: %s\n", error.text);
    if (ok && output != NULL) {
        printf("%s: %u operations, %s\n  ", output, one.ops.count, evidence.text);
        to_c_command(stdout, output);
        (void)putchar('\n');
    }
    case_free(&one);
    return ok ? EXIT_OK : EXIT_INPUT;
}

int command_to_c(int argc, char **argv)
{
    const char *path = NULL;
    const char *output = NULL;
    const char *json = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            printf("%s%s%s", help_text, to_c_help, help_options);
            return EXIT_OK;
        }
        if (command_option(argc, argv, &i, "--output", &output)) {
            if (output == NULL || *output == '\0')
                return command_usage("to-c", "--output takes a file, not", output);
        } else if (command_option(argc, argv, &i, "--json", &json)) {
            if (json == NULL || *json == '\0')
                return command_usage("to-c", "--json takes a file, not", json);
        } else if (argv[i][0] == '-') {
            return command_usage("to-c", "unknown option", argv[i]);
        } else if (path != NULL) {
            return command_usage("to-c", "takes one input, and got another", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL)
        return command_usage("to-c", "names no input", NULL);
    return to_c(path, output, json);
}
