#include <stdlib.h>
#include <string.h>

#include "bench/report.h"

#define WORDS_MAX 8u
#define LINE_MAX_BYTES 4096u

static void *must(void *at)
{
    if (at == NULL) {
        (void)fputs("bench-report: not enough memory\n", stderr);
        exit(3);
    }
    return at;
}

/* Makes room for one element more. */
static void *room(void *at, uint32_t count, uint32_t *capacity, size_t element_bytes)
{
    if (count < *capacity)
        return at;
    *capacity = *capacity == 0 ? 16u : 2u * *capacity;
    return must(realloc(at, *capacity * element_bytes));
}

/* The one copy of a name. Null if there are too many. */
static const char *name_of(struct names *names, const char *name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0)
            return names->at[i];
    if (names->count == NAMES_MAX)
        return NULL;
    names->at[names->count] = must(strdup(name));
    return names->at[names->count++];
}

static struct result *result_of(struct report *report, char *const *words)
{
    char group[LINE_MAX_BYTES];
    const char *arch = name_of(&report->archs, words[1]);
    const char *heap = name_of(&report->heaps, words[2]);
    const char *load = name_of(&report->loads, words[3]);
    const char *slash = strchr(words[3], '/');
    if (arch == NULL || heap == NULL || load == NULL || slash == NULL)
        return NULL;
    memcpy(group, words[3], (size_t)(slash - words[3]));
    group[slash - words[3]] = '\0';
    if (name_of(&report->groups, group) == NULL)
        return NULL;
    for (uint32_t i = 0; i < report->result_count; i++) {
        struct result *result = &report->results[i];
        if (result->arch == arch && result->heap == heap && result->load == load)
            return result;
    }
    report->results = room(report->results, report->result_count, &report->result_capacity,
                           sizeof(*report->results));
    report->results[report->result_count] = (struct result){arch, heap, load, 0, 0, 0, 0, 0, 0};
    return &report->results[report->result_count++];
}

static bool number(const char *word, double *value)
{
    char *end;
    *value = strtod(word, &end);
    return end != word && *end == '\0';
}

static bool add_figure(struct result *result, const char *name, double value)
{
    uint32_t i = 0;
    while (i < result->figure_count && strcmp(result->figures[i].name, name) != 0)
        i++;
    if (i == result->figure_count) {
        result->figures =
            room(result->figures, i, &result->figure_capacity, sizeof(*result->figures));
        result->figures[i] = (struct figure){.name = must(strdup(name))};
        result->figure_count++;
    }
    struct figure *figure = &result->figures[i];
    if (figure->count == VALUES_MAX)
        return false;
    figure->values[figure->count++] = value;
    return true;
}

/* A timeline that is measured again starts anew. */
static void add_point(struct result *result, const char *name, struct point point)
{
    uint32_t i = 0;
    while (i < result->timeline_count && strcmp(result->timelines[i].name, name) != 0)
        i++;
    if (i == result->timeline_count) {
        result->timelines =
            room(result->timelines, i, &result->timeline_capacity, sizeof(*result->timelines));
        result->timelines[i] = (struct timeline){.name = must(strdup(name))};
        result->timeline_count++;
    }
    struct timeline *line = &result->timelines[i];
    if (line->count != 0 && point.op <= line->points[line->count - 1u].op)
        line->count = 0;
    line->points = room(line->points, line->count, &line->capacity, sizeof(*line->points));
    line->points[line->count++] = point;
}

static bool take_line(struct report *report, char *const *words, uint32_t count)
{
    double value;
    struct point point;
    struct result *result;
    if (count == 6u && strcmp(words[0], "figure") == 0)
        return number(words[5], &value) && (result = result_of(report, words)) != NULL &&
               add_figure(result, words[4], value);
    if (count != 8u || strcmp(words[0], "point") != 0 || !number(words[5], &point.op) ||
        !number(words[6], &point.live_bytes) || !number(words[7], &point.held) ||
        (result = result_of(report, words)) == NULL)
        return false;
    add_point(result, words[4], point);
    return true;
}

static bool take_fact(struct report *report, char *text)
{
    char *space = strchr(text, ' ');
    if (report->fact_count == NAMES_MAX || space == NULL)
        return false;
    *space = '\0';
    report->facts[report->fact_count].key = must(strdup(text));
    report->facts[report->fact_count].value = must(strdup(space + 1));
    report->fact_count++;
    return true;
}

bool report_read(struct report *report, FILE *in)
{
    char line[LINE_MAX_BYTES];
    for (uint32_t number_of_line = 1; fgets(line, sizeof line, in) != NULL; number_of_line++) {
        char *words[WORDS_MAX] = {0};
        uint32_t count = 0;
        line[strcspn(line, "\n")] = '\0';
        bool good;
        if (strncmp(line, "run ", 4) == 0) {
            good = take_fact(report, line + 4);
        } else {
            for (char *word = strtok(line, " "); word != NULL && count < WORDS_MAX;
                 word = strtok(NULL, " "))
                words[count++] = word;
            good = count == 0 || take_line(report, words, count);
        }
        if (!good) {
            (void)fprintf(stderr, "bench-report: line %u is not understood\n", number_of_line);
            return false;
        }
    }
    return ferror(in) == 0;
}
