#include "mmu_x86/paging.h"

#include "mmu_x86/frames.h"
#include "mmu_x86/machine.h"

/* Above this many pages one reload of the root is cheaper than an INVLPG for each. */
#define FLUSH_PAGES_MAX 32u

#define TABLE_FLAGS (ENTRY_PRESENT | ENTRY_WRITABLE)
#define PAGE_FLAGS (ENTRY_PRESENT | ENTRY_WRITABLE)

/* Where the recursive window shows the directory entry for `at`. */
static vaddr_t directory_entry_at(vaddr_t at)
{
    return vaddr_of(DIRECTORY_AT + 4u * directory_slot(at));
}

/* Where the recursive window shows the table entry for `at`: mapped only if the table is present.
 */
static vaddr_t table_entry_at(vaddr_t at)
{
    return vaddr_of(TABLES_AT + 4u * (at.v >> PAGE_SHIFT));
}

/* Where the recursive window shows the whole table that maps `at`. */
static vaddr_t table_at(vaddr_t at)
{
    return vaddr_of(TABLES_AT + PAGE_SIZE * directory_slot(at));
}

static bool table_present(vaddr_t at)
{
    return (machine_load(directory_entry_at(at)) & ENTRY_PRESENT) != 0;
}

static bool table_empty(vaddr_t table)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        if (machine_load(vaddr_add(table, 4u * i)) != 0)
            return false;
    return true;
}

/* Makes the table that maps `at`, if there is none; then *made becomes true. */
static bool table_make(vaddr_t frames, vaddr_t at, bool *made)
{
    if (table_present(at))
        return true;
    frame_t frame;
    if (frames_take(frames, &frame) != FRAMES_OK)
        return false;
    machine_store(directory_entry_at(at), entry_of(frame, TABLE_FLAGS));
    machine_fill(table_at(at), 0, PAGE_SIZE);
    /* The table was live before it was zeroed, because only its directory entry makes it reachable:
     * what the processor may have taken from its old contents meanwhile must go (SDM 3A 4.10.2.3).
     */
    machine_set_root(machine_root());
    *made = true;
    return true;
}

/* A frame that a table entry holds was taken when the entry was written, and leaves with it: giving
 * it back can only fail if the bitmap is damaged, and then the frame is better lost than handed out
 * twice. */
static void frame_release(vaddr_t frames, frame_t frame)
{
    (void)frames_give_back(frames, frame);
}

/* Gives the table that maps `at` back if its last entry is gone. Returns true if it did. */
static bool table_drop_if_empty(vaddr_t frames, vaddr_t at)
{
    if (!table_empty(table_at(at)))
        return false;
    vaddr_t slot = directory_entry_at(at);
    frame_t frame = entry_frame(machine_load(slot));
    machine_store(slot, 0);
    machine_flush_page(table_at(at));
    frame_release(frames, frame);
    return true;
}

/* The first page after `page`'s table, or `end` if that comes first. */
static vaddr_t table_end(vaddr_t page, vaddr_t end)
{
    uint32_t left = TABLE_SPAN - (page.v & (TABLE_SPAN - 1u));
    return end.v - page.v < left ? end : vaddr_add(page, left);
}

bool paging_table_present(vaddr_t page)
{
    return table_present(page);
}

bool paging_translate(vaddr_t page, uint32_t *entry)
{
    if (!table_present(page))
        return false;
    *entry = machine_load(table_entry_at(page));
    return (*entry & ENTRY_PRESENT) != 0;
}

enum paging_result paging_map(vaddr_t frames, vaddr_t page, frame_t frame, uint32_t flags)
{
    bool made = false;
    if (!table_make(frames, page, &made))
        return PAGING_NO_FRAME;
    vaddr_t at = table_entry_at(page);
    if ((machine_load(at) & ENTRY_PRESENT) != 0)
        return PAGING_ALREADY_MAPPED;
    machine_store(at, entry_of(frame, flags | ENTRY_PRESENT));
    return PAGING_OK;
}

enum paging_result paging_unmap(vaddr_t frames, vaddr_t page, frame_t *frame)
{
    uint32_t entry;
    if (!paging_translate(page, &entry))
        return PAGING_NOT_MAPPED;
    machine_store(table_entry_at(page), 0);
    machine_flush_page(page);
    *frame = entry_frame(entry);
    (void)table_drop_if_empty(frames, page);
    return PAGING_OK;
}

/* Clears the entries of [first, end) that are held, gives their frames back, and drops the tables
 * that are empty then. Requires that every table of the range is present. */
static void range_release(vaddr_t frames, vaddr_t first, vaddr_t end)
{
    while (first.v != end.v) {
        vaddr_t stop = table_end(first, end);
        for (vaddr_t page = first; page.v != stop.v; page = vaddr_add(page, PAGE_SIZE)) {
            uint32_t entry = machine_load(table_entry_at(page));
            if ((entry & ENTRY_HELD) == 0)
                continue;
            machine_store(table_entry_at(page), 0);
            frame_release(frames, entry_frame(entry));
        }
        (void)table_drop_if_empty(frames, first);
        first = stop;
    }
}

/* The frames that mapping [first, stop), all in one table, would take: its pages that are not
 * mapped, and the table. */
static uint32_t table_frames_needed(vaddr_t first, vaddr_t stop)
{
    uint32_t needed = 0;
    if (!table_present(first))
        return (stop.v - first.v) / PAGE_SIZE + 1u;
    for (vaddr_t page = first; page.v != stop.v; page = vaddr_add(page, PAGE_SIZE))
        needed += machine_load(table_entry_at(page)) == 0;
    return needed;
}

/* The plan: are there frames enough for [first, end)? A request that is too large is refused here,
 * before anything was taken that would have to be given back. */
static bool range_affordable(vaddr_t frames, vaddr_t first, vaddr_t end)
{
    uint32_t left = frames_free(frames);
    while (first.v != end.v) {
        vaddr_t stop = table_end(first, end);
        uint32_t needed = table_frames_needed(first, stop);
        if (needed > left)
            return false;
        left -= needed;
        first = stop;
    }
    return true;
}

/* Gives each page of [first, end) that is not mapped a frame, in an entry that is not present yet.
 * Returns false, with nothing changed, if a frame was refused. */
static bool range_prepare(vaddr_t frames, vaddr_t first, vaddr_t end, struct paging_change *change)
{
    for (vaddr_t page = first; page.v != end.v; page = vaddr_add(page, PAGE_SIZE)) {
        bool made = false;
        if ((page.v == first.v || table_index(page) == 0) && !table_make(frames, page, &made)) {
            range_release(frames, first, page);
            return false;
        }
        change->table_count += made;
        if (machine_load(table_entry_at(page)) != 0)
            continue;
        frame_t frame;
        if (frames_take(frames, &frame) != FRAMES_OK) {
            range_release(frames, first, vaddr_add(page, PAGE_SIZE));
            return false;
        }
        machine_store(table_entry_at(page),
                      entry_of(frame, (PAGE_FLAGS & ~ENTRY_PRESENT) | ENTRY_HELD));
        change->page_count++;
    }
    return true;
}

enum paging_result paging_map_range(vaddr_t frames, vaddr_t first, uint32_t page_count,
                                    struct paging_change *change)
{
    vaddr_t end = vaddr_add(first, page_count * PAGE_SIZE);
    *change = (struct paging_change){0};
    if (!range_affordable(frames, first, end) || !range_prepare(frames, first, end, change)) {
        *change = (struct paging_change){0};
        return PAGING_NO_FRAME;
    }
    for (vaddr_t page = first; page.v != end.v; page = vaddr_add(page, PAGE_SIZE)) {
        vaddr_t at = table_entry_at(page);
        uint32_t entry = machine_load(at);
        if ((entry & ENTRY_HELD) != 0)
            machine_store(at, (entry & ~ENTRY_HELD) | ENTRY_PRESENT);
    }
    return PAGING_OK;
}

/* Clears the entries of [first, stop), all in one table, and gives their frames back; returns how
 * many were mapped. A frame must be out of the TLB before it is free, so the entries are cleared
 * and flushed first and keep their frame numbers, not present, until then. */
static uint32_t table_unmap(vaddr_t frames, vaddr_t first, vaddr_t stop)
{
    bool flush_each = (stop.v - first.v) / PAGE_SIZE <= FLUSH_PAGES_MAX;
    uint32_t page_count = 0;
    for (vaddr_t page = first; page.v != stop.v; page = vaddr_add(page, PAGE_SIZE)) {
        vaddr_t at = table_entry_at(page);
        uint32_t entry = machine_load(at);
        if ((entry & ENTRY_PRESENT) == 0)
            continue;
        machine_store(at, (entry & ~ENTRY_PRESENT) | ENTRY_HELD);
        if (flush_each)
            machine_flush_page(page);
        page_count++;
    }
    if (!flush_each && page_count > 0)
        machine_set_root(machine_root());
    if (page_count > 0)
        range_release(frames, first, stop);
    return page_count;
}

void paging_unmap_range(vaddr_t frames, vaddr_t first, uint32_t page_count,
                        struct paging_change *change)
{
    vaddr_t end = vaddr_add(first, page_count * PAGE_SIZE);
    *change = (struct paging_change){0};
    while (first.v != end.v) {
        vaddr_t stop = table_end(first, end);
        if (table_present(first)) {
            change->page_count += table_unmap(frames, first, stop);
            change->table_count += !table_present(first);
        }
        first = stop;
    }
}
