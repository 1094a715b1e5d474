#include "fuzz/ftrace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum event_kind { EVENT_NONE, EVENT_ALLOC, EVENT_FREE };

static const struct event {
    const char *name;
    enum event_kind kind;
    bool cache;
} events[] = {
    {"kmalloc", EVENT_ALLOC, false},       {"kmalloc_node", EVENT_ALLOC, false},
    {"kfree", EVENT_FREE, false},          {"kmem_cache_alloc", EVENT_ALLOC, true},
    {"kmem_cache_free", EVENT_FREE, true}, {"kmem_cache_alloc_node", EVENT_ALLOC, true},
};

/* The value behind " KEY=", or null. */
static const char *field(const char *line, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = strstr(line, key); at != NULL; at = strstr(at + 1, key))
        if ((at == line || at[-1] == ' ' || at[-1] == '\t') && at[length] == '=') {
            at += length + 1u;
            return at + strspn(at, " \t");
        }
    return NULL;
}

/* The event's name is the last word before its fields that ends in a colon: names of tasks may hold
 * colons as well, and some versions print a function before the fields. perf puts "kmem:" before
 * it. */
static const struct event *event_of(const char *line)
{
    const char *fields = field(line, "call_site");
    const char *pointer = field(line, "ptr");
    if (pointer == NULL)
        return NULL;
    if (fields == NULL || fields > pointer)
        fields = pointer;
    const char *end = fields;
    while (end != line && !(end[-1] == ':' && (end[0] == ' ' || end[0] == '\t')))
        end--;
    if (end == line)
        return NULL;
    const char *start = --end;
    while (start != line && start[-1] != ' ' && start[-1] != '\t' && start[-1] != ':')
        start--;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (strlen(events[i].name) == (size_t)(end - start) &&
            memcmp(events[i].name, start, (size_t)(end - start)) == 0)
            return &events[i];
    return NULL;
}

/* Pointers are in hexadecimal with or without 0x; null is also (null) and (nil). */
static bool pointer_read(const char *value, uint64_t *pointer)
{
    char *end = NULL;
    if (value == NULL || strncmp(value, "(n", 2) == 0) {
        *pointer = 0;
        return value != NULL;
    }
    errno = 0;
    *pointer = strtoull(value, &end, 16);
    return end != value && errno == 0;
}

static bool size_read(const char *value, uint64_t *size_bytes)
{
    char *end = NULL;
    if (value == NULL || *value < '0' || *value > '9')
        return false;
    errno = 0;
    *size_bytes = strtoull(value, &end, strncmp(value, "0x", 2) == 0 ? 16 : 10);
    return errno == 0;
}

/* "CPU:2 [LOST 123 EVENTS]", or, where it is not known how many, "CPU:2 [EVENTS DROPPED]". */
static bool lost_read(const char *line, struct ftrace *ftrace)
{
    const char *lost = strstr(line, " [LOST ");
    if (strstr(line, "CPU:") == NULL || (lost == NULL && strstr(line, " DROPPED]") == NULL))
        return false;
    ftrace->lost_times++;
    if (lost != NULL)
        ftrace->lost += strtoull(lost + strlen(" [LOST "), NULL, 10);
    return true;
}

static bool line_take(struct ftrace *ftrace, struct recording *recording, const char *line)
{
    const struct event *event = event_of(line);
    uint64_t at = 0;
    uint64_t size_bytes = 0;
    if (event == NULL) {
        ftrace->other_events += !lost_read(line, ftrace) && line[0] != '#' && line[0] != '\n';
        return true;
    }
    if (event->cache && ftrace->kmalloc_only) {
        ftrace->caches_left_out++;
        return true;
    }
    if (!pointer_read(field(line, "ptr"), &at) ||
        (event->kind == EVENT_ALLOC && !size_read(field(line, "bytes_req"), &size_bytes))) {
        ftrace->damaged++;
        return true;
    }
    ftrace->taken++;
    /* A block of no bytes has a pointer that leads nowhere, 16, the same for all. */
    at = at == 16u ? 0 : at;
    return event->kind == EVENT_ALLOC ? recording_alloc(recording, at, size_bytes, 0)
                                      : recording_free(recording, at);
}

bool ftrace_recognise(const char *text, size_t size_bytes)
{
    static const char header[] = "# tracer:";
    if (size_bytes >= sizeof(header) - 1u && memcmp(text, header, sizeof(header) - 1u) == 0)
        return true;
    char line[1024];
    for (size_t i = 0; i < size_bytes; i++) {
        size_t length = 0;
        while (i < size_bytes && text[i] != '\n') {
            if (length < sizeof(line) - 1u)
                line[length++] = text[i];
            i++;
        }
        line[length] = '\0';
        struct ftrace none = {0};
        /* trace-cmd report says the number of processors first. */
        if (strncmp(line, "cpus=", 5) == 0 || event_of(line) != NULL || lost_read(line, &none))
            return true;
    }
    return false;
}

bool ftrace_read(FILE *in, struct ftrace *ftrace, struct recording *recording, struct line *error)
{
    char *line = NULL;
    size_t capacity = 0;
    bool ok = true;
    errno = 0;
    while (ok && getline(&line, &capacity, in) >= 0) {
        ftrace->line_count++;
        ok = line_take(ftrace, recording, line);
    }
    int why = errno;
    free(line);
    if (ok && ferror(in) == 0)
        return true;
    line_clear(error);
    line_text(error, ok ? strerror(why) : "not enough memory to read it");
    return false;
}

static void count_report(FILE *out, uint64_t count, const char *what)
{
    if (count != 0)
        (void)fprintf(out, "  %llu %s\n", (unsigned long long)count, what);
}

void ftrace_report(const struct ftrace *ftrace, FILE *out)
{
    (void)fprintf(out, "  %llu lines, %llu events of kmalloc, kfree and slab caches\n",
                  (unsigned long long)ftrace->line_count, (unsigned long long)ftrace->taken);
    count_report(out, ftrace->caches_left_out, "events of slab caches, left out");
    count_report(out, ftrace->other_events, "lines of other events or of none, left out");
    count_report(out, ftrace->damaged, "events without the fields that they need, left out");
    if (ftrace->lost_times != 0)
        (void)fprintf(out, "  the kernel lost events %llu times, %llu in all that it counted\n",
                      (unsigned long long)ftrace->lost_times, (unsigned long long)ftrace->lost);
}

void ftrace_json(const struct ftrace *ftrace, FILE *out)
{
    (void)fprintf(out,
                  ", \"lines\": %llu, \"events\": %llu, \"caches_left_out\": %llu, "
                  "\"other_lines\": %llu, \"damaged\": %llu, \"lost\": %llu, \"lost_times\": %llu",
                  (unsigned long long)ftrace->line_count, (unsigned long long)ftrace->taken,
                  (unsigned long long)ftrace->caches_left_out,
                  (unsigned long long)ftrace->other_events, (unsigned long long)ftrace->damaged,
                  (unsigned long long)ftrace->lost, (unsigned long long)ftrace->lost_times);
}
