/* Runs inputs for `kheap replay'. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fuzz/file.h"
#include "fuzz/pack.h"
#include "fuzz/tool/replay.h"

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
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

/* Runs the input with each of its frame requests refused, once, and from then on. */
static void sweep(struct replay *replay, const char *name, const uint8_t *data, uint32_t size_bytes,
                  uint32_t request_count)
{
    struct host_options options = replay->options;
    uint32_t count = request_count < replay->sweep_max ? request_count : replay->sweep_max;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t on = 0; on < 2u; on++) {
            struct verdict verdict;
            char full_name[128];
            uint32_t k = (uint32_t)((uint64_t)i * request_count / count) + 1u;
            options.plan.refuse_request = k;
            options.plan.refuse_on = on != 0;
            options.plan.observe = NULL;
            if (host_run_with(data, size_bytes, &options, &verdict) != NULL)
                return;
            replay->sweep_count++;
            if (verdict.ok)
                continue;
            (void)snprintf(full_name, sizeof(full_name), "%s --refuse%s %u", name,
                           on != 0 ? "-on" : "", k);
            replay_report_start(replay, full_name);
            replay_report_input(replay, full_name, &verdict);
            return;
        }
    }
}

static void observe(void *observer, const struct session_result *result)
{
    replay_report_result(observer, result);
}

static void replay_input(struct replay *replay, const char *name, const uint8_t *data,
                         uint32_t size_bytes)
{
    struct verdict verdict;
    if (replay->trace) {
        replay->options.plan.observe = observe;
        replay->options.plan.observer = replay;
    }
    replay_report_start(replay, name);
    double start = now_seconds();
    const char *error = host_run_with(data, size_bytes, &replay->options, &verdict);
    double seconds = now_seconds() - start;
    if (error != NULL) {
        replay_report_error(replay, name, error);
        return;
    }
    if (replay->costs)
        costs_keep(replay, name);
    replay->input_count++;
    replay->operation_count += verdict.operation_count;
    replay->seconds += seconds;
    replay_report_input(replay, name, &verdict);
    if (replay->sweep_max != 0 && verdict.ok && !trace_recognise(data, size_bytes))
        sweep(replay, name, data, size_bytes, verdict.frame_requests);
    if (replay->timing)
        (void)fprintf(stderr, "  %s: %.0f operations a second, peak memory %ld MiB\n", name,
                      (double)verdict.operation_count / seconds, replay_peak_memory_kib() / 1024);
}

void replay_file(struct replay *replay, const char *path)
{
    struct file file;
    struct line error;
    struct pack pack;
    struct pack_input input;
    if (!file_read_input(path, &file, &error)) {
        replay_report_start(replay, path);
        replay_report_error(replay, NULL, error.text);
        return;
    }
    if (!pack_recognise(file.data, file.size_bytes)) {
        replay_input(replay, file_name(path), file.data, file.size_bytes);
    } else {
        const char *why = pack_open(&pack, file.data, file.size_bytes);
        if (why != NULL) {
            replay_report_start(replay, path);
            replay_report_error(replay, path, why);
        }
        while (why == NULL && pack_next(&pack, &input))
            replay_input(replay, input.name, input.data, input.size_bytes);
    }
    file_free(&file);
}
