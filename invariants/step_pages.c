/* Rules P1 to P6 in a step: table and directory entries that were written. */
#include "heap/block.h"
#include "invariants/predicates.h"
#include "invariants/step.h"

#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)

/* The pages of the recursive window, by their numbers: the tables, the last of them the directory.
 */
#define TABLES_PAGE (TABLES_AT / PAGE_SIZE)

static bool is_boots(uint32_t slot)
{
    return slot < PROBE_SLOT_DEVICE || slot == PROBE_SLOT_KERNEL || slot == RECURSIVE_SLOT;
}

static bool in_window(const struct mirror *mirror, uint32_t page)
{
    return page >= mirror->base / PAGE_SIZE && page / TABLE_ENTRIES != PROBE_SLOT_DEVICE;
}

/* Marks a page of the extent as a hole, or as none. */
static void hole_mark(struct mirror *mirror, uint32_t page, bool hole)
{
    uint32_t index = page - mirror->base / PAGE_SIZE;
    if (!in_window(mirror, page) || page >= mirror->end / PAGE_SIZE)
        return;
    if (hole)
        marks_set(&mirror->holes, index);
    else
        marks_clear(&mirror->holes, index);
}

static void count_entry(struct mirror *mirror, uint32_t page, uint32_t change)
{
    mirror->entry_count[page / TABLE_ENTRIES] += change;
    if (page / TABLE_ENTRIES == PROBE_SLOT_DEVICE)
        mirror->device_pages += change;
    else
        mirror->mapped_pages += change;
}

static void frame_leave(struct mirror *mirror, uint32_t entry, uint32_t page)
{
    uint32_t frame = entry_frame(entry).n;
    if (mirror->users[frame] == 1u + page)
        mirror->users[frame] = 0;
    mirror_push(mirror, &mirror->frames, frame);
    mirror_push_change(mirror, &mirror->changed_frames, frame);
}

/* Rules F4 and P2: the frame of an entry exists and is nobody else's. */
static bool frame_enter(struct mirror *mirror, const struct scene *scene, uint32_t entry,
                        uint32_t page, struct violation *violation)
{
    uint32_t frame = entry_frame(entry).n;
    if (frame >= scene->frame_count)
        return violation_set(violation, RULE_F4, page << PAGE_SHIFT, scene->frame_count, frame,
                             "frame beyond memory in the entry for");
    if (mirror->users[frame] != 0)
        return violation_set(violation, RULE_P2, page << PAGE_SHIFT,
                             (mirror->users[frame] - 1u) << PAGE_SHIFT, frame,
                             "frame (found) mapped already, elsewhere, at");
    mirror->users[frame] = 1u + page;
    mirror_push(mirror, &mirror->frames, frame);
    mirror_push_change(mirror, &mirror->changed_frames, frame);
    return true;
}

static void entry_leave(struct mirror *mirror, uint32_t page)
{
    frame_leave(mirror, mirror->entries[page], page);
    mirror->entries[page] = 0;
    count_entry(mirror, page, 0u - 1u);
    hole_mark(mirror, page, true);
}

static bool entry_enter(struct mirror *mirror, const struct scene *scene, uint32_t page,
                        uint32_t entry, struct violation *violation)
{
    struct census census = {.end = mirror->new_end};
    if (!rule_entry(scene, &census, page << PAGE_SHIFT, entry, violation) ||
        !frame_enter(mirror, scene, entry, page, violation))
        return false;
    mirror->entries[page] = entry & ~PROCESSOR_BITS;
    count_entry(mirror, page, 1u);
    hole_mark(mirror, page, false);
    return true;
}

/* The entry for a page as its table holds it now; 0 without a table. */
static uint32_t entry_now(const struct mirror *mirror, uint32_t page)
{
    frame_t frame = mirror->tables[page / TABLE_ENTRIES];
    const uint32_t *table = frame.n == MIRROR_NO_TABLE.n ? (const uint32_t *)0 : probe_frame(frame);
    return table == (const uint32_t *)0 ? 0 : table[page % TABLE_ENTRIES] & ~PROCESSOR_BITS;
}

bool step_table_taken(struct mirror *mirror, const struct scene *scene, uint32_t slot,
                      struct violation *violation)
{
    uint32_t entry = probe_directory()[slot];
    if ((entry & ENTRY_PRESENT) == 0)
        return violation_set(violation, RULE_P5, slot << TABLE_SHIFT, 0, entry,
                             "half-prepared directory entry for");
    if (!rule_P1(slot << TABLE_SHIFT, entry, violation) ||
        !frame_enter(mirror, scene, entry, TABLES_PAGE + slot, violation))
        return false;
    const uint32_t *table = probe_frame(entry_frame(entry));
    if (table == (const uint32_t *)0)
        return violation_set(violation, RULE_P1, slot << TABLE_SHIFT, 1, entry,
                             "no table in RAM for");
    mirror->tables[slot] = entry_frame(entry);
    mirror->first_slot = slot < mirror->first_slot ? slot : mirror->first_slot;
    mirror->end_slot = slot >= mirror->end_slot ? slot + 1u : mirror->end_slot;
    for (uint32_t i = check_next_entry(table, 0); i < TABLE_ENTRIES;
         i = check_next_entry(table, i + 1u))
        if (!entry_enter(mirror, scene, slot * TABLE_ENTRIES + i, table[i], violation))
            return false;
    return true;
}

static void table_leave(struct mirror *mirror, uint32_t slot)
{
    for (uint32_t page = slot * TABLE_ENTRIES; mirror->entry_count[slot] != 0; page++)
        if (mirror->entries[page] != 0)
            entry_leave(mirror, page);
    frame_leave(mirror, entry_of(mirror->tables[slot], 0), TABLES_PAGE + slot);
    mirror->tables[slot] = MIRROR_NO_TABLE;
}

/* Whether what was mapped to a frame is mapped to another now: what that holds, no write tells. */
static bool frame_differs(frame_t frame, uint32_t entry)
{
    return (entry & ENTRY_PRESENT) != 0 && entry_frame(entry).n != frame.n;
}

/* Rule H9: where blocks met on a page that the end has moved below, no tag is left. The frame will
 * be mapped again, at another address perhaps, which changes any bit of a tag but the lowest: so
 * what is left there must be known by those to be none. */
static bool rule_H9_page(const struct mirror *mirror, const struct scene *scene, uint32_t page,
                         struct violation *violation)
{
    uint32_t at = page << PAGE_SHIFT;
    uint32_t entry = mirror->entries[page];
    /* A handler may have used the frame since. */
    if (at < mirror->new_end || at >= mirror->end || (entry & ENTRY_PRESENT) == 0 ||
        entry_now(mirror, page) != 0 || scene->interrupted)
        return true;
    uint32_t end = mirror_granule(mirror, at + PAGE_SIZE);
    for (uint32_t g = marks_after(&mirror->starts, mirror_granule(mirror, at) - 1u); g < end;
         g = marks_after(&mirror->starts, g)) {
        /* Only here: a look at a frame that nobody has used yet fills all of it. */
        const uint32_t *frame = probe_frame(entry_frame(entry));
        for (uint32_t half = 0; half < 8u && frame != (const uint32_t *)0; half += 4u) {
            uint32_t word_at = mirror->base + 8u * g + half;
            uint32_t tag = frame[(word_at & PAGE_MASK) / 4u] ^ scene->key ^ word_at;
            if ((tag & TAG_RESERVED) == 0)
                return violation_set(violation, RULE_H9, word_at, TAG_DEAD, tag,
                                     "tag on a page given back, at");
        }
    }
    return true;
}

/* Takes what an entry said before out of the mirror if it says something else now. */
static void leave_changed(struct mirror *mirror, uint32_t page)
{
    uint32_t slot = page % TABLE_ENTRIES;
    if (page < TABLES_PAGE) {
        uint32_t now = entry_now(mirror, page);
        if (mirror->entries[page] != 0 && mirror->entries[page] != now) {
            mirror->overflow |= frame_differs(entry_frame(mirror->entries[page]), now);
            entry_leave(mirror, page);
        }
        return;
    }
    uint32_t entry = probe_directory()[slot];
    if (mirror->tables[slot].n != MIRROR_NO_TABLE.n &&
        ((entry & ENTRY_PRESENT) == 0 || entry_frame(entry).n != mirror->tables[slot].n)) {
        mirror->overflow |= frame_differs(mirror->tables[slot], entry);
        table_leave(mirror, slot);
    }
}

static bool enter_changed(struct mirror *mirror, const struct scene *scene, uint32_t page,
                          struct violation *violation)
{
    uint32_t slot = page % TABLE_ENTRIES;
    if (page < TABLES_PAGE) {
        uint32_t entry = entry_now(mirror, page);
        return entry == mirror->entries[page] || entry_enter(mirror, scene, page, entry, violation);
    }
    if (probe_directory()[slot] == 0)
        return true;
    return mirror->tables[slot].n == MIRROR_NO_TABLE.n
               ? step_table_taken(mirror, scene, slot, violation)
               : rule_P1(slot << TABLE_SHIFT, probe_directory()[slot], violation);
}

/* Rule P6 for one page. */
static bool rule_P6_page(uint32_t page, uint32_t entry, struct violation *violation)
{
    uint32_t held = probe_tlb_of(vaddr_of(page << PAGE_SHIFT));
    uint32_t differ = (held ^ entry) & (ENTRY_FRAME | ENTRY_PRESENT | ENTRY_WRITABLE);
    if ((held & ENTRY_PRESENT) == 0 || differ == 0)
        return true;
    return violation_set(violation, RULE_P6, page << PAGE_SHIFT, entry, held,
                         "stale TLB entry of page");
}

/* An entry of boot's has been written: rare enough to look at all of them. */
static bool boots_changed(uint32_t page)
{
    return page >= TABLES_PAGE ? is_boots(page % TABLE_ENTRIES)
                               : page / TABLE_ENTRIES == PROBE_SLOT_KERNEL;
}

bool step_pages(struct mirror *mirror, const struct scene *scene, struct violation *violation)
{
    const struct mirror_work *pages = &mirror->pages;
    for (uint32_t i = 0; i < pages->count; i++) {
        uint32_t page = pages->items[i];
        if (boots_changed(page)) {
            if (!rule_P4(scene, probe_directory(), violation))
                return false;
            continue;
        }
        if (page < TABLES_PAGE && !rule_H9_page(mirror, scene, page, violation))
            return false;
        leave_changed(mirror, page);
    }
    bool directory_written = false;
    for (uint32_t i = 0; i < pages->count; i++) {
        uint32_t page = pages->items[i];
        if (boots_changed(page))
            continue;
        directory_written |= page >= TABLES_PAGE;
        if (!enter_changed(mirror, scene, page, violation))
            return false;
    }
    for (uint32_t i = 0; i < pages->count; i++) {
        uint32_t page = pages->items[i];
        uint32_t slot = page >= TABLES_PAGE ? page % TABLE_ENTRIES : page / TABLE_ENTRIES;
        if (mirror->tables[slot].n != MIRROR_NO_TABLE.n &&
            !rule_P5(slot << TABLE_SHIFT, mirror->entry_count[slot], violation))
            return false;
        /* A table that was made in this step has been taken by now. */
        if (page < TABLES_PAGE && !boots_changed(page) &&
            !rule_P6_page(page, mirror->entries[page], violation))
            return false;
    }
    if (mirror->device_pages != scene->device_count)
        return check_device(scene, violation) &&
               violation_set(violation, RULE_P3, DEVICE_WINDOW_AT, scene->device_count,
                             mirror->device_pages, "pages mapped in the device window at");
    return rule_P4_root(violation) && (!directory_written || rule_P6(violation));
}

bool step_end(struct mirror *mirror, struct violation *violation)
{
    uint32_t old_end = mirror->end;
    uint32_t end = mirror->new_end;
    for (uint32_t at = end; at < old_end; at += PAGE_SIZE) {
        marks_clear(&mirror->holes, (at - mirror->base) / PAGE_SIZE);
        if (mirror->entries[at >> PAGE_SHIFT] != 0)
            return violation_set(violation, RULE_P3, at, 0, mirror->entries[at >> PAGE_SHIFT],
                                 "entry mapped outside the heap at");
    }
    mirror->end = end;
    for (uint32_t at = old_end; at < end; at += PAGE_SIZE)
        hole_mark(mirror, at >> PAGE_SHIFT, mirror->entries[at >> PAGE_SHIFT] == 0);
    if (end == old_end)
        return true;
    /* Beyond the new end nothing starts any more; the old one and the new one are looked at. */
    for (uint32_t g = marks_after(&mirror->starts, mirror_last(mirror)); g != MARKS_NONE;
         g = marks_after(&mirror->starts, g))
        step_block_leave(mirror, g);
    step_granule(mirror, mirror_last(mirror));
    if (old_end < end)
        step_granule(mirror, mirror_granule(mirror, old_end) - 1u);
    return true;
}
