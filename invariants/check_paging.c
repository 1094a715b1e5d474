/* Rules P1 to P6: directory, tables and TLB, by a walk of physical memory. */
#include "invariants/boot_runs.h"
#include "invariants/check.h"
#include "invariants/predicates.h"

#include <stddef.h>

#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)
#define KERNEL_PAGE (ENTRY_PRESENT | ENTRY_WRITABLE)

/* A present entry of the core maps for the supervisor, writable, with nothing else set. */
bool rule_P1(uint32_t at, uint32_t entry, struct violation *violation)
{
    uint32_t flags = entry & ENTRY_FLAGS & ~PROCESSOR_BITS;
    if (flags == KERNEL_PAGE)
        return true;
    return violation_set(violation, RULE_P1, at, KERNEL_PAGE, flags, "flags of the entry for");
}

/* Marks a frame as used; one that is used already is mapped twice. Frames beyond the bitmap are
 * rule F4's. */
static bool rule_P2(const struct scene *scene, uint32_t at, uint32_t entry,
                    struct violation *violation)
{
    uint32_t frame = entry_frame(entry).n;
    uint32_t bit = 1u << frame % SCENE_WORD_BITS;
    if (frame >= scene->frame_count)
        return violation_set(violation, RULE_F4, at, scene->frame_count, frame,
                             "frame beyond memory in the entry for");
    uint32_t *word = &scene->used[frame / SCENE_WORD_BITS];
    if ((*word & bit) != 0)
        return violation_set(violation, RULE_P2, at, 0, frame, "frame mapped a second time at");
    *word |= bit;
    return true;
}

/* Only pages below the heap's end and the device's own pages are mapped. */
static bool rule_P3(const struct scene *scene, const struct census *census, uint32_t at,
                    uint32_t entry, struct violation *violation)
{
    if (directory_slot(vaddr_of(at)) == PROBE_SLOT_DEVICE) {
        uint32_t page = (at - DEVICE_WINDOW_AT) / PAGE_SIZE;
        uint32_t frame = page < DEVICE_PAGES ? scene->device_frames[page].n : DEVICE_UNMAPPED.n;
        if (frame == entry_frame(entry).n)
            return true;
        return violation_set(violation, RULE_P3, at, frame, entry_frame(entry).n,
                             "frame mapped in the device window at");
    }
    if (scene->heap_made && at >= scene->heap_at.v && at < census->end)
        return true;
    return violation_set(violation, RULE_P3, at, 0, entry, "entry mapped outside the heap at");
}

/* The first of the entries [first, end) that is not as boot left it, or end. */
static uint32_t entry_changed(const uint32_t *words, const uint32_t *boot, uint32_t first,
                              uint32_t end)
{
    while (first < end && ((words[first] ^ boot[first]) & ~PROCESSOR_BITS) == 0)
        first++;
    return first;
}

bool rule_P4_root(struct violation *violation)
{
    uint32_t root = entry_frame(probe_boot_directory()[RECURSIVE_SLOT]).n;
    return probe_root().n == root ||
           violation_set(violation, RULE_P4, DIRECTORY_AT, root, probe_root().n,
                         "frame in CR3, the directory, seen at");
}

/* Which entry of the directory it is that is not as boot left it; TABLE_ENTRIES if none is. */
static uint32_t slot_changed(const struct scene *scene, const uint32_t *directory)
{
    const uint32_t *boot = probe_boot_directory();
    uint32_t slot = boot_runs_hold(&scene->boot->directory, directory)
                        ? PROBE_SLOT_DEVICE
                        : entry_changed(directory, boot, 0, PROBE_SLOT_DEVICE);
    if (slot == PROBE_SLOT_DEVICE)
        slot = entry_changed(directory, boot, PROBE_SLOT_KERNEL, PROBE_SLOT_KERNEL + 1u);
    if (slot == PROBE_SLOT_KERNEL + 1u)
        slot = entry_changed(directory, boot, RECURSIVE_SLOT, TABLE_ENTRIES);
    return slot;
}

/* Boot's entries are as boot left them, whatever accessed and dirty bits the processor has set
 * since: those of the directory, and those of the kernel's own table. */
bool rule_P4(const struct scene *scene, const uint32_t *directory, struct violation *violation)
{
    if (!rule_P4_root(violation))
        return false;
    uint32_t slot = slot_changed(scene, directory);
    if (slot != TABLE_ENTRIES)
        return violation_set(violation, RULE_P4, slot, probe_boot_directory()[slot],
                             directory[slot], "directory entry of slot");
    const uint32_t *table = probe_table(PROBE_SLOT_KERNEL);
    if (boot_runs_hold(&scene->boot->table, table))
        return true;
    uint32_t i = entry_changed(table, probe_boot_table(), 0, TABLE_ENTRIES);
    return i == TABLE_ENTRIES ||
           violation_set(violation, RULE_P4, (PROBE_SLOT_KERNEL << TABLE_SHIFT) + i * PAGE_SIZE,
                         probe_boot_table()[i], table[i], "boot's table entry for");
}

/* A table is there because something is mapped in it. */
bool rule_P5(uint32_t at, uint32_t entry_count, struct violation *violation)
{
    if (entry_count > 0)
        return true;
    return violation_set(violation, RULE_P5, at, 1, 0, "entries in the table for");
}

bool rule_entry(const struct scene *scene, const struct census *census, uint32_t at, uint32_t entry,
                struct violation *violation)
{
    if ((entry & ENTRY_PRESENT) == 0)
        return violation_set(violation, RULE_P5, at, 0, entry, "half-prepared entry for");
    return rule_P1(at, entry, violation) && rule_P3(scene, census, at, entry, violation);
}

/* The first entry from i on that is not zero, or TABLE_ENTRIES. Most of a table is empty. */
CHECK_LOOP CHECK_BULK uint32_t check_next_entry(const uint32_t *table, uint32_t i)
{
    for (; i % CHECK_STRIDE != 0; i++)
        if (table[i] != 0)
            return i;
    while (i < TABLE_ENTRIES && check_any(&table[i]) == 0)
        i += CHECK_STRIDE;
    while (i < TABLE_ENTRIES && table[i] == 0)
        i++;
    return i;
}

/* The index in the table of `slot` at which the pages from `at` on begin. */
static uint32_t index_of(uint32_t slot, uint32_t at)
{
    uint32_t at_slot = directory_slot(vaddr_of(at));
    if (at_slot != slot)
        return at_slot < slot ? 0 : TABLE_ENTRIES;
    return (at - (slot << TABLE_SHIFT) + PAGE_MASK) / PAGE_SIZE;
}

/* Marks the frames of what nearly all entries are: pages mapped as the core maps, of frames that
 * are there and that nobody else uses. Returns where the first of the entries [i, end) stands that
 * is something else. */
CHECK_LOOP static uint32_t mark_plain(const struct scene *scene, const uint32_t *table, uint32_t i,
                                      uint32_t end)
{
    uint32_t *used = scene->used;
    uint32_t frame_count = scene->frame_count;
    for (; i < end; i++) {
        uint32_t frame = entry_frame(table[i]).n;
        uint32_t bit = 1u << frame % SCENE_WORD_BITS;
        if ((table[i] & ENTRY_FLAGS & ~PROCESSOR_BITS) != KERNEL_PAGE || frame >= frame_count ||
            (used[frame / SCENE_WORD_BITS] & bit) != 0)
            break;
        used[frame / SCENE_WORD_BITS] |= bit;
    }
    return i;
}

/* The entries of a table. For pages of the heap's extent, the plain ones keep rules P1 to P3 and
 * P5; each other one is looked at rule by rule. */
static bool check_entries(const struct scene *scene, struct census *census, uint32_t slot,
                          const uint32_t *table, struct violation *violation)
{
    bool is_heaps = scene->heap_made && slot != PROBE_SLOT_DEVICE;
    uint32_t heap_first = index_of(slot, scene->heap_at.v);
    uint32_t heap_end = is_heaps ? index_of(slot, census->end) : 0;
    uint32_t first = slot << TABLE_SHIFT;
    uint32_t entry_count = 0;
    for (uint32_t i = check_next_entry(table, 0); i < TABLE_ENTRIES;) {
        uint32_t next = i < heap_first ? i : mark_plain(scene, table, i, heap_end);
        if (next == i) {
            uint32_t at = first + i * PAGE_SIZE;
            if (!rule_entry(scene, census, at, table[i], violation) ||
                !rule_P2(scene, at, table[i], violation))
                return false;
            next++;
        }
        entry_count += next - i;
        i = check_next_entry(table, next);
    }
    if (slot != PROBE_SLOT_DEVICE)
        census->mapped_pages += entry_count;
    return rule_P5(first, entry_count, violation);
}

static bool check_table(const struct scene *scene, struct census *census, uint32_t slot,
                        uint32_t directory_entry, struct violation *violation)
{
    uint32_t first = slot << TABLE_SHIFT;
    if ((directory_entry & ENTRY_PRESENT) == 0)
        return violation_set(violation, RULE_P5, first, 0, directory_entry,
                             "half-prepared directory entry for");
    if (!rule_P1(first, directory_entry, violation) ||
        !rule_P2(scene, first, directory_entry, violation))
        return false;
    const uint32_t *table = probe_table(slot);
    if (table == (const uint32_t *)0)
        return violation_set(violation, RULE_P1, first, 1, directory_entry, "no table in RAM for");
    return check_entries(scene, census, slot, table, violation);
}

/* Every page that the device's user mapped is mapped: rule P3 has seen that nothing else is. */
bool check_device(const struct scene *scene, struct violation *violation)
{
    uint32_t left = scene->device_count;
    for (uint32_t page = 0; left > 0 && page < DEVICE_PAGES; page++) {
        vaddr_t at = vaddr_of(DEVICE_WINDOW_AT + page * PAGE_SIZE);
        if (scene->device_frames[page].n == DEVICE_UNMAPPED.n)
            continue;
        left--;
        if (probe_page(at) == NULL)
            return violation_set(violation, RULE_P1, at.v, scene->device_frames[page].n, 0,
                                 "frame of the device's page, not mapped,");
    }
    return true;
}

/* What the TLB would answer is what the tables say. */
bool rule_P6(struct violation *violation)
{
    uint32_t count = probe_tlb_count();
    for (uint32_t i = 0; i < count; i++) {
        struct tlb_entry held = probe_tlb_entry(i);
        if ((held.entry & ENTRY_PRESENT) == 0)
            continue;
        const uint32_t *table = probe_table(directory_slot(held.page));
        uint32_t entry = table == NULL ? 0 : table[table_index(held.page)];
        uint32_t differ = (held.entry ^ entry) & (ENTRY_FRAME | ENTRY_PRESENT | ENTRY_WRITABLE);
        if (differ != 0)
            return violation_set(violation, RULE_P6, held.page.v, entry, held.entry,
                                 "stale TLB entry of page");
    }
    return true;
}

bool rule_P6_freed(struct violation *violation)
{
    frame_t frame;
    return !probe_freed_in_use(&frame) ||
           violation_set(violation, RULE_P6, frame.n, 0, 1, "given back before its flush: frame");
}

bool rule_P6_used(struct violation *violation)
{
    struct stale_use use;
    return !probe_stale_use(&use) ||
           violation_set(violation, RULE_P6, use.page.v, use.entry, use.held,
                         "stale translation used (expected: the entry written) of page");
}

bool rule_P8(struct violation *violation)
{
    vaddr_t at = probe_unlocked();
    return vaddr_is_null(at) || violation_set(violation, RULE_P8, at.v, 0, 1,
                                              "interrupts enabled at an access of the core to");
}

bool rule_O1_words(struct violation *violation)
{
    vaddr_t at = probe_trespass();
    return vaddr_is_null(at) ||
           violation_set(violation, RULE_O1, at.v, 0, 1,
                         "accessed by the core as metadata: word of a live payload at");
}

bool check_paging(const struct scene *scene, struct census *census, struct violation *violation)
{
    const uint32_t *directory = probe_directory();
    census->mapped_pages = 0;
    uint32_t *used = scene->used;
    uint32_t word_count = scene_words(scene->frame_count);
    for (uint32_t w = 0; w < word_count; w++)
        used[w] = 0;
    if (!rule_P4(scene, directory, violation))
        return false;
    for (uint32_t slot = check_next_entry(directory, PROBE_SLOT_DEVICE); slot < RECURSIVE_SLOT;
         slot = check_next_entry(directory, slot + 1u)) {
        if (slot != PROBE_SLOT_KERNEL &&
            !check_table(scene, census, slot, directory[slot], violation))
            return false;
    }
    return check_device(scene, violation) && rule_P6(violation);
}
