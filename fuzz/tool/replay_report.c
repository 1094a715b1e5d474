/* What `kheap replay' tells, as text and as JSON. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fuzz/file.h"
#include "fuzz/json.h"
#include "fuzz/op_line.h"
#include "fuzz/op_result.h"
#include "fuzz/tool/command.h"
#include "fuzz/tool/replay.h"

long replay_peak_memory_kib(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

bool replay_report_begin(struct replay *replay)
{
    struct line error;
    replay->out = stdout;
    if (replay->json_path == NULL)
        return true;
    if (strcmp(replay->json_path, "-") == 0)
        replay->out = stderr;
    if (!out_file_open(&replay->json, replay->json_path, &error))
        return false;
    (void)fprintf(
        replay->json.stream,
        "{\"tool\": \"kheap replay\", \"port\": \"%s\", \"check\": \"%s\",\n\"inputs\": [",
        host_port_name, session_check_word(replay->options.plan.check));
    return true;
}

void replay_report_start(struct replay *replay, const char *name)
{
    bool first = replay->json_separator == NULL;
    replay->json_separator = "\n  ";
    if (replay->json.stream == NULL)
        return;
    (void)fputs(first ? "\n{\"input\": " : ",\n{\"input\": ", replay->json.stream);
    json_text(replay->json.stream, name);
    if (replay->trace)
        (void)fputs(", \"trace\": [", replay->json.stream);
}

void replay_report_result(struct replay *replay, const struct session_result *result)
{
    struct line op;
    struct line line;
    if (!replay->quiet || result->violated) {
        line_clear(&op);
        op_line(result->op, &op);
        line_clear(&line);
        op_result_line(result, &line);
        (void)fprintf(replay->out, "%7u  %-28s %s\n", result->operation, op.text, line.text);
    }
    if (replay->json.stream == NULL)
        return;
    (void)fputs(replay->json_separator, replay->json.stream);
    op_result_json(result, replay->json.stream);
    replay->json_separator = ",\n  ";
}

/* The operation that was being run; none is, where the heap is not made yet. */
static bool operation_line(const struct verdict *verdict, struct line *line)
{
    line_clear(line);
    if (verdict->operation > verdict->operation_count)
        return false;
    op_line(host_operation(), line);
    return true;
}

static void print_violation(const struct replay *replay, const struct verdict *verdict)
{
    struct line line;
    violation_line(&verdict->violation, &line);
    (void)fprintf(replay->out, "  %s\n", line.text);
    if (operation_line(verdict, &line))
        (void)fprintf(replay->out, "  at operation %u: %s\n", verdict->operation, line.text);
}

static void json_violation(FILE *json, const struct verdict *verdict)
{
    const struct violation *violation = &verdict->violation;
    struct line line;
    (void)fprintf(json, ", \"rule\": \"%s\", \"operation\": %u", rule_id(violation->rule),
                  verdict->operation);
    if (operation_line(verdict, &line))
        (void)fprintf(json, ", \"text\": \"%s\"", line.text);
    violation_line(violation, &line);
    (void)fputs(", \"evidence\": ", json);
    json_text(json, line.text);
    (void)fprintf(json, ", \"at\": \"%08x\", \"expected\": \"%08x\", \"found\": \"%08x\"",
                  violation->at, violation->expected, violation->found);
}

void replay_report_input(struct replay *replay, const char *name, const struct verdict *verdict)
{
    struct line line;
    verdict_line(verdict, name, &line);
    if (!replay->quiet || !verdict->ok)
        (void)fprintf(replay->out, "%s\n", line.text);
    if (!verdict->ok) {
        replay->violation_count++;
        print_violation(replay, verdict);
    }
    if (replay->json.stream == NULL)
        return;
    (void)fprintf(replay->json.stream,
                  "%s, \"verdict\": \"%s\", \"operations\": %u, \"applied\": %u, "
                  "\"frame_requests\": %u, \"digest\": \"%016llx\"",
                  replay->trace ? "]" : "", verdict->ok ? "ok" : "violation",
                  verdict->operation_count, verdict->applied_count, verdict->frame_requests,
                  (unsigned long long)verdict->digest);
    if (!verdict->ok)
        json_violation(replay->json.stream, verdict);
    (void)fputc('}', replay->json.stream);
}

void replay_report_error(struct replay *replay, const char *name, const char *why)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", why);
    replay->error_count++;
    if (replay->json.stream == NULL)
        return;
    (void)fprintf(replay->json.stream,
                  "%s, \"verdict\": \"unreadable\", \"why\": ", replay->trace ? "]" : "");
    json_text(replay->json.stream, why);
    (void)fputc('}', replay->json.stream);
}

static void costs_print(const struct replay *replay)
{
    (void)fprintf(replay->out, "%-16s %9s %9s %6s  %s\n", "operation", "accesses", "bound", "share",
                  "where");
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++) {
        const struct session_worst *worst = &replay->worst[kind];
        if (worst->operation != 0)
            (void)fprintf(replay->out, "%-16s %9u %9u %5.0f%%  %s, operation %u\n",
                          op_word((enum op_kind)kind), worst->accesses, worst->bound,
                          100.0 * (double)worst->accesses / (double)worst->bound,
                          replay->worst_name[kind], worst->operation);
    }
    (void)fprintf(replay->out,
                  "%llu TLB flushes, %.4f an operation; %llu of them dropped nothing stale\n",
                  (unsigned long long)replay->counts.flushes,
                  (double)replay->counts.flushes / (double)replay->operation_count,
                  (unsigned long long)replay->counts.flushes_needless);
}

/* Completes the document and puts it where it belongs. */
static bool json_finish(struct replay *replay)
{
    struct line error;
    (void)fprintf(replay->json.stream,
                  "\n],\n\"summary\": {\"inputs\": %u, \"ok\": %u, \"violations\": %u, "
                  "\"unreadable\": %u, \"operations\": %llu, \"swept\": %llu}}\n",
                  replay->input_count, replay->input_count - replay->violation_count,
                  replay->violation_count, replay->error_count,
                  (unsigned long long)replay->operation_count,
                  (unsigned long long)replay->sweep_count);
    bool ok = out_file_close(&replay->json, &error);
    if (!ok)
        (void)fprintf(stderr, "%s\n", error.text);
    return ok;
}

int replay_report_end(struct replay *replay)
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
                  replay_peak_memory_kib() / 1024);
    bool written = replay->json.stream == NULL || json_finish(replay);
    if (replay->error_count > 0 || !written)
        return EXIT_INPUT;
    return replay->violation_count > 0 ? EXIT_VIOLATION : EXIT_OK;
}
