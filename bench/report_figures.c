/* What is asked of the figures that were read. */
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"

const struct result *report_result(const struct report *report, const char *arch, const char *heap,
                                   const char *load)
{
    for (uint32_t i = 0; i < report->result_count; i++) {
        const struct result *result = &report->results[i];
        if (strcmp(result->arch, arch) == 0 && strcmp(result->heap, heap) == 0 &&
            strcmp(result->load, load) == 0)
            return result;
    }
    return NULL;
}

const struct figure *report_figure(const struct result *result, const char *name)
{
    for (uint32_t i = 0; result != NULL && i < result->figure_count; i++)
        if (strcmp(result->figures[i].name, name) == 0)
            return &result->figures[i];
    return NULL;
}

const struct timeline *report_timeline(const struct result *result, const char *name)
{
    for (uint32_t i = 0; result != NULL && i < result->timeline_count; i++)
        if (strcmp(result->timelines[i].name, name) == 0)
            return &result->timelines[i];
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t count)
{
    double sorted[VALUES_MAX];
    memcpy(sorted, values, count * sizeof(*values));
    qsort(sorted, count, sizeof(*sorted), by_value);
    return (sorted[(count - 1u) / 2u] + sorted[count / 2u]) / 2;
}

double figure_median(const struct figure *figure)
{
    return median(figure->values, figure->count);
}

double figure_least(const struct figure *figure)
{
    double least = figure->values[0];
    for (uint32_t i = 1; i < figure->count; i++)
        least = figure->values[i] < least ? figure->values[i] : least;
    return least;
}

double figure_greatest(const struct figure *figure)
{
    double greatest = figure->values[0];
    for (uint32_t i = 1; i < figure->count; i++)
        greatest = figure->values[i] > greatest ? figure->values[i] : greatest;
    return greatest;
}

double figure_ratio(const struct figure *figure, const struct figure *base)
{
    double ratios[VALUES_MAX];
    uint32_t count = 0;
    if (figure == NULL || base == NULL)
        return -1;
    for (; count < figure->count && count < base->count; count++) {
        if (base->values[count] <= 0)
            return -1;
        ratios[count] = figure->values[count] / base->values[count];
    }
    return count == 0 ? -1 : median(ratios, count);
}

const struct figure *report_best(const struct report *report, const char *arch, const char *load,
                                 const char *name)
{
    const struct figure *best = NULL;
    for (uint32_t i = 0; i < report->heaps.count; i++) {
        const struct figure *figure =
            report_figure(report_result(report, arch, report->heaps.at[i], load), name);
        if (figure == NULL || strcmp(report->heaps.at[i], "bump") == 0)
            continue;
        if (best == NULL || figure_median(figure) < figure_median(best))
            best = figure;
    }
    return best;
}

const char *load_name(const char *load)
{
    const char *slash = strchr(load, '/');
    return slash != NULL ? slash + 1 : load;
}

bool load_in_group(const char *load, const char *group)
{
    size_t length = strlen(group);
    return strncmp(load, group, length) == 0 && load[length] == '/';
}
