#include "fuzz/tool/bench_report.h"

#include "fuzz/host.h"

const enum session_check bench_checks[BENCH_CHECKS] = {
    SESSION_CHECK_NONE,
    SESSION_CHECK_STEP,
    SESSION_CHECK_FULL,
    SESSION_CHECK_BOTH,
};

static struct bench_figure ratio(const struct bench_cost *over, const struct bench_cost *under,
                                 uint32_t round_count)
{
    double ratios[BENCH_ROUNDS_MAX];
    for (uint32_t round = 0; round < round_count; round++)
        ratios[round] = over->cpu_ns[round] / under->cpu_ns[round];
    return bench_figure_of(ratios, round_count);
}

struct bench_figure bench_times_none(const struct bench_row *row, enum session_check check)
{
    return ratio(&row->costs[check], &row->costs[SESSION_CHECK_NONE], row->round_count);
}

/* A figure with its spread: "3.02 (2.95-3.10)". */
struct figure_text {
    char text[64];
};

static struct figure_text figure_text(struct bench_figure figure, int decimals)
{
    struct figure_text text;
    (void)snprintf(text.text, sizeof(text.text), "%.*f (%.*f-%.*f)", decimals, figure.median,
                   decimals, figure.least, decimals, figure.greatest);
    return text;
}

static void print_cost(const struct bench_row *row, enum session_check check)
{
    const struct bench_cost *cost = &row->costs[check];
    struct bench_figure cpu = bench_figure_of(cost->cpu_ns, row->round_count);
    struct bench_figure wall = bench_figure_of(cost->wall_ns, row->round_count);
    struct figure_text times_none = {""};
    if (check != SESSION_CHECK_NONE)
        times_none = figure_text(bench_times_none(row, check), 2);
    printf("%-5s  %-20s  %-16s  %7.0f  %10.0f", session_check_word(check), figure_text(cpu, 0).text,
           times_none.text, wall.median, 1e9 / cpu.median);
    if (row->kind == BENCH_INPUTS)
        printf("  %8.0f", 1e9 / cpu.median * row->input_count / (double)row->operation_count);
    puts("");
}

static void print_row(const struct bench_row *row)
{
    bool first = true;
    for (uint32_t i = 0; i < BENCH_CHECKS; i++) {
        if (!row->costs[bench_checks[i]].measured)
            continue;
        if (first)
            printf("%-20s %9llu  ", row->name, (unsigned long long)row->operation_count);
        else
            printf("%-20s %9s  ", "", "");
        print_cost(row, bench_checks[i]);
        first = false;
    }
}

struct bench_figure bench_growth(const struct bench_report *report, enum session_check check)
{
    return ratio(&report->growth_to->costs[check], &report->growth_from->costs[check],
                 report->growth_to->round_count);
}

static void print_growth(const struct bench_report *report)
{
    static const enum session_check checks[] = {SESSION_CHECK_NONE, SESSION_CHECK_STEP};
    printf("\nfrom %u to %u live objects, the CPU time of an operation is multiplied by\n",
           report->growth_from->object_count, report->growth_to->object_count);
    for (uint32_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct figure_text text = figure_text(bench_growth(report, checks[i]), 2);
        printf("  %-5s  %s\n", session_check_word(checks[i]), text.text);
    }
}

void bench_table(const struct bench_report *report)
{
    printf("median (least-greatest) of %s%u rounds on the %s; CPU time of the process, except for "
           "wall\n\n",
           report->complete ? "" : "up to ", report->round_count, host_port_name);
    printf("%-20s %9s  %-5s  %-20s  %-16s  %7s  %10s  %8s\n", "", "", "", "ns an operation", "",
           "wall", "operations", "runs");
    printf("%-20s %9s  %-5s  %-20s  %-16s  %7s  %10s  %8s\n", "load", "operations", "check",
           "of CPU time", "times none", "ns", "a second", "a second");
    for (uint32_t i = 0; i < report->row_count; i++)
        if (report->rows[i].round_count > 0)
            print_row(&report->rows[i]);
    if (report->growth_from != NULL)
        print_growth(report);
}

static bool bar(const char *what, double found, double limit)
{
    /* Written so that a figure that is no number does not hold. */
    bool holds = found <= limit;
    printf("%s  %.2f, at most %.2f: %s\n", holds ? "PASS" : "FAIL", found, limit, what);
    return holds;
}

bool bench_bars(const struct bench_report *report, const struct bench_limits *limits)
{
    bool hold = true;
    char what[160];
    puts("");
    for (uint32_t i = 0; i < report->row_count; i++) {
        const struct bench_row *row = &report->rows[i];
        if (row->kind != BENCH_TRACE || row->round_count == 0)
            continue;
        (void)snprintf(what, sizeof(what), "%s with step, times none", row->name);
        hold &= bar(what, bench_times_none(row, SESSION_CHECK_STEP).median, limits->ratio);
    }
    if (report->growth_from == NULL)
        return hold;
    (void)snprintf(what, sizeof(what),
                   "growth with step from %u to %u live objects (with none %.2f)",
                   report->growth_from->object_count, report->growth_to->object_count,
                   bench_growth(report, SESSION_CHECK_NONE).median);
    return bar(what, bench_growth(report, SESSION_CHECK_STEP).median, limits->growth) && hold;
}
