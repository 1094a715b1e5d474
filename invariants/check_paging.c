/* Rules P1 to P6: directory, tables and TLB, by a walk of physical memory. */
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
CHECK_BULK static uint32_t entry_changed(const uint32_t *words, const uint32_t *boot,
                                         uint32_t first, uint32_t end)
{
    uint32_t differ = 0;
    uint32_t i = first;
    /* By eights: where nothing vectorises, the counting would cost as much as the looking. */
    for (; i + 8u <= end; i += 8u)
        differ |= (words[i] ^ boot[i]) | (words[i + 1u] ^ boot[i + 1u]) |
                  (words[i + 2u] ^ boot[i + 2u]) | (words[i + 3u] ^ boot[i + 3u]) |
                  (words[i + 4u] ^ boot[i + 4u]) | (words[i + 5u] ^ boot[i + 5u]) |
                  (words[i + 6u] ^ boot[i + 6u]) | (words[i + 7u] ^ boot[i + 7u]);
    for (; i < end; i++)
        differ |= words[i] ^ boot[i];
    if ((differ & ~PROCESSOR_BITS) == 0)
        return end;
    while (((words[first] ^ boot[first]) & ~PROCESSOR_BITS) == 0)
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

/* Boot's entries are as boot left them, whatever accessed and dirty bits the processor has set
 * since: those of the directory, and those of the kernel's own table. */
bool rule_P4(const uint32_t *directory, struct violation *violation)
{
    const uint32_t *boot = probe_boot_directory();
    if (!rule_P4_root(violation))
        return false;
    uint32_t slot = entry_changed(directory, boot, 0, PROBE_SLOT_DEVICE);
    if (slot == PROBE_SLOT_DEVICE)
        slot = entry_changed(directory, boot, PROBE_SLOT_KERNEL, PROBE_SLOT_KERNEL + 1u);
    if (slot == PROBE_SLOT_KERNEL + 1u)
        slot = entry_changed(directory, boot, RECURSIVE_SLOT, TABLE_ENTRIES);
    if (slot != TABLE_ENTRIES)
        return violation_set(violation, RULE_P4, slot, boot[slot], directory[slot],
                             "directory entry of slot");
    const uint32_t *table = probe_table(PROBE_SLOT_KERNEL);
    uint32_t i = entry_changed(table, probe_boot_table(), 0, TABLE_ENTRIES);
    if (i != TABLE_ENTRIES)
        return violation_set(violation, RULE_P4, (PROBE_SLOT_KERNEL << TABLE_SHIFT) + i * PAGE_SIZE,
                             probe_boot_table()[i], table[i], "boot's table entry for");
    return true;
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

static bool check_entry(const struct scene *scene, struct census *census, uint32_t at,
                        uint32_t entry, struct violation *violation)
{
    census->mapped_pages += directory_slot(vaddr_of(at)) != PROBE_SLOT_DEVICE;
    return rule_entry(scene, census, at, entry, violation) && rule_P2(scene, at, entry, violation);
}

/* The first entry from i on that is not zero, or TABLE_ENTRIES. Most of a table is empty: eight are
 * looked at at once. */
CHECK_BULK uint32_t check_next_entry(const uint32_t *table, uint32_t i)
{
    for (; i < TABLE_ENTRIES; i++) {
        while (i % 8u == 0 && i < TABLE_ENTRIES &&
               (table[i] | table[i + 1u] | table[i + 2u] | table[i + 3u] | table[i + 4u] |
                table[i + 5u] | table[i + 6u] | table[i + 7u]) == 0)
            i += 8u;
        if (i < TABLE_ENTRIES && table[i] != 0)
            return i;
    }
    return TABLE_ENTRIES;
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
    uint32_t entry_count = 0;
    for (uint32_t i = check_next_entry(table, 0); i < TABLE_ENTRIES;
         i = check_next_entry(table, i + 1u)) {
        entry_count++;
        if (!check_entry(scene, census, first + i * PAGE_SIZE, table[i], violation))
            return false;
    }
    return rule_P5(first, entry_count, violation);
}

/* Every page that the device's user mapped is mapped: rule P3 has seen that nothing else is. */
bool check_device(const struct scene *scene, struct violation *violation)
{
    for (uint32_t page = 0; page < DEVICE_PAGES; page++) {
        vaddr_t at = vaddr_of(DEVICE_WINDOW_AT + page * PAGE_SIZE);
        if (scene->device_frames[page].n != DEVICE_UNMAPPED.n && probe_page(at) == NULL)
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
    for (uint32_t w = 0; w < scene_words(scene->frame_count); w++)
        scene->used[w] = 0;
    if (!rule_P4(directory, violation))
        return false;
    for (uint32_t slot = check_next_entry(directory, PROBE_SLOT_DEVICE); slot < RECURSIVE_SLOT;
         slot = check_next_entry(directory, slot + 1u)) {
        if (slot != PROBE_SLOT_KERNEL &&
            !check_table(scene, census, slot, directory[slot], violation))
            return false;
    }
    return check_device(scene, violation) && rule_P6(violation);
}
