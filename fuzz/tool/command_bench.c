/* kheap bench: what the checks cost. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/host.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/bench_plan.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap bench [OPTION...] [TRACE...]\n"
    "\n"
    "Measures what the checks cost: runs the same inputs without checks (none), with all rules\n"
    "after every operation over what it has changed (step), and small inputs also with all rules\n"
    "over everything (full), and with both compared. They run in turns in one process, after a\n"
    "round that does not count. Times are CPU times of the process (CLOCK_PROCESS_CPUTIME_ID),\n"
    "wall times beside them; each is the median of all rounds, with the least and the greatest.\n"
    "Ratios are taken within a round.\n"
    "\n"
    "  TRACE            packed traces, or other inputs, each measured by itself: none, step\n"
    "  --live LIST      live sets of so many objects, ascending, as 1000,10000,100000: a steady\n"
    "                   state of random frees and allocations of mixed sizes. Measured is the\n"
    "                   difference between a run with and a run without it: none, step\n"
    "  --operations N   the operations of the steady state (default 400000)\n"
    "  --inputs DIR     all inputs in DIR and below, as a fuzzer runs them: none, step, full, "
    "both;\n"
    "                   may be repeated\n"
    "  --rounds N       (default 5)\n"
    "  --json FILE      writes the figures to FILE as well\n"
    "  --check-bars     compares medians with limits\n"
    "  --max-ratio X    step costs at most X times none, for each TRACE (default 6)\n"
    "  --max-growth X   step costs at most X times as much with the largest live set as with the\n"
    "                   smallest (default 1.5)\n"
    "\n"
    "SIGINT ends it after the run that is going on; rounds that are complete are reported.\n"
    "\n"
    "Exit status: 0 measured, 1 a limit is exceeded or an input breaks a rule, 2 the command line\n"
    "was not understood, 3 a file could not be read or written, 130 interrupted.\n";

#define BENCH_OPERATIONS_MAX 10000000u
#define BENCH_LIVE_SETS 8u

struct bench_command {
    uint32_t round_count;
    uint32_t operation_count;
    uint32_t live[BENCH_LIVE_SETS];
    uint32_t live_count;
    const char **traces; /* argc of them, and of directories: more than are ever named */
    uint32_t trace_count;
    const char **directories;
    uint32_t directory_count;
    const char *json;
    bool check_bars;
    struct bench_limits limits;
};

static int file_failed(const struct line *error)
{
    (void)fprintf(stderr, "kheap bench: %s\n", error->text);
    return EXIT_INPUT;
}

static bool parse_number(const char *word, uint32_t least, uint32_t most, uint32_t *number)
{
    char *end;
    if (word == NULL || *word < '0' || *word > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(word, &end, 10);
    if (errno != 0 || *end != '\0' || value < least || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool parse_limit(const char *word, double *limit)
{
    char *end;
    if (word == NULL || *word < '0' || *word > '9')
        return false;
    *limit = strtod(word, &end);
    return *end == '\0' && *limit > 0;
}

/* "1000,10000,100000": ascending, so that growth has a direction. */
static bool parse_live(const char *list, struct bench_command *bench)
{
    bench->live_count = 0;
    while (list != NULL) {
        char word[16];
        size_t length = strcspn(list, ",");
        uint32_t *count = &bench->live[bench->live_count];
        if (length >= sizeof(word) || bench->live_count == BENCH_LIVE_SETS)
            return false;
        memcpy(word, list, length);
        word[length] = '\0';
        if (!parse_number(word, 1, BENCH_LIVE_MAX, count) ||
            (bench->live_count > 0 && *count <= count[-1]))
            return false;
        bench->live_count++;
        list = list[length] == ',' ? list + length + 1u : NULL;
    }
    return bench->live_count > 0;
}

/* The option at *i, if it is one that takes a value. Returns a status; *found tells. */
static int parse_valued(int argc, char **argv, int *i, struct bench_command *bench, bool *found)
{
    const char *value;
    *found = true;
    if (command_option(argc, argv, i, "--live", &value))
        return parse_live(value, bench)
                   ? EXIT_OK
                   : command_usage("bench",
                                   "--live takes at most 8 ascending numbers up to 500000, with "
                                   "commas between them, not",
                                   value);
    if (command_option(argc, argv, i, "--operations", &value))
        return parse_number(value, 1000, BENCH_OPERATIONS_MAX, &bench->operation_count)
                   ? EXIT_OK
                   : command_usage("bench", "--operations takes 1000 to 10000000, not", value);
    if (command_option(argc, argv, i, "--rounds", &value))
        return parse_number(value, 1, BENCH_ROUNDS_MAX, &bench->round_count)
                   ? EXIT_OK
                   : command_usage("bench", "--rounds takes 1 to 99, not", value);
    if (command_option(argc, argv, i, "--max-ratio", &value))
        return parse_limit(value, &bench->limits.ratio)
                   ? EXIT_OK
                   : command_usage("bench", "--max-ratio takes a number above 0, not", value);
    if (command_option(argc, argv, i, "--max-growth", &value))
        return parse_limit(value, &bench->limits.growth)
                   ? EXIT_OK
                   : command_usage("bench", "--max-growth takes a number above 0, not", value);
    if (command_option(argc, argv, i, "--json", &bench->json))
        return bench->json != NULL ? EXIT_OK
                                   : command_usage("bench", "--json takes a file, not", NULL);
    if (command_option(argc, argv, i, "--inputs", &value)) {
        bench->directories[bench->directory_count++] = value;
        return value != NULL ? EXIT_OK
                             : command_usage("bench", "--inputs takes a directory, not", NULL);
    }
    *found = false;
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct bench_command *bench)
{
    for (int i = 1; i < argc; i++) {
        bool found;
        int status = parse_valued(argc, argv, &i, bench, &found);
        if (status != EXIT_OK)
            return status;
        if (found)
            continue;
        if (strcmp(argv[i], "--check-bars") == 0)
            bench->check_bars = true;
        else if (argv[i][0] == '-')
            return command_usage("bench", "unknown option", argv[i]);
        else
            bench->traces[bench->trace_count++] = argv[i];
    }
    if (bench->trace_count + bench->live_count + bench->directory_count == 0)
        return command_usage("bench", "names no load", argc > 1 ? argv[argc - 1] : NULL);
    if (bench->check_bars && bench->trace_count == 0 && bench->live_count < 2)
        return command_usage("bench", "has nothing to judge, neither a trace nor two live sets",
                             "--check-bars");
    return EXIT_OK;
}

/* What is small comes first: the session's model and the machine grow with what is run on them, and
 * the end of a run goes through all of the model. */
static bool plan_make(const struct bench_command *bench, struct bench_plan *plan,
                      struct line *error)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < bench->directory_count; i++)
        ok = bench_plan_inputs(plan, bench->directories[i], error);
    for (uint32_t i = 0; ok && i < bench->trace_count; i++)
        ok = bench_plan_trace(plan, bench->traces[i], error);
    for (uint32_t i = 0; ok && i < bench->live_count; i++)
        ok = bench_plan_live(plan, bench->live[i], (bench->operation_count + 1u) / 2u * 2u, error);
    return ok;
}

static bool json_write(const char *path, const struct bench_report *report, struct line *error)
{
    struct out_file json;
    if (!out_file_open(&json, path, error))
        return false;
    bench_json(report, json.stream);
    return out_file_close(&json, error);
}

/* Minutes of measuring must not end in a file that never could be written: an empty report, which
 * says that it is not complete, takes its place first. */
static int run(const struct bench_command *bench, struct bench_plan *plan)
{
    struct line error;
    struct bench_report report = {.round_count = bench->round_count};
    if (!plan_make(bench, plan, &error) ||
        (bench->json != NULL && !json_write(bench->json, &report, &error)))
        return file_failed(&error);
    bench_catch_interrupts();
    enum bench_result result = bench_plan_measure(plan, bench->round_count, &report, &error);
    report.complete = result == BENCH_OK;
    if (result == BENCH_OK || plan->rows[0].round_count > 0)
        bench_table(&report);
    bool hold = !bench->check_bars || !report.complete || bench_bars(&report, &bench->limits);
    struct line unwritten;
    bool written = bench->json == NULL || json_write(bench->json, &report, &unwritten);
    (void)fflush(stdout);
    if (!written)
        (void)file_failed(&unwritten);
    if (result == BENCH_INTERRUPTED) {
        (void)fputs("kheap bench: interrupted\n", stderr);
        return 128 + bench_interrupted();
    }
    if (result != BENCH_OK) {
        (void)file_failed(&error);
        return result == BENCH_VIOLATION ? EXIT_VIOLATION : EXIT_INPUT;
    }
    if (!written)
        return EXIT_INPUT;
    return hold ? EXIT_OK : EXIT_VIOLATION;
}

int command_bench(int argc, char **argv)
{
    struct bench_plan plan = {0};
    struct bench_command bench = {
        .round_count = 5, .operation_count = 400000, .limits = {.ratio = 6, .growth = 1.5}};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    if (host_port_mirror() == NULL)
        return command_usage("bench",
                             "has no mirror, without which nothing is checked by step, on port",
                             host_port_name);
    bench.traces = calloc((size_t)argc, sizeof(*bench.traces));
    bench.directories = calloc((size_t)argc, sizeof(*bench.directories));
    int status = EXIT_INPUT;
    if (bench.traces == NULL || bench.directories == NULL)
        (void)fputs("kheap bench: not enough memory\n", stderr);
    else
        status = parse(argc, argv, &bench);
    if (status == EXIT_OK)
        status = run(&bench, &plan);
    bench_plan_free(&plan);
    free(bench.traces);
    free(bench.directories);
    return status;
}
