/* bench-guest: what the kernel printed about its latencies, from standard input, as a table; with
 * --json and --plot as files too. ci/bench-guest calls it. */
#include "bench/guest.h"

#include <string.h>

static void print_table(const struct guest_report *report)
{
    printf("%-6s %-8s %7s %7s %8s %7s %7s %7s\n", "heap", "call", "bytes", "calls", "refused",
           "p50", "p99", "worst");
    for (uint32_t i = 0; i < report->row_count; i++) {
        const struct guest_row *row = &report->rows[i];
        printf("%-6s %-8s %7u %7u %8u", row->state, row->call, row->size_bytes, row->calls,
               row->refused);
        if (row->calls != 0)
            printf(" %7u %7u %7u\n", row->p50, row->p99, row->worst);
        else
            printf(" %7s %7s %7s\n", "-", "-", "-");
    }
    printf("%s a call\n", report->unit);
}

static void write_json(const struct guest_report *report, FILE *out)
{
    (void)fprintf(out, "{\"tool\": \"bench-guest\", \"unit\": \"%s\",\n \"rows\": [", report->unit);
    for (uint32_t i = 0; i < report->row_count; i++) {
        const struct guest_row *row = &report->rows[i];
        (void)fprintf(out,
                      "%s\n  {\"heap\": \"%s\", \"call\": \"%s\", \"bytes\": %u, \"calls\": %u, "
                      "\"refused\": %u",
                      i == 0 ? "" : ",", row->state, row->call, row->size_bytes, row->calls,
                      row->refused);
        if (row->calls != 0)
            (void)fprintf(out, ", \"p50\": %u, \"p99\": %u, \"worst\": %u", row->p50, row->p99,
                          row->worst);
        (void)fputs(", \"histogram\": [", out);
        for (uint32_t j = 0; j < row->bucket_count; j++)
            (void)fprintf(out, "%s[%u, %u, %u]", j == 0 ? "" : ", ", row->buckets[j].from,
                          row->buckets[j].to, row->buckets[j].count);
        (void)fputs("]}", out);
    }
    (void)fputs("]}\n", out);
}

static bool write_file(const char *path, const struct guest_report *report,
                       void (*write)(const struct guest_report *report, FILE *out))
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        return false;
    }
    write(report, out);
    bool ok = ferror(out) == 0;
    ok = fclose(out) == 0 && ok;
    if (!ok)
        perror(path);
    return ok;
}

int main(int argc, char **argv)
{
    static struct guest_report report;
    const char *json = NULL;
    const char *svg = NULL;
    const char *unit = "ticks";
    const char *why;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--json") == 0)
            json = argv[i + 1];
        else if (strcmp(argv[i], "--plot") == 0)
            svg = argv[i + 1];
        else if (strcmp(argv[i], "--unit") == 0)
            unit = argv[i + 1];
        else
            argc = 0;
    }
    if (argc % 2 != 1) {
        (void)fputs("usage: bench-guest [--unit WORD] [--json FILE] [--plot FILE] < LINES\n",
                    stderr);
        return 2;
    }
    if (!guest_read(stdin, &report, &why)) {
        (void)fprintf(stderr, "bench-guest: %s\n", why);
        return 3;
    }
    report.unit = unit;
    print_table(&report);
    if (json != NULL && !write_file(json, &report, write_json))
        return 3;
    return svg == NULL || write_file(svg, &report, guest_plot) ? 0 : 3;
}
