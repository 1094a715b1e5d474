/* kheap replay: verdict lines. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/tool/command.h"
#include "fuzz/tool/replay.h"

static const char help_text[] =
    "usage: kheap replay [OPTION...] FILE|DIRECTORY...\n"
    "\n"
    "Runs each input on a fresh machine, checks every rule after every operation, and prints a\n"
    "verdict line. Inputs are operation bytes, texts of operations, packed traces, and packs of\n"
    "these; directories are searched for them.\n"
    "\n"
    "  --port emulator|window  the machine: an emulated MMU (default), or plain memory\n"
    "  --check HOW             what is checked after each operation: step or incremental, every\n"
    "                          rule over what it has changed (default; on the window port as "
    "full,\n"
    "                          for traces as local); full, every rule over everything; both, and\n"
    "                          compared; local, the block and its neighbours; shadow, the model\n"
    "                          alone; none\n"
    "  --policy bins|first-fit overrides the policy that the inputs name\n"
    "  --refuse K              refuse the K-th request for a frame as well\n"
    "  --refuse-on K           the same, and all requests after it\n"
    "  --sweep N               run each input that is no trace again with --refuse K and with\n"
    "                          --refuse-on K, for every K that it has, or for N of them evenly\n"
    "                          spread if it has more\n"
    "  --costs                 print, for each kind of operation, the one that came closest to\n"
    "                          its bound of loads and stores (heap/cost.h); and the TLB flushes\n"
    "  --trace                 print each operation with its result before the verdict\n"
    "  --json FILE             write the verdicts as JSON as well, with --trace the results too;\n"
    "                          - is the standard output, and text goes to standard error\n"
    "  --quiet                 print only violations and the summary\n"
    "  --timing                print operations a second and peak memory after each input\n"
    "\n"
    "The JSON document has \"port\", \"check\", \"inputs\" and \"summary\". An input has its "
    "name as\n"
    "\"input\" and a \"verdict\": ok; violation, then with \"rule\", \"operation\" (from 1; one "
    "past the\n"
    "last is the end), its \"text\" and \"evidence\"; or unreadable, with \"why\". \"trace\" "
    "holds the\n"
    "operations' results (fuzz/op_result.h).\n"
    "\n"
    "Exit status: 0 all hold, 1 a rule is broken, 2 the command line was not understood, 3 a file\n"
    "is unreadable or damaged, or the JSON could not be written.\n";

/* The window port is a program of its own, beside this one: ports are chosen by the build. Only
 * returns if it cannot be run. */
static int run_port(const char *port, char **argv)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32u);
    const char *program = strcmp(port, "window") == 0 ? "kheap-window" : "kheap";
    if (length <= 0)
        return command_usage("replay", "cannot find the program of port", port);
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    (void)snprintf(slash + 1, sizeof(path) - (size_t)(slash + 1 - path), "%s", program);
    /* argv[-1] is the tool's own name: main handed its arguments on from the second. */
    (void)execv(path, argv - 1);
    perror(path);
    return EXIT_INPUT;
}

static int parse(int argc, char **argv, struct replay *replay, struct file_list *files)
{
    struct line error;
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0) {
            replay->quiet = true;
        } else if (command_option(argc, argv, &i, "--sweep", &value)) {
            if (!command_number(value, UINT32_MAX, &replay->sweep_max))
                return command_usage("replay", "--sweep takes a number, not", value);
        } else if (command_option(argc, argv, &i, "--refuse", &value) ||
                   command_option(argc, argv, &i, "--refuse-on", &value)) {
            replay->options.plan.refuse_on = strcmp(argv[i - 1], "--refuse-on") == 0;
            if (!command_number(value, UINT32_MAX, &replay->options.plan.refuse_request))
                return command_usage("replay", "--refuse takes the number of a request, not",
                                     value);
        } else if (strcmp(argv[i], "--costs") == 0) {
            replay->costs = true;
        } else if (strcmp(argv[i], "--timing") == 0) {
            replay->timing = true;
        } else if (strcmp(argv[i], "--trace") == 0) {
            replay->trace = true;
        } else if (command_option(argc, argv, &i, "--json", &replay->json_path)) {
            if (replay->json_path == NULL || *replay->json_path == '\0')
                return command_usage("replay", "--json takes a file, or -, not", NULL);
        } else if (command_option(argc, argv, &i, "--check", &value)) {
            if (!session_check_parse(value, &replay->options.plan.check))
                return command_usage(
                    "replay", "--check takes step, full, both, local, shadow or none, not", value);
        } else if (command_option(argc, argv, &i, "--policy", &value)) {
            replay->options.policy_given = true;
            if (!command_policy(value, &replay->options.policy))
                return command_usage("replay", "--policy takes bins or first-fit, not", value);
        } else if (command_option(argc, argv, &i, "--port", &value)) {
            if (value == NULL || (strcmp(value, "emulator") != 0 && strcmp(value, "window") != 0))
                return command_usage("replay", "--port takes emulator or window, not", value);
            if (strcmp(value, host_port_name) != 0)
                return run_port(value, argv);
        } else if (argv[i][0] == '-') {
            return command_usage("replay", "unknown option", argv[i]);
        } else if (!file_list_add(files, argv[i], &error)) {
            (void)fprintf(stderr, "%s\n", error.text);
            return EXIT_INPUT;
        }
    }
    return EXIT_OK;
}

int command_replay(int argc, char **argv)
{
    struct replay replay = {0};
    struct file_list files = {0};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &replay, &files);
    if (status == EXIT_OK && files.count == 0)
        status = command_usage("replay", "names no input", argc > 1 ? argv[argc - 1] : NULL);
    if (status == EXIT_OK && !replay_report_begin(&replay)) {
        (void)fputs("kheap replay: not enough memory for the JSON\n", stderr);
        status = EXIT_INPUT;
    } else if (status == EXIT_OK) {
        for (uint32_t i = 0; i < files.count; i++)
            replay_file(&replay, files.paths[i]);
        status = replay_report_end(&replay);
    }
    file_list_free(&files);
    return status;
}
