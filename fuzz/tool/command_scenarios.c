/* kheap scenarios: what the emulated MMU does, held against the manual and against QEMU's. */
#include <stdio.h>
#include <string.h>

#include "fuzz/tool/command.h"
#include "fuzz/tool/scenarios.h"
#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/machine.h"
#include "mmu_x86/scenario/run.h"

static const char help_text[] =
    "usage: kheap scenarios [OPTION]...\n"
    "\n"
    "Runs the MMU scenarios on the emulator: a few page-table entries, and accesses, changes and\n"
    "flushes over them. An oracle says from the processor's manual what may come of each step.\n"
    "Prints a table of their groups, and the line of each scenario whose outcome no processor\n"
    "would have; mmu_x86/scenario/README.md tells how to read a line.\n"
    "\n"
    "  --lines          print the line of every scenario\n"
    "  --group NAME     those of one group only\n"
    "  --number N       one scenario, step by step, with what the oracle predicts\n"
    "  --against FILE   compare with the lines that the kernel printed:\n"
    "                   boot/run --append scenarios > FILE\n"
    "  --quiet          nothing but what is wrong, and a summary\n"
    "\n"
    "Exit status: 0 all is well, 1 the oracle disagrees, or lines differ that may not, 2 the\n"
    "command line was not understood, 3 a file could not be read.\n";

struct options {
    const char *group;
    const char *number;
    const char *against;
    bool lines;
    bool quiet;
};

struct counts {
    uint32_t scenarios, may_differ, disagree;
};

static void run_one(uint32_t n, const struct options *options, struct counts *counts)
{
    static struct scenario_run run;
    struct line line;
    scenario_run(n, &run);
    counts->scenarios++;
    counts->may_differ += run.reasons != 0;
    counts->disagree += run.verdict != SCENARIO_AGREES;
    if (run.verdict == SCENARIO_AGREES && !options->lines)
        return;
    scenario_line(n, &run, &line);
    puts(line.text);
}

static int run_groups(const struct options *options)
{
    struct scenario_group group;
    struct counts all = {0};
    uint32_t n = 0;
    for (uint32_t g = 0; scenario_group_at(g, &group); g++) {
        struct counts counts = {0};
        uint32_t end = n + group.count;
        if (options->group != NULL && strcmp(options->group, group.name) != 0)
            n = end;
        for (; n < end; n++)
            run_one(n, options, &counts);
        if (counts.scenarios != 0 && !options->lines && !options->quiet)
            printf("%-16s %4u, %3u may differ, %u disagree: %s\n", group.name, counts.scenarios,
                   counts.may_differ, counts.disagree, group.purpose);
        all.scenarios += counts.scenarios;
        all.may_differ += counts.may_differ;
        all.disagree += counts.disagree;
    }
    if (all.scenarios == 0)
        return command_usage("scenarios", "there is no group", options->group);
    printf("%u scenarios: %u agree with the oracle, %u disagree; processors may differ in %u\n",
           all.scenarios, all.scenarios - all.disagree, all.disagree, all.may_differ);
    return all.disagree == 0 ? EXIT_OK : EXIT_VIOLATION;
}

static int run_against(const struct options *options)
{
    struct line error;
    if (scenarios_against(options->against, options->quiet, &error))
        return EXIT_OK;
    if (error.length == 0)
        return EXIT_VIOLATION;
    (void)fprintf(stderr, "%s\n", error.text);
    return EXIT_INPUT;
}

static int run(const struct options *options)
{
    uint32_t number = 0;
    if (options->number != NULL && strcmp(options->number, "0") != 0 &&
        !command_number(options->number, scenario_count() - 1u, &number))
        return command_usage("scenarios", "there is no number", options->number);
    if (!machine_scenario_prepare()) {
        (void)fputs("kheap scenarios: not enough memory\n", stderr);
        return EXIT_INPUT;
    }
    if (options->number != NULL)
        return scenarios_show(number) ? EXIT_OK : EXIT_VIOLATION;
    return options->against != NULL ? run_against(options) : run_groups(options);
}

int command_scenarios(int argc, char **argv)
{
    struct options options = {0};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char **value = strcmp(word, "--group") == 0     ? &options.group
                             : strcmp(word, "--number") == 0  ? &options.number
                             : strcmp(word, "--against") == 0 ? &options.against
                                                              : NULL;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            (void)fputs(help_text, stdout);
            return EXIT_OK;
        }
        if (value != NULL && command_option(argc, argv, &i, word, value)) {
            if (*value == NULL)
                return command_usage("scenarios", word, "takes a value");
        } else if (strcmp(word, "--lines") == 0) {
            options.lines = true;
        } else if (strcmp(word, "--quiet") == 0) {
            options.quiet = true;
        } else {
            return command_usage("scenarios", "unknown option", word);
        }
    }
    return run(&options);
}
