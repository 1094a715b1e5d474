/* check_step: what was written since the last look, sorted by what it belongs to, and looked at. */
#include "invariants/step.h"
#include "invariants/predicates.h"

/* A word of the heap's window. */
static void heap_word(struct mirror *mirror, const struct scene *scene, uint32_t at)
{
    uint32_t offset = at - mirror->base;
    if (offset >= CONTROL_SIZE)
        step_granule(mirror, offset / 8u);
    else if (offset >= HEAP_FREELIST)
        step_list_field(mirror, scene, offset);
}

/* Where a byte of RAM is mapped; 0 if it is not, or not any more. */
static uint32_t mapped_at(const struct mirror *mirror, uint32_t physical)
{
    uint32_t user = mirror->users[physical >> PAGE_SHIFT];
    return user == 0 ? 0 : (user - 1u) << PAGE_SHIFT | (physical & PAGE_MASK);
}

static void sort_word(struct mirror *mirror, const struct scene *scene, uint32_t bitmap_bytes,
                      uint32_t physical)
{
    uint32_t at = mapped_at(mirror, physical);
    if (at >= mirror->base && at < mirror->end)
        heap_word(mirror, scene, at);
    else if (at >= scene->frames_at.v && at - scene->frames_at.v < bitmap_bytes)
        mirror_push_word(mirror, (at - scene->frames_at.v) / 4u);
}

/* The recursive window shows the entry for page p at TABLES_AT + 4 * p. */
static void sort_entry(struct mirror *mirror, uint32_t physical)
{
    uint32_t at = mapped_at(mirror, physical);
    if (at >= TABLES_AT)
        mirror_push(mirror, &mirror->pages, (at - TABLES_AT) / 4u);
}

/* The entries of tables and directory first: what a frame is for follows from them. */
static void sort_tables(struct mirror *mirror, const struct journal_entry *journal, uint32_t count)
{
    for (uint32_t i = mirror->journal_seen; i < count; i++)
        sort_entry(mirror, journal[i].physical);
}

static void sort_bulk_tables(struct mirror *mirror, const struct bulk_entry *bulk, uint32_t count)
{
    for (uint32_t i = mirror->bulk_seen; i < count; i++)
        for (uint32_t b = 0;
             b < bulk[i].size_bytes && mapped_at(mirror, bulk[i].physical) >= TABLES_AT; b += 4u)
            sort_entry(mirror, bulk[i].physical + b);
}

/* The tags on a page that is not mapped any more, whether they were written or not. */
static void sort_unmapped(struct mirror *mirror)
{
    for (uint32_t i = 0; i < mirror->pages.count; i++) {
        uint32_t at = mirror->pages.items[i] << PAGE_SHIFT;
        if (at <= mirror->base || at >= mirror->end || mirror->entries[at >> PAGE_SHIFT] != 0)
            continue;
        uint32_t end = mirror_granule(mirror, at + PAGE_SIZE);
        for (uint32_t g = marks_after(&mirror->starts, mirror_granule(mirror, at) - 1u); g < end;
             g = marks_after(&mirror->starts, g))
            step_granule(mirror, g);
    }
}

/* The tags that a run of bytes covers are looked at like those that were stored. */
static void sort_bulk(struct mirror *mirror, const struct bulk_entry *run)
{
    uint32_t at = mapped_at(mirror, run->physical);
    if (at < mirror->base || at >= mirror->end)
        return;
    uint32_t first = mirror_granule(mirror, at);
    uint32_t last = mirror_granule(mirror, at + run->size_bytes - 1u);
    for (uint32_t g = first; g <= last && g != MARKS_NONE; g = marks_after(&mirror->starts, g)) {
        step_granule(mirror, g);
        step_granule(mirror, g + 1u);
    }
}

/* Rule O1: what is written in bulk is the payload of one block, or a table that is zeroed. */
static bool rule_O1_bulk(const struct mirror *mirror, const struct bulk_entry *run,
                         struct violation *violation)
{
    uint32_t at = mapped_at(mirror, run->physical);
    /* A table that was zeroed may be gone by now, and its frame a page of the heap. */
    if (at == 0 || at >= TABLES_AT || run->at.v >= TABLES_AT)
        return true;
    uint32_t start = MARKS_NONE;
    uint32_t end = 0;
    if (at >= mirror->base && at < mirror->end)
        start = marks_before(&mirror->starts, mirror_granule(mirror, at));
    if (start != MARKS_NONE && (mirror->nodes[start].tag & 1u) != 0)
        end = mirror_header(mirror, start) + (mirror->nodes[start].tag & ~7u) - 4u;
    if (run->size_bytes <= end - at && at < end)
        return true;
    return violation_set(violation, RULE_O1, at, end, at + run->size_bytes,
                         "filled or copied, in no block's payload, from");
}

static bool check_counters(const struct mirror *mirror, const struct scene *scene,
                           struct violation *violation)
{
    struct census census;
    mirror_census(mirror, &census);
    return check_sums(scene, &census, violation);
}

static bool step(struct mirror *mirror, const struct scene *scene, struct violation *violation)
{
    uint32_t count;
    uint32_t bulk_count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    const struct bulk_entry *bulk = probe_bulk(&bulk_count);
    struct census census = {0};
    uint32_t journal_seen = mirror->journal_seen;
    uint32_t bulk_seen = mirror->bulk_seen;
    if (!check_control(scene, &census, violation))
        return false;
    mirror->new_end = census.end;
    mirror->control = probe_page(scene->heap_at);
    sort_tables(mirror, journal, count);
    sort_bulk_tables(mirror, bulk, bulk_count);
    mirror->journal_seen = count;
    mirror->bulk_seen = bulk_count;
    if (!step_pages(mirror, scene, violation) || !step_end(mirror, violation))
        return false;
    sort_unmapped(mirror);
    uint32_t bitmap_bytes = frames_size_bytes(scene->frame_count);
    for (uint32_t i = journal_seen; i < count; i++)
        sort_word(mirror, scene, bitmap_bytes, journal[i].physical);
    for (uint32_t i = bulk_seen; i < bulk_count; i++)
        sort_bulk(mirror, &bulk[i]);
    if (!step_blocks(mirror, scene, violation) || !step_lists(mirror, scene, violation) ||
        !check_counters(mirror, scene, violation) || !step_frames(mirror, scene, violation))
        return false;
    for (uint32_t i = bulk_seen; i < bulk_count; i++)
        if (!rule_O1_bulk(mirror, &bulk[i], violation))
            return false;
    return true;
}

void check_step_begin(struct mirror *mirror)
{
    mirror->journal_seen = 0;
    mirror->bulk_seen = 0;
    mirror->all_changed = false;
    mirror->changed_blocks.count = 0;
    mirror->changed_frames.count = 0;
}

/* Nothing was written since the last look, nor has anything changed that the core does not write.
 */
static bool nothing_new(const struct mirror *mirror, const struct scene *scene, uint32_t count)
{
    uint32_t bulk_count;
    (void)probe_bulk(&bulk_count);
    return mirror->journal_seen == count && mirror->bulk_seen == bulk_count &&
           mirror->frames.count == 0 && mirror->device_pages == scene->device_count;
}

bool check_step(const struct scene *scene, struct mirror *mirror, struct violation *violation)
{
    uint32_t count;
    bool lost;
    struct census census;
    if (!rule_P8(violation) || !rule_O1_words(violation) || !rule_P6_freed(violation) ||
        !rule_P6_used(violation)) {
        mirror->valid = false;
        return false;
    }
    (void)probe_journal(&count, &lost);
    mirror->near_count = 0;
    if (!lost && nothing_new(mirror, scene, count))
        return mirror->valid = rule_P4_root(violation);
    bool holds = lost || step(mirror, scene, violation);
    bool again = lost || mirror->overflow;
    mirror_work_clear(mirror);
    /* What was not listed was not looked at: a step may have found too little, or too much. */
    if (again) {
        holds = check_all(scene, &census, violation);
        if (holds)
            mirror_take(mirror, scene);
    }
    mirror->valid = holds;
    return holds;
}
