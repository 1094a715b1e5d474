/* Tables for people: heaps down, loads across. */
#include <math.h>
#include <string.h>

#include "bench/report.h"

#define CELL_MAX 32u

struct table {
    const char *title;
    const char *unit;
    /* Writes a cell. An empty one becomes a dash; a row of nothing but these is left out. */
    void (*cell)(const struct report *report, const struct table *table,
                 const struct result *result, char *text);
    const char *figure;
    const char *base; /* a heap, or "" for the best: cells are ratios to it */
    bool brief;       /* patterns are left out, unless all tables are asked for */
};

static int digits(double value)
{
    return value < 100 ? 1 : 0;
}

static bool any_marked;

/* A tilde marks what was not measured to its end. */
static const char *mark(const struct result *result, const char *figure)
{
    char share[CELL_MAX * 2];
    const char *dot = strchr(figure, '.');
    (void)snprintf(share, sizeof share, "%.*s.share", (int)(dot - figure), figure);
    const struct figure *done = report_figure(result, share);
    bool marked = done != NULL && figure_least(done) < 1;
    any_marked = any_marked || marked;
    return marked ? "~" : "";
}

static void plain(const struct report *report, const struct table *table,
                  const struct result *result, char *text)
{
    const struct figure *figure = report_figure(result, table->figure);
    (void)report;
    if (figure == NULL)
        return;
    double value = figure_median(figure);
    bool ratio = strstr(table->figure, "ratio") != NULL;
    (void)snprintf(text, CELL_MAX, "%s%.*f", mark(result, table->figure),
                   ratio ? 3 : (value == floor(value) ? 0 : digits(value)), value);
}

static void relative(const struct report *report, const struct table *table,
                     const struct result *result, char *text)
{
    const struct figure *base =
        table->base[0] == '\0'
            ? report_best(report, result->arch, result->load, table->figure)
            : report_figure(report_result(report, result->arch, table->base, result->load),
                            table->figure);
    double ratio = figure_ratio(report_figure(result, table->figure), base);
    if (ratio >= 0)
        (void)snprintf(text, CELL_MAX, "%s%.2f", mark(result, table->figure), ratio);
}

/* How far the runs lie apart, in percent of their median. */
static void spread(const struct report *report, const struct table *table,
                   const struct result *result, char *text)
{
    const struct figure *figure = report_figure(result, table->figure);
    (void)report;
    if (figure != NULL && figure->count > 1u)
        (void)snprintf(text, CELL_MAX, "%.0f..%.0f",
                       100 * figure_least(figure) / figure_median(figure) - 100,
                       100 * figure_greatest(figure) / figure_median(figure) - 100);
}

/* The medians of three figures, named PREFIX and a suffix each. Returns false if one is missing. */
static bool medians(const struct result *result, const char *prefix, const char *const suffixes[3],
                    double values[3])
{
    for (uint32_t i = 0; i < 3u; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s_%s", prefix, suffixes[i]);
        const struct figure *figure = report_figure(result, name);
        if (figure == NULL)
            return false;
        values[i] = figure_median(figure);
    }
    return true;
}

/* Median / 99.9 % / worst of a call. */
static void tail(const struct report *report, const struct table *table,
                 const struct result *result, char *text)
{
    static const char *const points[] = {"p50_ns", "p999_ns", "worst_ns"};
    double values[3];
    (void)report;
    if (!medians(result, table->figure, points, values))
        return;
    (void)snprintf(text, CELL_MAX, "%s%.0f/%.0f/%.0f", mark(result, table->figure), values[0],
                   values[1], values[2]);
}

/* Loads + stores on average, and the most of one call. */
static void accesses(const struct report *report, const struct table *table,
                     const struct result *result, char *text)
{
    static const char *const parts[] = {"loads", "stores", "worst"};
    double values[3];
    (void)report;
    if (!medians(result, table->figure, parts, values))
        return;
    (void)snprintf(text, CELL_MAX, "%s%.1f+%.1f/%.0f", mark(result, table->figure), values[0],
                   values[1], values[2]);
}

/* On average, and the most of one call. */
static void instructions(const struct report *report, const struct table *table,
                         const struct result *result, char *text)
{
    char name[64];
    (void)report;
    (void)snprintf(name, sizeof name, "%s_mean", table->figure);
    const struct figure *mean = report_figure(result, name);
    (void)snprintf(name, sizeof name, "%s_worst", table->figure);
    const struct figure *worst = report_figure(result, name);
    if (mean != NULL && worst != NULL)
        (void)snprintf(text, CELL_MAX, "%s%.0f/%.0f", mark(result, table->figure),
                       figure_median(mean), figure_median(worst));
}

static const struct table tables[] = {
    {"time", "ns an operation, median", plain, "time.cpu_ns", NULL, false},
    {"", "the runs apart from the median, in percent", spread, "time.cpu_ns", NULL, true},
    {"", "against glibc", relative, "time.cpu_ns", "glibc", true},
    {"", "against the fastest", relative, "time.cpu_ns", "", false},
    {"", "against bump, which never frees", relative, "time.cpu_ns", "bump", true},
    {"time from an empty heap", "ns an operation, median, getting memory included", plain,
     "time.first_cpu_ns", NULL, true},
    {"latency of an allocation", "ns: median/99.9 %/worst", tail, "latency.alloc", NULL, true},
    {"latency of a free", "ns: median/99.9 %/worst", tail, "latency.free", NULL, true},
    {"footprint", "pages held at the peak / live bytes", plain, "footprint.held_ratio", NULL,
     false},
    {"", "addresses spanned / peak of live bytes", plain, "footprint.span_ratio", NULL, true},
    {"pages", "mapped", plain, "footprint.mapped", NULL, true},
    {"", "unmapped", plain, "footprint.unmapped", NULL, true},
    {"reclaim", "pages held / live bytes at worst, once all was given back", plain,
     "reclaim.worst_ratio", NULL, true},
    {"", "the longest slice, ns", plain, "reclaim.slice_worst_ns", NULL, true},
    {"", "the longest slice, metadata accesses", plain, "reclaim.slice_worst_accesses", NULL, true},
    {"metadata accesses of an allocation", "loads+stores/most of one call; without paging",
     accesses, "cost.alloc", NULL, true},
    {"metadata accesses of a free", "loads+stores/most of one call", accesses, "cost.free", NULL,
     true},
    {"instructions of an allocation", "mean/most of one call", instructions, "guest.alloc", NULL,
     false},
    {"instructions of a free", "mean/most of one call", instructions, "guest.free", NULL, false},
    {"instructions of a resize", "mean/most of one call", instructions, "guest.resize", NULL,
     false},
};

/* The cells of one row; returns true if any has something in it. */
static bool fill_row(const struct report *report, const struct table *table, const char *arch,
                     const char *heap, const struct names *loads, char cells[][CELL_MAX])
{
    bool any = false;
    for (uint32_t i = 0; i < loads->count; i++) {
        const struct result *result = report_result(report, arch, heap, loads->at[i]);
        cells[i][0] = '\0';
        if (result != NULL)
            table->cell(report, table, result, cells[i]);
        any = any || cells[i][0] != '\0';
    }
    return any;
}

static void print_table(const struct report *report, const struct table *table, const char *arch,
                        const struct names *loads, const char **title, FILE *out)
{
    static char cells[NAMES_MAX][NAMES_MAX][CELL_MAX];
    int widths[NAMES_MAX];
    bool rows[NAMES_MAX];
    bool any = false;
    bool columns[NAMES_MAX] = {false};
    for (uint32_t i = 0; i < report->heaps.count; i++) {
        rows[i] = fill_row(report, table, arch, report->heaps.at[i], loads, cells[i]);
        any = any || rows[i];
    }
    if (!any)
        return;
    for (uint32_t i = 0; i < loads->count; i++) {
        for (uint32_t j = 0; j < report->heaps.count; j++)
            columns[i] = columns[i] || (rows[j] && cells[j][i][0] != '\0');
        widths[i] = (int)strlen(load_name(loads->at[i]));
        for (uint32_t j = 0; j < report->heaps.count; j++)
            if (rows[j] && (int)strlen(cells[j][i]) > widths[i])
                widths[i] = (int)strlen(cells[j][i]);
    }
    if (*title != NULL)
        (void)fprintf(out, "\n%s, %s\n", arch, *title);
    *title = NULL;
    (void)fprintf(out, "  %s\n  %-22s", table->unit, "");
    for (uint32_t i = 0; i < loads->count; i++)
        if (columns[i])
            (void)fprintf(out, "  %*s", widths[i], load_name(loads->at[i]));
    (void)fputc('\n', out);
    for (uint32_t j = 0; j < report->heaps.count; j++) {
        if (!rows[j])
            continue;
        (void)fprintf(out, "    %-20s", report->heaps.at[j]);
        for (uint32_t i = 0; i < loads->count; i++)
            if (columns[i])
                (void)fprintf(out, "  %*s", widths[i], cells[j][i][0] != '\0' ? cells[j][i] : "-");
        (void)fputc('\n', out);
    }
}

void report_tables(const struct report *report, bool all, FILE *out)
{
    for (uint32_t a = 0; a < report->archs.count; a++) {
        const char *title = NULL;
        for (uint32_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
            if (tables[t].title[0] != '\0')
                title = tables[t].title;
            for (uint32_t g = 0; g < report->groups.count; g++) {
                if (tables[t].brief && !all && strcmp(report->groups.at[g], "pattern") == 0)
                    continue;
                struct names loads = {.count = 0};
                for (uint32_t i = 0; i < report->loads.count; i++)
                    if (load_in_group(report->loads.at[i], report->groups.at[g]))
                        loads.at[loads.count++] = report->loads.at[i];
                print_table(report, &tables[t], report->archs.at[a], &loads, &title, out);
            }
        }
    }
    if (any_marked)
        (void)fputs(
            "\n~ ended early, by the limit of time: the figures are those of the load's first "
            "part\n",
            out);
}
