#include <string.h>

#include "bench/guest.h"

static bool row_add(struct guest_report *report, const char *line)
{
    struct guest_row row = {.bucket_count = 0};
    if (report->row_count == GUEST_ROWS_MAX)
        return false;
    int read =
        sscanf(line, "latency %15s %15s %u calls=%u refused=%u p50=%u p99=%u worst=%u", row.state,
               row.call, &row.size_bytes, &row.calls, &row.refused, &row.p50, &row.p99, &row.worst);
    if (read != (row.calls != 0 ? 8 : 5) || row.size_bytes == 0)
        return false;
    report->rows[report->row_count++] = row;
    return true;
}

/* A bucket belongs to the row before it. */
static bool bucket_add(struct guest_report *report, const char *line)
{
    char state[GUEST_WORD_MAX];
    char call[GUEST_WORD_MAX];
    uint32_t size_bytes;
    struct guest_bucket bucket;
    if (report->row_count == 0)
        return false;
    struct guest_row *row = &report->rows[report->row_count - 1u];
    if (row->bucket_count == GUEST_BUCKETS_MAX ||
        sscanf(line, "latency %15s %15s %u from=%u to=%u count=%u", state, call, &size_bytes,
               &bucket.from, &bucket.to, &bucket.count) != 6 ||
        strcmp(state, row->state) != 0 || strcmp(call, row->call) != 0 ||
        size_bytes != row->size_bytes || bucket.from > bucket.to)
        return false;
    row->buckets[row->bucket_count++] = bucket;
    return true;
}

static bool adds_up(const struct guest_row *row)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < row->bucket_count; i++)
        count += row->buckets[i].count;
    return count == row->calls;
}

bool guest_read(FILE *in, struct guest_report *report, const char **why)
{
    char line[256];
    *report = (struct guest_report){.row_count = 0};
    while (fgets(line, sizeof line, in) != NULL) {
        bool ok = true;
        if (strncmp(line, "latency ", 8) == 0)
            ok = strstr(line, " from=") != NULL ? bucket_add(report, line) : row_add(report, line);
        *why = "a line of latencies is damaged";
        if (!ok)
            return false;
    }
    *why = "the kernel printed no latencies";
    if (report->row_count == 0)
        return false;
    *why = "a histogram does not add up";
    for (uint32_t i = 0; i < report->row_count; i++)
        if (!adds_up(&report->rows[i]))
            return false;
    return true;
}
