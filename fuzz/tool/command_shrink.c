/* kheap shrink: a failing input made as small as it can be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/crash/shrink.h"
#include "fuzz/op_line.h"
#include "fuzz/tool/command.h"
#include "fuzz/tool/crash.h"

static const char help_text[] =
    "usage: kheap shrink [OPTION...] FILE\n"
    "\n"
    "Makes an input that breaks a rule, crashes or hangs as small as it can be while it still "
    "fails\n"
    "by the same rule and the same check: no operation can be left out, and no size, alignment or\n"
    "count be lower, on the default machine where it fails there as well. Writes it to FILE.min\n"
    "as operation bytes, and to FILE.min.txt as text.\n"
    "\n"
    "  --output NAME           write NAME and NAME.txt instead\n"
    "  --rule ID               fail unless the input breaks this rule (or: crash, hang)\n"
    "  --policy bins|first-fit overrides the policy that the input names\n"
    "  --seconds N             stop after so many seconds, with the smallest so far (default: "
    "300)\n"
    "  --json FILE             what was done, for machines; - is standard output\n"
    "  --quiet                 no progress on standard error\n"
    "\n"
    "Ctrl-C stops as well, and keeps the smallest so far. The result is the same every time,\n"
    "unless it was stopped.\n"
    "\n"
    "Exit status: 0 done, 1 the input does not fail, or not by the rule named, 2 the command line\n"
    "was not understood, 3 a file could not be read or written, 130 stopped by Ctrl-C.\n";

struct request {
    struct crash_request crash;
    const char *path;
    const char *output;
};

static int parse(int argc, char **argv, struct request *request)
{
    const char *value;
    for (int i = 1; i < argc; i++) {
        int status = EXIT_OK;
        if (crash_option(argc, argv, &i, "shrink", &request->crash, &status)) {
            if (status != EXIT_OK)
                return status;
        } else if (command_option(argc, argv, &i, "--output", &value)) {
            if (value == NULL)
                return command_usage("shrink", "--output takes a name, not", value);
            request->output = value;
        } else if (argv[i][0] == '-') {
            return command_usage("shrink", "unknown option", argv[i]);
        } else if (request->path != NULL) {
            return command_usage("shrink", "takes one file, and got also", argv[i]);
        } else {
            request->path = argv[i];
        }
    }
    return request->path != NULL ? EXIT_OK : command_usage("shrink", "names no input", NULL);
}

static void print(FILE *out, const struct request *request, const struct shrink *shrink,
                  const char *output)
{
    struct line line;
    trial_line(&shrink->trial, file_name(output), &line);
    (void)fprintf(out, "%s\n", line.text);
    trial_evidence(&shrink->trial, &line);
    (void)fprintf(out, "  %s\n", line.text);
    for (uint32_t i = 0; i < shrink->best.ops.count && i < 40u; i++) {
        line_clear(&line);
        op_line(&shrink->best.ops.ops[i], &line);
        (void)fprintf(out, "    %s\n", line.text);
    }
    if (shrink->best.ops.count > 40u)
        (void)fprintf(out, "    ... and %u more\n", shrink->best.ops.count - 40u);
    (void)fprintf(out, "%s: %u operations became %u, in %u trials and %.1f s%s\n", request->path,
                  shrink->op_count, shrink->best.ops.count, shrink->trial_count,
                  shrink->seconds_used,
                  shrink->stopped ? "; it was stopped, and might become smaller" : "");
}

static int finish(const struct request *request, const struct shrink *shrink)
{
    char output[4096];
    struct line error;
    if ((size_t)snprintf(output, sizeof(output), "%s%s",
                         request->output != NULL ? request->output : request->path,
                         request->output != NULL ? "" : ".min") >= sizeof(output)) {
        (void)fprintf(stderr, "%s: the name is too long\n", request->path);
        return EXIT_INPUT;
    }
    if (!crash_write(shrink, request->path, output, &error) ||
        !crash_json_write(&request->crash, shrink, request->path, output, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    print(crash_out(&request->crash), request, shrink, output);
    return crash_interrupted() ? EXIT_INTERRUPTED : EXIT_OK;
}

int command_shrink(int argc, char **argv)
{
    struct request request = {.crash = CRASH_REQUEST_DEFAULT};
    struct shrink shrink = {.started = 0};
    struct op_case one;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &request);
    if (status != EXIT_OK)
        return status;
    if (!command_output(request.path, request.output, &error) ||
        !command_output(request.path, request.crash.json, &error) ||
        !case_read(request.path, &one, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    status = crash_shrink(&request.crash, request.path, &one, &shrink);
    if (status == EXIT_OK)
        status = finish(&request, &shrink);
    shrink_free(&shrink);
    case_free(&one);
    return status;
}
