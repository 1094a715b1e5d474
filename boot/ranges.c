#include "boot/ranges.h"

/* Makes runs `i` and `i + 1` one, with what lies between them. */
static void join(struct frame_range *list, uint32_t *count, uint32_t i)
{
    list[i].count = range_end(&list[i + 1u]) - list[i].first.n;
    (*count)--;
    for (uint32_t j = i + 1u; j < *count; j++)
        list[j] = list[j + 1u];
}

static void drop(struct frame_range *list, uint32_t *count, uint32_t i)
{
    (*count)--;
    for (uint32_t j = i; j < *count; j++)
        list[j] = list[j + 1u];
}

static uint32_t nearest_pair(const struct frame_range *list, uint32_t count)
{
    uint32_t nearest = 0;
    uint32_t least = ~0u;
    for (uint32_t i = 0; i + 1u < count; i++) {
        uint32_t between = list[i + 1u].first.n - range_end(&list[i]);
        if (between < least) {
            least = between;
            nearest = i;
        }
    }
    return nearest;
}

static uint32_t shortest(const struct frame_range *list, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < count; i++)
        if (list[i].count < list[found].count)
            found = i;
    return found;
}

void ranges_add(struct frame_range *list, uint32_t *count, uint32_t first, uint32_t end,
                enum ranges_full full)
{
    struct frame_range all[PROBE_RANGES_MAX + 1u];
    uint32_t kept = 0;
    bool placed = false;
    if (first >= end)
        return;
    /* Runs that overlap or touch the new one become part of it; the others stay in order. */
    for (uint32_t i = 0; i < *count; i++) {
        if (range_end(&list[i]) < first) {
            all[kept++] = list[i];
        } else if (list[i].first.n > end) {
            if (!placed)
                all[kept++] = (struct frame_range){{first}, end - first};
            placed = true;
            all[kept++] = list[i];
        } else {
            first = list[i].first.n < first ? list[i].first.n : first;
            end = range_end(&list[i]) > end ? range_end(&list[i]) : end;
        }
    }
    if (!placed)
        all[kept++] = (struct frame_range){{first}, end - first};
    if (kept > PROBE_RANGES_MAX && full == RANGES_GROW)
        join(all, &kept, nearest_pair(all, kept));
    else if (kept > PROBE_RANGES_MAX)
        drop(all, &kept, shortest(all, kept));
    for (uint32_t i = 0; i < kept; i++)
        list[i] = all[i];
    *count = kept;
}
