/* kheap: the command-line tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/file.h"
#include "fuzz/tool/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
} commands[] = {
    {"replay", command_replay, "run inputs and print a verdict line for each"},
    {"show", command_show, "print an input as text"},
    {"explain", command_explain, "show why an input breaks a rule, as a page"},
    {"import", command_import, "turn text into an input: operations, or a recorded load"},
    {"to-c", command_to_c, "write an input as a C program"},
    {"record", command_record, "run a program and make an input of its calls of malloc"},
    {"explore", command_explore, "run every short sequence of operations"},
    {"shrink", command_shrink, "make a failing input as small as it can be"},
    {"triage", command_triage, "group failing inputs, and shrink one of each group"},
    {"keep", command_keep, "shrink a failing input, and add it to the corpus"},
    {"pack", command_pack, "put inputs into one file, for the kernel"},
    {"boot", command_boot, "run inputs in QEMU and compare the verdicts"},
    {"scenarios", command_scenarios, "hold the emulator's MMU, and QEMU's, against the manual"},
    {"stress", command_stress, "use a foreign allocator by several threads"},
    {"new-adapter", command_new_adapter, "begin an adapter, for the checks of another allocator"},
    {"bench", command_bench, "measure what the checks cost"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
    puts("kheap: runs inputs on the kernel heap under test, on an emulated i386\n"
         "\n"
         "usage: kheap COMMAND [OPTION...] [FILE...]\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].purpose);
    puts("\n`kheap COMMAND --help' tells more. Exit status: 0 all is well, 1 an input broke a "
         "rule,\n"
         "2 the command line was not understood, 3 a file could not be read, written or "
         "understood.");
}

int command_option(int argc, char **argv, int *i, const char *name, const char **value)
{
    if (strcmp(argv[*i], name) != 0)
        return 0;
    *value = *i + 1 < argc ? argv[++*i] : NULL;
    return 1;
}

int command_number(const char *word, uint32_t max, uint32_t *number)
{
    char *end = NULL;
    unsigned long long value =
        word != NULL && *word >= '0' && *word <= '9' ? strtoull(word, &end, 10) : 0;
    *number = (uint32_t)value;
    return end != NULL && *end == '\0' && value > 0 && value <= max;
}

int command_policy(const char *word, uint32_t *policy)
{
    *policy = word != NULL && strcmp(word, "first-fit") == 0;
    return *policy == 1u || (word != NULL && strcmp(word, "bins") == 0);
}

/* Returns null, or what is wrong with the directory that the output is to be in. */
static const char *directory_trouble(const char *output)
{
    char directory[4096];
    struct stat status;
    const char *slash = strrchr(output, '/');
    int length = slash == NULL || slash == output ? 1 : (int)(slash - output);
    if (slash == NULL || (size_t)length >= sizeof(directory))
        return NULL;
    (void)snprintf(directory, sizeof(directory), "%.*s", length, output);
    if (stat(directory, &status) != 0)
        return strerror(errno);
    return S_ISDIR(status.st_mode) ? NULL : strerror(ENOTDIR);
}

bool command_output(const char *input, const char *output, struct line *error)
{
    struct stat in;
    struct stat out;
    if (output == NULL || strcmp(output, "-") == 0)
        return true;
    const char *why = directory_trouble(output);
    if (why == NULL && stat(input, &in) == 0 && stat(output, &out) == 0 && S_ISREG(in.st_mode) &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        why = "is the input, which would be lost";
    return why == NULL || file_error(error, output, why);
}

int command_usage(const char *command, const char *wrong, const char *argument)
{
    (void)fprintf(stderr, "kheap %s: %s: %s (see kheap %s --help)\n", command, wrong,
                  argument != NULL ? argument : "nothing", command);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            int status = commands[i].run(argc - 1, argv + 1);
            /* Output that could not be written, on a full disk, is no success. */
            if (fflush(stdout) != 0 || ferror(stdout) != 0) {
                perror("kheap: standard output");
                return EXIT_INPUT;
            }
            return status;
        }
    (void)fprintf(stderr, "kheap: unknown command: %s (see kheap --help)\n", argv[1]);
    return EXIT_USAGE;
}
