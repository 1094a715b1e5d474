/* kheap replay: verdict lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/host.h"
#include "fuzz/op_line.h"
#include "fuzz/pack.h"
#include "fuzz/tool/command.h"
#include "mmu_x86/probe.h"

static const char help_text[] =
    "usage: kheap replay [OPTION...] FILE|DIRECTORY...\n"
    "\n"
    "Runs each input on a fresh machine, checks every rule after every operation, and prints a\n"
    "verdict line. Inputs are operation bytes, texts of operations, packed traces, and packs of\n"
    "these; directories are searched for them.\n"
    "\n"
    "  --port emulator|window  the machine: an emulated MMU (default), or plain memory\n"
    "  --check HOW             what is checked after each operation: step, every rule over what\n"
    "                          it has changed (default; on the window port as full, for traces\n"
    "                          as local); full, every rule over everything; both, and compared;\n"
    "                          local, the block and its neighbours; shadow, the model alone;\n"
    "                          none\n"
    "  --policy bins|first-fit overrides the policy that the inputs name\n"
    "  --refuse K              refuse the K-th request for a frame as well\n"
    "  --refuse-on K           the same, and all requests after it\n"
    "  --sweep N               run each input that is no trace again with --refuse K and with\n"
    "                          --refuse-on K, for every K that it has, or for N of them evenly\n"
    "                          spread if it has more\n"
    "  --costs                 print, for each kind of operation, the one that came closest to\n"
    "                          its bound of loads and stores (heap/cost.h); and the TLB flushes\n"
    "  --quiet                 print only violations and the summary\n"
    "  --timing                print operations a second and peak memory after each input\n"
    "\n"
    "Exit status: 0 all hold, 1 a rule is broken, 3 a file is unreadable or damaged.\n";

struct replay {
    struct host_options options;
    uint32_t sweep_max;
    bool costs;
    bool quiet;
    bool timing;
    struct session_worst worst[OP_KIND_COUNT];
    char worst_name[OP_KIND_COUNT][64];
    struct probe_counts counts;
    uint32_t input_count;
    uint32_t violation_count;
    uint32_t error_count;
    uint64_t sweep_count;
    uint64_t operation_count;
    double seconds;
};

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static long peak_memory_kib(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void input_error(struct replay *replay, const char *name, const char *why)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s: %s\n", name, why);
    replay->error_count++;
}

static void print_violation(const struct verdict *verdict)
{
    struct line line;
    violation_line(&verdict->violation, &line);
    printf("  %s\n", line.text);
    if (verdict->operation <= verdict->operation_count) {
        line_clear(&line);
        op_line(host_operation(), &line);
        printf("  at operation %u: %s\n", verdict->operation, line.text);
    }
}

/* Keeps the costs of the input that has just run where they come closer to their bounds. */
static void costs_keep(struct replay *replay, const char *name)
{
    const struct session_worst *costs = host_costs();
    struct probe_counts counts = probe_counts();
    replay->counts.flushes += counts.flushes;
    replay->counts.flushes_needless += counts.flushes_needless;
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++) {
        struct session_worst *worst = &replay->worst[kind];
        if (costs[kind].operation == 0 || session_worst_as_close(worst, &costs[kind]))
            continue;
        *worst = costs[kind];
        (void)snprintf(replay->worst_name[kind], sizeof(replay->worst_name[kind]), "%s", name);
    }
}

static void costs_print(const struct replay *replay)
{
    printf("%-16s %9s %9s %6s  %s\n", "operation", "accesses", "bound", "share", "where");
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++) {
        const struct session_worst *worst = &replay->worst[kind];
        if (worst->operation != 0)
            printf("%-16s %9u %9u %5.0f%%  %s, operation %u\n", op_word((enum op_kind)kind),
                   worst->accesses, worst->bound,
                   100.0 * (double)worst->accesses / (double)worst->bound, replay->worst_name[kind],
                   worst->operation);
    }
    printf("%llu TLB flushes, %.4f an operation; %llu of them dropped nothing stale\n",
           (unsigned long long)replay->counts.flushes,
           (double)replay->counts.flushes / (double)replay->operation_count,
           (unsigned long long)replay->counts.flushes_needless);
}

/* Runs the input with each of its frame requests refused, once, and from then on. */
static void sweep(struct replay *replay, const char *name, const uint8_t *data, uint32_t size_bytes,
                  uint32_t request_count)
{
    struct host_options options = replay->options;
    uint32_t count = request_count < replay->sweep_max ? request_count : replay->sweep_max;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t on = 0; on < 2u; on++) {
            struct verdict verdict;
            struct line line;
            char full_name[128];
            uint32_t k = (uint32_t)((uint64_t)i * request_count / count) + 1u;
            options.plan.refuse_request = k;
            options.plan.refuse_on = on != 0;
            if (host_run_with(data, size_bytes, &options, &verdict) != NULL)
                return;
            replay->sweep_count++;
            if (verdict.ok)
                continue;
            (void)snprintf(full_name, sizeof(full_name), "%s --refuse%s %u", name,
                           on != 0 ? "-on" : "", k);
            verdict_line(&verdict, full_name, &line);
            puts(line.text);
            print_violation(&verdict);
            replay->violation_count++;
            return;
        }
    }
}

static void replay_input(struct replay *replay, const char *name, const uint8_t *data,
                         uint32_t size_bytes)
{
    struct verdict verdict;
    struct line line;
    double start = now_seconds();
    const char *error = host_run_with(data, size_bytes, &replay->options, &verdict);
    double seconds = now_seconds() - start;
    if (error != NULL) {
        input_error(replay, name, error);
        return;
    }
    if (replay->costs)
        costs_keep(replay, name);
    replay->input_count++;
    replay->operation_count += verdict.operation_count;
    replay->seconds += seconds;
    verdict_line(&verdict, name, &line);
    if (!replay->quiet || !verdict.ok)
        puts(line.text);
    if (!verdict.ok) {
        replay->violation_count++;
        print_violation(&verdict);
    }
    if (replay->sweep_max != 0 && verdict.ok && !trace_recognise(data, size_bytes))
        sweep(replay, name, data, size_bytes, verdict.frame_requests);
    if (replay->timing)
        (void)fprintf(stderr, "  %s: %.0f operations a second, peak memory %ld MiB\n", name,
                      (double)verdict.operation_count / seconds, peak_memory_kib() / 1024);
}

static void replay_file(struct replay *replay, const char *path)
{
    struct file file;
    struct line error;
    struct pack pack;
    struct pack_input input;
    if (!file_read_input(path, &file, &error)) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%s\n", error.text);
        replay->error_count++;
        return;
    }
    if (!pack_recognise(file.data, file.size_bytes)) {
        replay_input(replay, file_name(path), file.data, file.size_bytes);
    } else {
        const char *why = pack_open(&pack, file.data, file.size_bytes);
        if (why != NULL)
            input_error(replay, path, why);
        while (why == NULL && pack_next(&pack, &input))
            replay_input(replay, input.name, input.data, input.size_bytes);
    }
    file_free(&file);
}

static bool parse_number(const char *word, uint32_t *number)
{
    char *end = NULL;
    unsigned long value =
        word != NULL && *word >= '0' && *word <= '9' ? strtoul(word, &end, 10) : 0;
    *number = (uint32_t)value;
    return end != NULL && *end == '\0' && value > 0 && value <= UINT32_MAX;
}

static bool parse_policy(const char *word, uint32_t *policy)
{
    *policy = word != NULL && strcmp(word, "first-fit") == 0;
    return *policy == 1u || (word != NULL && strcmp(word, "bins") == 0);
}

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
            if (!parse_number(value, &replay->sweep_max))
                return command_usage("replay", "--sweep takes a number, not", value);
        } else if (command_option(argc, argv, &i, "--refuse", &value) ||
                   command_option(argc, argv, &i, "--refuse-on", &value)) {
            replay->options.plan.refuse_on = strcmp(argv[i - 1], "--refuse-on") == 0;
            if (!parse_number(value, &replay->options.plan.refuse_request))
                return command_usage("replay", "--refuse takes the number of a request, not",
                                     value);
        } else if (strcmp(argv[i], "--costs") == 0) {
            replay->costs = true;
        } else if (strcmp(argv[i], "--timing") == 0) {
            replay->timing = true;
        } else if (command_option(argc, argv, &i, "--check", &value)) {
            if (!session_check_parse(value, &replay->options.plan.check))
                return command_usage(
                    "replay", "--check takes step, full, both, local, shadow or none, not", value);
        } else if (command_option(argc, argv, &i, "--policy", &value)) {
            replay->options.policy_given = true;
            if (!parse_policy(value, &replay->options.policy))
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

static int summary(const struct replay *replay)
{
    if (replay->costs)
        costs_print(replay);
    if (replay->sweep_max != 0)
        (void)fprintf(stderr, "%llu runs with a frame request refused\n",
                      (unsigned long long)replay->sweep_count);
    (void)fflush(stdout);
    (void)fprintf(stderr,
                  "%u inputs on the %s: %u ok, %u violations, %u unreadable; %llu operations, "
                  "%.0f a second, peak memory %ld MiB\n",
                  replay->input_count, host_port_name,
                  replay->input_count - replay->violation_count, replay->violation_count,
                  replay->error_count, (unsigned long long)replay->operation_count,
                  replay->seconds > 0 ? (double)replay->operation_count / replay->seconds : 0.0,
                  peak_memory_kib() / 1024);
    if (replay->error_count > 0)
        return EXIT_INPUT;
    return replay->violation_count > 0 ? EXIT_VIOLATION : EXIT_OK;
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
    if (status == EXIT_OK) {
        for (uint32_t i = 0; i < files.count; i++)
            replay_file(&replay, files.paths[i]);
        status = summary(&replay);
    }
    file_list_free(&files);
    return status;
}
