#include "fuzz/tool/bench_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/trace.h"

/* Adds an empty load with its row. Null if there is no memory for it. */
static struct bench_load *load_add(struct bench_plan *plan, enum bench_kind kind, const char *name)
{
    size_t count = plan->count + 1u;
    struct bench_load *loads = realloc(plan->loads, count * sizeof(*loads));
    if (loads == NULL)
        return NULL;
    plan->loads = loads;
    struct bench_row *rows = realloc(plan->rows, count * sizeof(*rows));
    if (rows == NULL)
        return NULL;
    plan->rows = rows;
    struct bench_row *row = &rows[plan->count];
    *row = (struct bench_row){.kind = kind};
    (void)snprintf(row->name, sizeof(row->name), "%s", name);
    loads[plan->count] = (struct bench_load){.set = {0}};
    return &loads[plan->count++];
}

static bool load_finish(struct bench_plan *plan, const char *name, struct line *error)
{
    const struct bench_load *load = &plan->loads[plan->count - 1u];
    struct bench_row *row = &plan->rows[plan->count - 1u];
    row->input_count = load->set.input_count;
    row->operation_count = load->set.operation_count - load->filled.operation_count;
    return row->operation_count > 0 || file_error(error, name, "holds no operation");
}

bool bench_plan_trace(struct bench_plan *plan, const char *path, struct line *error)
{
    struct bench_load *load = load_add(plan, BENCH_TRACE, file_name(path));
    if (load == NULL)
        return file_error(error, path, "not enough memory for it");
    return bench_set_read(&load->set, path, error) && load_finish(plan, path, error);
}

bool bench_plan_live(struct bench_plan *plan, uint32_t object_count, uint32_t operation_count,
                     struct line *error)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "%u live objects", object_count);
    struct bench_load *load = load_add(plan, BENCH_LIVE, name);
    if (load == NULL)
        return file_error(error, name, "not enough memory for it");
    plan->rows[plan->count - 1u].object_count = object_count;
    return bench_live_make(&load->filled, &load->set, object_count, operation_count, error) &&
           load_finish(plan, name, error);
}

bool bench_plan_inputs(struct bench_plan *plan, const char *directory, struct line *error)
{
    struct file_list files = {0};
    struct bench_load *load = load_add(plan, BENCH_INPUTS, directory);
    if (load == NULL)
        return file_error(error, directory, "not enough memory for it");
    struct bench_set *set = &load->set;
    bool ok = file_list_add(&files, directory, error);
    for (uint32_t i = 0; ok && i < files.count; i++) {
        uint32_t first = set->input_count;
        ok = bench_set_read(set, files.paths[i], error);
        for (; ok && first < set->input_count; first++)
            if (trace_recognise(set->inputs[first].data, set->inputs[first].size_bytes))
                ok = file_error(error, files.paths[i], "a packed trace, no input for --inputs");
    }
    file_list_free(&files);
    return ok && load_finish(plan, directory, error);
}

void bench_plan_free(struct bench_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        bench_set_free(&plan->loads[i].set);
        bench_set_free(&plan->loads[i].filled);
    }
    free(plan->loads);
    free(plan->rows);
    *plan = (struct bench_plan){0};
}

/* Full checks are for what is small. */
static bool is_measured(enum bench_kind kind, enum session_check check)
{
    return check == SESSION_CHECK_NONE || check == SESSION_CHECK_STEP || kind == BENCH_INPUTS;
}

/* For each check of a load two variants: what is to be subtracted, which may be empty, and all.
 * Returns how many variants these are. */
static uint32_t variants_make(const struct bench_load *load, const struct bench_row *row,
                              struct bench_variant *variants)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < BENCH_CHECKS; i++)
        if (is_measured(row->kind, bench_checks[i])) {
            variants[count++] =
                (struct bench_variant){.set = &load->filled, .check = bench_checks[i]};
            variants[count++] = (struct bench_variant){.set = &load->set, .check = bench_checks[i]};
        }
    return count;
}

/* Nanoseconds an operation. A difference can be less than nothing where the machine was slower for
 * the shorter run; it counts as this, so that ratios stay numbers. */
#define NS_LEAST 1.0

static double difference_ns(double all, double filled, uint64_t operation_count)
{
    double ns = (all - filled) * 1e9 / (double)operation_count;
    return ns > NS_LEAST ? ns : NS_LEAST;
}

/* Takes the row's costs from its variants. Returns how many these were. */
static uint32_t costs_take(struct bench_row *row, const struct bench_variant *variants,
                           uint32_t round_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < BENCH_CHECKS; i++) {
        if (!is_measured(row->kind, bench_checks[i]))
            continue;
        struct bench_cost *cost = &row->costs[bench_checks[i]];
        const struct bench_seconds *filled = variants[count].rounds;
        const struct bench_seconds *all = variants[count + 1u].rounds;
        cost->measured = true;
        for (uint32_t round = 0; round < round_count; round++) {
            cost->cpu_ns[round] =
                difference_ns(all[round].cpu, filled[round].cpu, row->operation_count);
            cost->wall_ns[round] =
                difference_ns(all[round].wall, filled[round].wall, row->operation_count);
        }
        count += 2u;
    }
    row->round_count = round_count;
    return count;
}

/* The end of the group that begins with a load: live sets are compared with each other, and so
 * measured together. */
static uint32_t group_end(const struct bench_plan *plan, uint32_t first)
{
    uint32_t end = first + 1u;
    while (plan->rows[first].kind == BENCH_LIVE && end < plan->count &&
           plan->rows[end].kind == BENCH_LIVE)
        end++;
    return end;
}

/* False if most rounds of a row tell nothing. */
static bool is_above_noise(const struct bench_row *row)
{
    for (uint32_t i = 0; i < SESSION_CHECK_COUNT; i++)
        if (row->costs[i].measured &&
            bench_figure_of(row->costs[i].cpu_ns, row->round_count).median <= NS_LEAST)
            return false;
    return true;
}

static enum bench_result measure_group(struct bench_plan *plan, uint32_t first, uint32_t end,
                                       struct bench_variant *variants, uint32_t round_count,
                                       struct line *error)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++)
        count += variants_make(&plan->loads[i], &plan->rows[i], variants + count);
    struct line why;
    uint32_t rounds_done;
    enum bench_result result = bench_measure(variants, count, round_count, &rounds_done, &why);
    if (result == BENCH_VIOLATION || result == BENCH_REFUSED)
        (void)file_error(error, plan->rows[first].name, why.text);
    count = 0;
    for (uint32_t i = first; rounds_done > 0 && i < end; i++)
        count += costs_take(&plan->rows[i], variants + count, rounds_done);
    for (uint32_t i = first; result == BENCH_OK && i < end; i++)
        if (!is_above_noise(&plan->rows[i])) {
            (void)file_error(error, plan->rows[i].name,
                             "too few operations to be told from noise: see --operations");
            result = BENCH_REFUSED;
        }
    return result;
}

static void report_growth(const struct bench_plan *plan, struct bench_report *report)
{
    const struct bench_row *first = NULL;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct bench_row *row = &plan->rows[i];
        if (row->kind != BENCH_LIVE || row->round_count == 0)
            continue;
        if (first == NULL) {
            first = row;
        } else {
            report->growth_from = first;
            report->growth_to = row;
        }
    }
}

enum bench_result bench_plan_measure(struct bench_plan *plan, uint32_t round_count,
                                     struct bench_report *report, struct line *error)
{
    enum bench_result result = BENCH_OK;
    struct bench_variant *variants =
        malloc((size_t)plan->count * BENCH_CHECKS * 2u * sizeof(*variants));
    if (variants == NULL) {
        (void)file_error(error, "figures", "not enough memory for them");
        return BENCH_REFUSED;
    }
    for (uint32_t i = 0; i < plan->count; i++)
        bench_expect(variants, variants_make(&plan->loads[i], &plan->rows[i], variants),
                     round_count);
    for (uint32_t i = 0; result == BENCH_OK && i < plan->count; i = group_end(plan, i))
        result = measure_group(plan, i, group_end(plan, i), variants, round_count, error);
    free(variants);
    *report = (struct bench_report){
        .round_count = round_count, .rows = plan->rows, .row_count = plan->count};
    report_growth(plan, report);
    return result;
}
