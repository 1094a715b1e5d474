#include "fuzz/tool/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/host.h"

/* How long an operation takes with each of the checks, roughly, against one without, and how many
 * operations the beginning and the end of a run are worth; only for foretelling the time left. */
#define RUN_OPERATIONS 200.0
static const double weights[SESSION_CHECK_COUNT] = {
    [SESSION_CHECK_STEP] = 3,  [SESSION_CHECK_BOTH] = 4,   [SESSION_CHECK_FULL] = 3,
    [SESSION_CHECK_LOCAL] = 2, [SESSION_CHECK_SHADOW] = 1, [SESSION_CHECK_NONE] = 1,
};

static struct {
    double expected; /* operations by their weights; 0: nothing was announced */
    double done;
    double started; /* seconds; 0: not yet */
    double shown;
} progress;

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    interrupted = signal_number;
}

void bench_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int bench_interrupted(void)
{
    return (int)interrupted;
}

static double clock_seconds(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct bench_seconds seconds_now(void)
{
    return (struct bench_seconds){clock_seconds(CLOCK_PROCESS_CPUTIME_ID),
                                  clock_seconds(CLOCK_MONOTONIC)};
}

/* How often a set is run for one measurement. */
static uint32_t passes(const struct bench_set *set)
{
    if (set->operation_count == 0)
        return 0;
    uint64_t count = (BENCH_OPERATIONS_MIN + set->operation_count - 1u) / set->operation_count;
    return (uint32_t)count;
}

static double pass_weight(const struct bench_variant *variant)
{
    return ((double)variant->set->operation_count + RUN_OPERATIONS * variant->set->input_count) *
           weights[variant->check];
}

void bench_expect(const struct bench_variant *variants, uint32_t variant_count,
                  uint32_t round_count)
{
    for (uint32_t v = 0; v < variant_count; v++)
        progress.expected +=
            pass_weight(&variants[v]) * (1.0 + (double)passes(variants[v].set) * round_count);
}

static void progress_show(double weight_done)
{
    double now = clock_seconds(CLOCK_MONOTONIC);
    bool terminal = isatty(STDERR_FILENO) == 1;
    progress.done += weight_done;
    if (progress.expected <= 0 || now - progress.shown < (terminal ? 0.2 : 10.0))
        return;
    progress.shown = now;
    double left = (now - progress.started) * (progress.expected / progress.done - 1.0);
    (void)fprintf(stderr, "%s  measuring: %.0f %%, about %.0f s left%s", terminal ? "\r\033[K" : "",
                  100.0 * progress.done / progress.expected, left, terminal ? "" : "\n");
}

static void progress_begin(void)
{
    if (progress.started > 0)
        return;
    progress.started = clock_seconds(CLOCK_MONOTONIC);
    progress.shown = progress.started;
}

static void progress_clear(void)
{
    if (isatty(STDERR_FILENO) == 1)
        (void)fputs("\r\033[K", stderr);
}

static enum bench_result violated(const struct verdict *verdict, struct line *error)
{
    struct line line;
    violation_line(&verdict->violation, &line);
    line_clear(error);
    line_text(error, line.text);
    line_text(error, ", at operation ");
    line_decimal(error, verdict->operation);
    return BENCH_VIOLATION;
}

/* Runs all of a set once. */
static enum bench_result pass(const struct bench_variant *variant, struct line *error)
{
    struct verdict verdict;
    for (uint32_t i = 0; i < variant->set->input_count; i++) {
        const struct bench_input *input = &variant->set->inputs[i];
        const struct host_options options = {.plan = {.check = variant->check, .brief_end = true}};
        const char *why = host_run_with(input->data, input->size_bytes, &options, &verdict);
        if (why != NULL) {
            line_clear(error);
            line_text(error, why);
            return BENCH_REFUSED;
        }
        if (!verdict.ok)
            return violated(&verdict, error);
        if (interrupted != 0)
            return BENCH_INTERRUPTED;
    }
    return BENCH_OK;
}

static enum bench_result measure(struct bench_variant *variant, uint32_t round, struct line *error)
{
    static const uint8_t nothing[1];
    struct verdict verdict;
    enum bench_result result = BENCH_OK;
    uint32_t count = passes(variant->set);
    variant->rounds[round] = (struct bench_seconds){0};
    if (count == 0)
        return BENCH_OK;
    /* A run begins by clearing up what the last one has left; an empty one takes that over. */
    (void)host_run(nothing, 0, SESSION_CHECK_NONE, &verdict);
    struct bench_seconds start = seconds_now();
    for (uint32_t i = 0; result == BENCH_OK && i < count; i++)
        result = pass(variant, error);
    struct bench_seconds end = seconds_now();
    variant->rounds[round] = (struct bench_seconds){
        .cpu = (end.cpu - start.cpu) / count,
        .wall = (end.wall - start.wall) / count,
    };
    progress_show(pass_weight(variant) * count);
    return result;
}

enum bench_result bench_measure(struct bench_variant *variants, uint32_t variant_count,
                                uint32_t round_count, uint32_t *rounds_done, struct line *error)
{
    enum bench_result result = BENCH_OK;
    *rounds_done = 0;
    progress_begin();
    /* The round that does not count: it makes the machine as large as needed, and touches all. */
    for (uint32_t v = 0; result == BENCH_OK && v < variant_count; v++) {
        result = pass(&variants[v], error);
        progress_show(pass_weight(&variants[v]));
    }
    for (uint32_t round = 0; result == BENCH_OK && round < round_count; round++) {
        for (uint32_t v = 0; result == BENCH_OK && v < variant_count; v++) {
            /* Every other round goes backwards: where the machine gets slower and slower, no
             * variant is always the one before the other. */
            uint32_t turn = round % 2u == 0 ? v : variant_count - 1u - v;
            result = measure(&variants[turn], round, error);
        }
        *rounds_done += result == BENCH_OK;
    }
    progress_clear();
    return result;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

struct bench_figure bench_figure_of(const double *values, uint32_t count)
{
    double sorted[BENCH_ROUNDS_MAX] = {0};
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, count, sizeof(sorted[0]), compare);
    return (struct bench_figure){
        .median = (sorted[(count - 1u) / 2u] + sorted[count / 2u]) / 2.0,
        .least = sorted[0],
        .greatest = sorted[count - 1u],
    };
}
