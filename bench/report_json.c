#include "bench/report.h"

/* Names come from file names and from the machine; the few characters that JSON reserves become
 * spaces or are escaped. */
static void string(const char *text, FILE *out)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    (void)fputc('"', out);
}

static void member(const char *key, const char *value, FILE *out)
{
    string(key, out);
    (void)fputs(": ", out);
    string(value, out);
}

static void figures(const struct result *result, FILE *out)
{
    (void)fputs("\"figures\": {", out);
    for (uint32_t i = 0; i < result->figure_count; i++) {
        const struct figure *figure = &result->figures[i];
        (void)fputs(i != 0 ? ",\n      " : "\n      ", out);
        string(figure->name, out);
        (void)fprintf(out, ": {\"median\": %.10g, \"min\": %.10g, \"max\": %.10g, \"runs\": %u}",
                      figure_median(figure), figure_least(figure), figure_greatest(figure),
                      figure->count);
    }
    (void)fputs("\n    }", out);
}

static void ratios(const struct report *report, const struct result *result, FILE *out)
{
    static const char name[] = "time.cpu_ns";
    const struct figure *time = report_figure(result, name);
    const struct {
        const char *key;
        const struct figure *base;
    } bases[] = {
        {"bump", report_figure(report_result(report, result->arch, "bump", result->load), name)},
        {"glibc", report_figure(report_result(report, result->arch, "glibc", result->load), name)},
        {"fastest", report_best(report, result->arch, result->load, name)},
    };
    const char *separator = "";
    (void)fputs("\"time_ratio_to\": {", out);
    for (uint32_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        double ratio = figure_ratio(time, bases[i].base);
        if (ratio < 0)
            continue;
        (void)fprintf(out, "%s\"%s\": %.4f", separator, bases[i].key, ratio);
        separator = ", ";
    }
    (void)fputs("}", out);
}

static void timelines(const struct result *result, FILE *out)
{
    for (uint32_t i = 0; i < result->timeline_count; i++) {
        const struct timeline *line = &result->timelines[i];
        (void)fputs(",\n    ", out);
        string(line->name, out);
        (void)fputs(": [", out);
        for (uint32_t j = 0; j < line->count; j++)
            (void)fprintf(out, "%s[%.0f, %.0f, %.0f]", j != 0 ? ", " : "", line->points[j].op,
                          line->points[j].live_bytes, line->points[j].held);
        (void)fputs("]", out);
    }
}

void report_json(const struct report *report, FILE *out)
{
    (void)fputs("{\n", out);
    for (uint32_t i = 0; i < report->fact_count; i++) {
        (void)fputs("  ", out);
        member(report->facts[i].key, report->facts[i].value, out);
        (void)fputs(",\n", out);
    }
    (void)fputs("  \"results\": [", out);
    for (uint32_t i = 0; i < report->result_count; i++) {
        const struct result *result = &report->results[i];
        (void)fputs(i != 0 ? ", {\n    " : "{\n    ", out);
        member("arch", result->arch, out);
        (void)fputs(", ", out);
        member("heap", result->heap, out);
        (void)fputs(", ", out);
        member("load", result->load, out);
        (void)fputs(",\n    ", out);
        ratios(report, result, out);
        (void)fputs(",\n    ", out);
        figures(result, out);
        timelines(result, out);
        (void)fputs("\n  }", out);
    }
    (void)fputs("]\n}\n", out);
}
