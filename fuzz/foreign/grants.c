#include "fuzz/foreign/grants.h"

uint32_t grants_find(const struct grants *grants, uintptr_t at)
{
    uint32_t low = 0;
    uint32_t high = grants->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2u;
        if (grants->list[middle].end <= at)
            low = middle + 1u;
        else
            high = middle;
    }
    return low;
}

bool grants_cover(const struct grants *grants, uintptr_t start, uintptr_t end)
{
    uint32_t i = grants_find(grants, start);
    return i < grants->count && grants->list[i].start <= start && end <= grants->list[i].end;
}

bool grants_spare(const struct grants *grants, uintptr_t start, uintptr_t end)
{
    uint32_t i = grants_find(grants, start);
    return i == grants->count || end <= grants->list[i].start;
}

uintptr_t grants_count_bytes(const struct grants *grants, uintptr_t start, uintptr_t end)
{
    uintptr_t bytes = 0;
    for (uint32_t i = grants_find(grants, start); i < grants->count; i++) {
        const struct grant *grant = &grants->list[i];
        uintptr_t from = grant->start > start ? grant->start : start;
        uintptr_t to = grant->end < end ? grant->end : end;
        if (from >= to)
            break;
        bytes += to - from;
    }
    return bytes;
}

/* Moves what is at `from` and behind it to `to`. */
static void shift(struct grants *grants, uint32_t from, uint32_t to)
{
    uint32_t count = grants->count - from;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = to > from ? count - 1u - i : i;
        grants->list[to + k] = grants->list[from + k];
    }
    grants->count = to + count;
}

bool grants_add(struct grants *grants, uintptr_t start, uintptr_t end)
{
    uint32_t i = grants_find(grants, start);
    bool before = i > 0 && grants->list[i - 1u].end == start;
    bool behind = i < grants->count && grants->list[i].start == end;
    if (before && behind) {
        grants->list[i - 1u].end = grants->list[i].end;
        shift(grants, i + 1u, i);
    } else if (before) {
        grants->list[i - 1u].end = end;
    } else if (behind) {
        grants->list[i].start = start;
    } else if (grants->count == GRANTS_MAX) {
        return false;
    } else {
        shift(grants, i, i + 1u);
        grants->list[i] = (struct grant){start, end};
    }
    return true;
}

bool grants_remove(struct grants *grants, uintptr_t start, uintptr_t end)
{
    uint32_t i = grants_find(grants, start);
    struct grant *grant = &grants->list[i];
    if (grant->start == start && grant->end == end) {
        shift(grants, i + 1u, i);
    } else if (grant->start == start) {
        grant->start = end;
    } else if (grant->end == end) {
        grant->end = start;
    } else if (grants->count == GRANTS_MAX) {
        return false;
    } else {
        struct grant rest = {end, grant->end};
        grant->end = start;
        shift(grants, i + 1u, i + 2u);
        grants->list[i + 1u] = rest;
    }
    return true;
}
