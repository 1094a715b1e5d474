#include "fuzz/host.h"
#include "fuzz/tool/bench_report.h"

static void json_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20u)
            (void)fprintf(out, "\\u%04x", (unsigned)*c);
        else
            (void)fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    }
    (void)fputc('"', out);
}

static void json_figure(FILE *out, const char *key, struct bench_figure figure)
{
    (void)fprintf(out, "\"%s\": {\"median\": %.4f, \"least\": %.4f, \"greatest\": %.4f}", key,
                  figure.median, figure.least, figure.greatest);
}

static void json_cost(FILE *out, const struct bench_row *row, enum session_check check)
{
    const struct bench_cost *cost = &row->costs[check];
    double per_second = 1e9 / bench_figure_of(cost->cpu_ns, row->round_count).median;
    (void)fprintf(out, ",\n     \"%s\": {", session_check_word(check));
    json_figure(out, "cpu_ns_per_operation", bench_figure_of(cost->cpu_ns, row->round_count));
    (void)fputs(",\n       ", out);
    json_figure(out, "wall_ns_per_operation", bench_figure_of(cost->wall_ns, row->round_count));
    (void)fprintf(out, ",\n       \"operations_per_cpu_second\": %.0f", per_second);
    if (row->kind == BENCH_INPUTS)
        (void)fprintf(out, ", \"executions_per_cpu_second\": %.0f",
                      per_second * row->input_count / (double)row->operation_count);
    if (check != SESSION_CHECK_NONE) {
        (void)fputs(",\n       ", out);
        json_figure(out, "times_none", bench_times_none(row, check));
    }
    (void)fputc('}', out);
}

static void json_row(FILE *out, const struct bench_row *row)
{
    (void)fputs("{\"name\": ", out);
    json_string(out, row->name);
    if (row->kind == BENCH_LIVE)
        (void)fprintf(out, ", \"objects\": %u", row->object_count);
    if (row->kind == BENCH_INPUTS)
        (void)fprintf(out, ", \"inputs\": %u", row->input_count);
    (void)fprintf(out, ", \"operations\": %llu, \"rounds\": %u",
                  (unsigned long long)row->operation_count, row->round_count);
    for (uint32_t i = 0; i < BENCH_CHECKS; i++)
        if (row->costs[bench_checks[i]].measured)
            json_cost(out, row, bench_checks[i]);
    (void)fputc('}', out);
}

static void json_rows(FILE *out, const struct bench_report *report, const char *key,
                      enum bench_kind kind)
{
    const char *separator = "\n    ";
    (void)fprintf(out, "  \"%s\": [", key);
    for (uint32_t i = 0; i < report->row_count; i++)
        if (report->rows[i].kind == kind && report->rows[i].round_count > 0) {
            (void)fputs(separator, out);
            json_row(out, &report->rows[i]);
            separator = ",\n    ";
        }
    (void)fputs("],\n", out);
}

static void json_growth(FILE *out, const struct bench_report *report)
{
    const struct bench_row *from = report->growth_from;
    const struct bench_row *to = report->growth_to;
    if (from == NULL) {
        (void)fputs("  \"growth\": null\n", out);
        return;
    }
    (void)fprintf(out, "  \"growth\": {\"from\": %u, \"to\": %u,\n    ", from->object_count,
                  to->object_count);
    json_figure(out, "none", bench_growth(report, SESSION_CHECK_NONE));
    (void)fputs(",\n    ", out);
    json_figure(out, "step", bench_growth(report, SESSION_CHECK_STEP));
    (void)fputs("}\n", out);
}

void bench_json(const struct bench_report *report, FILE *out)
{
    (void)fprintf(out,
                  "{\n  \"port\": \"%s\",\n  \"clock\": \"CLOCK_PROCESS_CPUTIME_ID\",\n"
                  "  \"rounds\": %u,\n  \"complete\": %s,\n",
                  host_port_name, report->round_count, report->complete ? "true" : "false");
    json_rows(out, report, "traces", BENCH_TRACE);
    json_rows(out, report, "live", BENCH_LIVE);
    json_rows(out, report, "inputs", BENCH_INPUTS);
    json_growth(out, report);
    (void)fputs("}\n", out);
}
