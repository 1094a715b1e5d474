#include "fuzz/explore/explore_report.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/crash/trial.h"
#include "fuzz/op_line.h"
#include "fuzz/op_text.h"
#include "fuzz/tool/command.h"

static bool json_failed(const struct report *report)
{
    (void)fflush(stdout);
    perror(report->json_path);
    return false;
}

bool report_open(struct report *report, const char *path)
{
    *report = (struct report){.json_path = path};
    if (path == NULL)
        return true;
    report->json = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (report->json == NULL)
        return json_failed(report);
    (void)fputs("{\"tool\": \"kheap explore\", \"runs\": [", report->json);
    return true;
}

bool report_close(struct report *report)
{
    if (report->json == NULL)
        return true;
    (void)fputs("]}\n", report->json);
    bool written = ferror(report->json) == 0;
    written = (report->json == stdout ? fflush(stdout) : fclose(report->json)) == 0 && written;
    return written || json_failed(report);
}

static const char *policy_text(uint32_t policy)
{
    return policy == HEAP_BINS ? "bins" : "first-fit";
}

static double moves_a_second(const struct explore_result *result)
{
    return result->seconds > 0 ? (double)result->move_count / result->seconds : 0.0;
}

/* A string of JSON: names of files are the user's. */
static void json_string(FILE *json, const char *text)
{
    (void)fputc('"', json);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c < ' ')
            (void)fprintf(json, "\\u%04x", c);
        else
            (void)fputc(c, json);
    }
    (void)fputc('"', json);
}

static void json_violation(FILE *json, const struct explore_result *result,
                           const struct trial *trial, const char *output)
{
    struct line line;
    (void)fprintf(json, ", \"violation\": {\"rule\": \"%s\", \"file\": ", trial_rule(trial));
    json_string(json, output);
    (void)fputs(", \"operations\": [", json);
    for (uint32_t i = 0; i < result->op_count; i++) {
        line_clear(&line);
        op_line(&result->ops[i], &line);
        (void)fprintf(json, "%s\"%s\"", i == 0 ? "" : ", ", line.text);
    }
    (void)fputs("]}", json);
}

static void json_run(struct report *report, const struct explore_options *options,
                     const struct explore_run *run, const struct trial *trial, const char *output)
{
    const struct explore_result *result = &run->result;
    FILE *json = report->json;
    if (json == NULL)
        return;
    (void)fprintf(json,
                  "%s\n  {\"alphabet\": \"%s\", \"policy\": \"%s\", \"jobs\": %u, \"end\": \"%s\", "
                  "\"depth\": %u, \"states\": %llu, \"moves\": %llu, \"seconds\": %.3f, "
                  "\"moves_per_second\": %.0f, \"memory_bytes\": %llu",
                  report->run_count == 0 ? "" : ",", run->alphabet->name, policy_text(run->policy),
                  options->jobs, explore_end_text(result->end), result->depth,
                  (unsigned long long)result->state_count, (unsigned long long)result->move_count,
                  result->seconds, moves_a_second(result),
                  (unsigned long long)result->memory_bytes);
    if (options->verify)
        (void)fprintf(json, ", \"collisions\": %llu, \"not_verified\": %llu",
                      (unsigned long long)result->collisions,
                      (unsigned long long)result->not_verified);
    if (result->end == EXPLORE_VIOLATION)
        json_violation(json, result, trial, output);
    (void)fputs("}", json);
    report->run_count++;
}

static void print_run(FILE *out, const struct explore_options *options,
                      const struct explore_run *run)
{
    const struct explore_result *result = &run->result;
    (void)fprintf(out,
                  "%s %s: depth %u complete, %llu states, %llu moves in %.1f s (%.0f a second, "
                  "%u jobs), %llu MiB; ended by %s\n",
                  run->alphabet->name, policy_text(run->policy), result->depth,
                  (unsigned long long)result->state_count, (unsigned long long)result->move_count,
                  result->seconds, moves_a_second(result), options->jobs,
                  (unsigned long long)(result->memory_bytes >> 20), explore_end_text(result->end));
    if (options->verify)
        (void)fprintf(out, "  %llu pairs of states with one hash; %llu states not compared\n",
                      (unsigned long long)result->collisions,
                      (unsigned long long)result->not_verified);
}

static bool keep(const struct explore_run *run, const struct trial *trial, const char *output)
{
    const struct explore_result *result = &run->result;
    char comment[128];
    struct op_list ops = {.count = result->op_count};
    FILE *file = fopen(output, "w");
    (void)snprintf(comment, sizeof(comment), "breaks %s; found by kheap explore --alphabet %s",
                   trial_rule(trial), run->alphabet->name);
    bool written = file != NULL && op_list_reserve(&ops, result->op_count + 1u);
    if (written) {
        memcpy(ops.ops, result->ops, result->op_count * sizeof(struct op));
        ops.count = result->op_count;
        written = op_text_write(file, comment, &result->config, &ops);
    }
    if (file != NULL)
        written = fclose(file) == 0 && written;
    op_list_free(&ops);
    if (!written) {
        (void)fflush(stdout);
        perror(output);
    }
    return written;
}

static void print_violation(FILE *out, const struct explore_result *result,
                            const struct trial *trial, const char *output)
{
    struct line line;
    trial_line(trial, output, &line);
    (void)fprintf(out, "%s\n", line.text);
    trial_evidence(trial, &line);
    (void)fprintf(out, "  %s\n", line.text);
    for (uint32_t i = 0; i < result->op_count; i++) {
        line_clear(&line);
        op_line(&result->ops[i], &line);
        (void)fprintf(out, "    %s\n", line.text);
    }
    if (trial->end == TRIAL_OK)
        (void)fprintf(out, "  the explorer saw a rule broken after these operations, but a replay "
                           "does not: the harness is at fault\n");
}

/* Of several runs, what they are together. */
static void print_sum(FILE *out, const struct explore_run *runs, uint32_t run_count)
{
    uint64_t states = 0;
    uint64_t moves = 0;
    double seconds = 0;
    for (uint32_t i = 0; i < run_count; i++) {
        states += runs[i].result.state_count;
        moves += runs[i].result.move_count;
        seconds += runs[i].result.seconds;
    }
    (void)fprintf(out, "%u runs: %llu states, %llu moves in %.1f s (%.0f a second)\n", run_count,
                  (unsigned long long)states, (unsigned long long)moves, seconds,
                  seconds > 0 ? (double)moves / seconds : 0.0);
}

int report_runs(struct report *report, const struct explore_options *options,
                const struct explore_run *runs, uint32_t run_count, const char *output)
{
    struct trial trial = {0};
    /* Standard output belongs to the machines if they want it. */
    FILE *out = report->json == stdout ? stderr : stdout;
    const struct explore_run *broken = NULL;
    for (uint32_t i = 0; i < run_count; i++)
        if (runs[i].result.end == EXPLORE_VIOLATION)
            broken = &runs[i];
    if (broken != NULL &&
        !trial_run(&broken->result.config, broken->result.ops, broken->result.op_count, &trial)) {
        (void)fprintf(stderr, "kheap explore: no process to run the violation again\n");
        return EXIT_INPUT;
    }
    for (uint32_t i = 0; i < run_count; i++) {
        print_run(out, options, &runs[i]);
        json_run(report, options, &runs[i], &trial, output);
    }
    if (run_count > 1u)
        print_sum(out, runs, run_count);
    if (broken == NULL)
        return EXIT_OK;
    print_violation(out, &broken->result, &trial, output);
    return keep(broken, &trial, output) ? EXIT_VIOLATION : EXIT_INPUT;
}
