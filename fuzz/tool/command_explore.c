/* kheap explore: every short sequence of operations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/explore/explore_report.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap explore [OPTION...]\n"
    "\n"
    "Runs every sequence of moves from an alphabet on a small emulated machine, breadth first,\n"
    "checks every rule after each, and sees every new state through to its end. States that are\n"
    "the same but for names of slots and frames are continued once. The first violation is a\n"
    "shortest one; it is printed, and kept as a text that `kheap replay' takes.\n"
    "\n"
    "  --alphabet NAME|all     what is tried (below); default: all\n"
    "  --policy bins|first-fit only this policy; default: both\n"
    "  --depth N               stop when all sequences of N moves were tried (default and most: "
    "48)\n"
    "  --seconds N             stop after so many seconds in all (default: 60)\n"
    "  --memory MIB            memory for the states of all runs (default: 4096)\n"
    "  --jobs N                worker processes (default: one for each processor)\n"
    "  --output FILE           where a violation is kept (default: explore-violation.txt)\n"
    "  --json FILE             the results for machines; - is standard output\n"
    "  --verify                keep whole states beside their hashes, and count the states that\n"
    "                          the hash mixes up; one job\n"
    "  --quiet                 no progress on standard error\n"
    "\n"
    "alphabets:\n";

static const char status_text[] =
    "\n"
    "Each alphabet is run under each policy, level by level, always the cheapest level next.\n"
    "A frame request of any move is refused as well, each in turn, once and from then on. Ctrl-C\n"
    "stops; what was completed is reported. Completed depths, states and violations are the same "
    "in\n"
    "every run, whatever the jobs.\n"
    "\n"
    "Exit status: 0 explored without a violation, 1 a rule is broken (or a call hangs or "
    "crashes),\n"
    "2 the command line was not understood, 3 no memory, no process, or a file not written.\n"
    "Stopping at a limit or by Ctrl-C is no failure.\n";

struct request {
    struct explore_options options;
    uint32_t policy;
    const struct alphabet *alphabet; /* null: all */
    bool policy_given;
    const char *output;
    const char *json;
};

static int help(void)
{
    (void)fputs(help_text, stdout);
    for (uint32_t i = 0; alphabet_at(i) != NULL; i++) {
        const struct alphabet *alphabet = alphabet_at(i);
        printf("  %-8s %s (%u letters, %u blocks, %u pages, %u frames)\n", alphabet->name,
               alphabet->purpose, alphabet->letter_count, alphabet->slot_count,
               alphabet->window_pages, alphabet->frame_count);
    }
    (void)fputs(status_text, stdout);
    return EXIT_OK;
}

/* An option with a value. Returns null, or what is wrong with the value. */
static const char *parse_value(struct request *request, const char *name, const char *value)
{
    struct explore_options *options = &request->options;
    uint32_t number = 0;
    if (strcmp(name, "--alphabet") == 0) {
        request->alphabet = alphabet_find(value);
        bool all = value != NULL && strcmp(value, "all") == 0;
        return request->alphabet != NULL || all ? NULL : "no such alphabet";
    }
    if (strcmp(name, "--policy") == 0) {
        request->policy_given = true;
        return command_policy(value, &request->policy) ? NULL
                                                       : "--policy takes bins or first-fit, not";
    }
    if (strcmp(name, "--output") == 0 || strcmp(name, "--json") == 0) {
        *(name[2] == 'o' ? &request->output : &request->json) = value;
        return value != NULL ? NULL : "a file's name is missing";
    }
    if (strcmp(name, "--depth") == 0) {
        bool good = command_number(value, EXPLORE_DEPTH_MAX, &number);
        options->depth_max = number;
        return good ? NULL : "--depth takes a number from 1 to 48, not";
    }
    if (strcmp(name, "--seconds") == 0) {
        bool good = command_number(value, 1000000000u, &number);
        options->seconds = (double)number;
        return good ? NULL : "--seconds takes a number from 1 on, not";
    }
    if (strcmp(name, "--memory") == 0) {
        bool good = command_number(value, 1u << 24, &number);
        options->memory_bytes = (uint64_t)number << 20;
        return good ? NULL : "--memory takes a number of MiB from 1 on, not";
    }
    bool good = command_number(value, STORE_JOBS_MAX, &number);
    options->jobs = number;
    return good ? NULL : "--jobs takes a number from 1 to 64, not";
}

static int parse(int argc, char **argv, struct request *request)
{
    static const char *const valued[] = {"--alphabet", "--policy", "--depth",  "--seconds",
                                         "--memory",   "--jobs",   "--output", "--json"};
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        const char *wrong = "unknown option";
        if (strcmp(argv[i], "--quiet") == 0) {
            request->options.quiet = true;
            continue;
        }
        if (strcmp(argv[i], "--verify") == 0) {
            request->options.verify = true;
            continue;
        }
        const char *argument = argv[i];
        for (size_t n = 0; n < sizeof(valued) / sizeof(valued[0]); n++)
            if (command_option(argc, argv, &i, valued[n], &value)) {
                wrong = parse_value(request, valued[n], value);
                argument = value;
                break;
            }
        if (wrong != NULL)
            return command_usage("explore", wrong, argument);
    }
    if (request->options.verify)
        request->options.jobs = 1;
    return EXIT_OK;
}

/* The runs asked for. Returns how many. */
static uint32_t runs_of(const struct request *request, struct explore_run *runs)
{
    uint32_t count = 0;
    for (uint32_t i = 0; alphabet_at(i) != NULL; i++)
        for (uint32_t policy = 0; policy < 2u; policy++)
            if ((request->alphabet == NULL || request->alphabet == alphabet_at(i)) &&
                (!request->policy_given || request->policy == policy) && count < EXPLORE_RUNS_MAX)
                runs[count++] = (struct explore_run){.alphabet = alphabet_at(i), .policy = policy};
    return count;
}

int command_explore(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct request request = {
        .options = {.depth_max = EXPLORE_DEPTH_MAX,
                    .seconds = 60,
                    .memory_bytes = 4096ull << 20,
                    .jobs = processors < 1 ? 1u : (uint32_t)processors},
        .output = "explore-violation.txt",
    };
    static struct explore_run runs[EXPLORE_RUNS_MAX];
    struct report report;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help();
    if (request.options.jobs > STORE_JOBS_MAX)
        request.options.jobs = STORE_JOBS_MAX;
    int status = parse(argc, argv, &request);
    if (status != EXIT_OK)
        return status;
    if (!report_open(&report, request.json))
        return EXIT_INPUT;
    uint32_t run_count = runs_of(&request, runs);
    (void)fflush(stdout);
    if (explore(&request.options, runs, run_count)) {
        status = report_runs(&report, &request.options, runs, run_count, request.output);
    } else {
        (void)fprintf(stderr, "kheap explore: no memory or no process for %u jobs and %llu MiB\n",
                      request.options.jobs,
                      (unsigned long long)(request.options.memory_bytes >> 20));
        status = EXIT_INPUT;
    }
    return report_close(&report) ? status : EXIT_INPUT;
}
