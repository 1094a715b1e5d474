/* The processor's side: walks, TLB, faults, bulk accesses. */
#include "mmu_x86/emulator/emulator.h"

#include "mmu_x86/bulk.h"
#include "mmu_x86/injection.h"
#include <stdio.h>
#include <stdlib.h>

struct emulator emulator;
struct injection injection;

static uint32_t *physical_word(frame_t frame, uint32_t index)
{
    return &emulator.ram[frame.n * (PAGE_SIZE / 4u) + index];
}

_Noreturn static void fault_raise(vaddr_t at, uint32_t error_code, uint32_t directory_entry,
                                  uint32_t table_entry)
{
    struct fault fault = {at, error_code, directory_entry, table_entry};
    if (emulator.on_fault != NULL)
        emulator.on_fault(&fault);
    (void)fprintf(stderr,
                  "page fault at %08x: error code %x, directory entry %08x, table entry %08x\n",
                  at.v, error_code, directory_entry, table_entry);
    abort();
}

/* RAM that is not there reads as ones and takes no writes, as on a PC: an entry that leads there is
 * reported by the walk as a fault of its own kind, because on a real machine nothing good follows.
 */
static bool frame_exists(frame_t frame)
{
    return frame.n < emulator.frame_count;
}

void emulator_frame_fill(frame_t frame)
{
    emulator.frame_used[frame.n] = true;
    emulator.used_frames[emulator.used_count++] = frame.n;
    bulk_fill(physical_word(frame, 0), PROBE_GARBAGE, PAGE_SIZE);
}

/* The translation that an entry stands for, stale or not; 0: none. */
static uint32_t tlb_translation(uint32_t entry)
{
    return (entry & EMULATOR_STALE) != 0 ? (entry & ~EMULATOR_STALE) | ENTRY_PRESENT : entry;
}

/* Counts what a TLB entry leads to no longer. */
static void tlb_drop(uint32_t entry)
{
    if ((entry & (ENTRY_PRESENT | EMULATOR_STALE)) != 0)
        emulator.tlb_uses[entry_frame(entry).n]--;
    if ((entry & EMULATOR_STALE) != 0)
        emulator.stale_count--;
}

static void tlb_put(vaddr_t at, uint32_t entry)
{
    uint32_t page = at.v >> PAGE_SHIFT;
    if (emulator.tlb[page] == 0)
        emulator.tlb_pages[emulator.tlb_count++] = page;
    tlb_drop(emulator.tlb[page]);
    emulator.tlb_uses[entry_frame(entry).n]++;
    emulator.tlb[page] = entry & ~ENTRY_SOFTWARE;
}

/* Marks the translation that the TLB holds for `page` as stale if it is not that of `entry`, and as
 * good if it is. */
static void tlb_compare(uint32_t page, uint32_t entry)
{
    uint32_t *held = &emulator.tlb[page];
    uint32_t translation = tlb_translation(*held);
    if ((translation & ENTRY_PRESENT) == 0)
        return;
    bool was_stale = (*held & EMULATOR_STALE) != 0;
    uint32_t differ = (translation ^ entry) & (ENTRY_FRAME | ENTRY_PRESENT | ENTRY_WRITABLE);
    *held = differ != 0 ? (translation & ~ENTRY_PRESENT) | EMULATOR_STALE : translation;
    emulator.stale_count += (uint32_t)(differ != 0) - (uint32_t)was_stale;
}

/* What the tables say of a page now. */
static uint32_t table_entry(uint32_t page)
{
    uint32_t directory_entry = *physical_word(emulator.root, page / TABLE_ENTRIES);
    frame_t table = entry_frame(directory_entry);
    if ((directory_entry & ENTRY_PRESENT) == 0 || !frame_exists(table))
        return 0;
    emulator_frame_use(table);
    return *physical_word(table, page % TABLE_ENTRIES);
}

/* Compares every translation that the table in `slot` is on the way of. */
static void tlb_compare_slot(uint32_t slot)
{
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        uint32_t page = emulator.tlb_pages[i];
        if (page / TABLE_ENTRIES == slot)
            tlb_compare(page, table_entry(page));
    }
}

/* The recursive window shows the table entry for page p at TABLES_AT + 4 * p, and the directory as
 * its last page. */
void emulator_table_store(vaddr_t at, uint32_t word)
{
    uint32_t page = (at.v - TABLES_AT) / 4u;
    if (page / TABLE_ENTRIES != RECURSIVE_SLOT) {
        tlb_compare(page, word);
        return;
    }
    /* A directory entry: it is the table entry of its table's page, and on the way of all pages
     * that the table maps. */
    uint32_t *place = physical_word(emulator.root, page % TABLE_ENTRIES);
    uint32_t old = *place;
    *place = word;
    tlb_compare(page, word);
    tlb_compare_slot(page % TABLE_ENTRIES);
    *place = old;
}

/* A frame may become free only when no TLB entry leads to it any more: from then on it can be
 * handed out (SDM 3A 4.10.4.2). */
void emulator_bitmap_store(vaddr_t at, uint32_t old, uint32_t word)
{
    uint32_t first_frame = (at.v - emulator.free_bitmap.v) * 8u;
    for (uint32_t freed = word & ~old; freed != 0; freed &= freed - 1u) {
        frame_t frame = {first_frame + (uint32_t)__builtin_ctz(freed)};
        if (frame_exists(frame) && emulator.tlb_uses[frame.n] != 0 && !emulator.freed_in_use) {
            emulator.freed_in_use = true;
            emulator.freed_frame = frame;
        }
    }
}

static void written(frame_t frame)
{
    if (emulator.on_write != NULL)
        emulator.on_write(frame);
}

/* Sets bits that the processor sets in an entry as it walks (SDM 3A 4.8). */
static void entry_mark(frame_t table, uint32_t index, uint32_t bits)
{
    uint32_t *entry = physical_word(table, index);
    if ((*entry & bits) == bits)
        return;
    written(table);
    *entry |= bits;
}

/* The walk of SDM 3A 4.3 for a supervisor access with CR0.WP set and without 4 MiB pages. What the
 * TLB keeps combines both levels' permissions (4.6), and holds `dirty` only after a write has set
 * it in the table. */
static uint32_t walk(vaddr_t at, uint32_t access)
{
    frame_t directory = emulator.root;
    uint32_t slot = directory_slot(at);
    uint32_t directory_entry = *physical_word(directory, slot);
    if ((directory_entry & ENTRY_PRESENT) == 0)
        fault_raise(at, access, directory_entry, 0);
    frame_t table = entry_frame(directory_entry);
    if (!frame_exists(table) || (directory_entry & ENTRY_PAGE_SIZE) != 0)
        fault_raise(at, access | FAULT_PRESENT, directory_entry, 0);
    emulator_frame_use(table);

    uint32_t index = table_index(at);
    uint32_t entry = *physical_word(table, index);
    if ((entry & ENTRY_PRESENT) == 0)
        fault_raise(at, access, directory_entry, entry);
    bool writable = (directory_entry & entry & ENTRY_WRITABLE) != 0;
    frame_t frame = entry_frame(entry);
    if (!frame_exists(frame) || (access == EMULATOR_WRITE && !writable))
        fault_raise(at, access | FAULT_PRESENT, directory_entry, entry);

    entry_mark(directory, slot, ENTRY_ACCESSED);
    entry_mark(table, index, ENTRY_ACCESSED | (access == EMULATOR_WRITE ? ENTRY_DIRTY : 0));
    emulator_frame_use(frame);
    if (access == EMULATOR_WRITE)
        written(frame);
    uint32_t kept = entry & ~(writable ? 0 : ENTRY_WRITABLE) & ~ENTRY_DIRTY;
    return kept | ENTRY_ACCESSED | (access == EMULATOR_WRITE ? ENTRY_DIRTY : 0);
}

uint32_t emulator_walk(vaddr_t at, uint32_t access)
{
    /* The seam asks for aligned words (mmu_x86/machine.h). A processor would do it, but nothing of
     * the core's is there. */
    if (at.v % 4u != 0)
        fault_raise(at, access, 0, 0);
    uint32_t held = emulator.tlb[at.v >> PAGE_SHIFT];
    if ((held & EMULATOR_STALE) != 0) {
        if (!emulator.stale_used)
            emulator.stale_use = (struct stale_use){vaddr_of(at.v & ~PAGE_MASK), held & ENTRY_FRAME,
                                                    table_entry(at.v >> PAGE_SHIFT)};
        emulator.stale_used = true;
        if (access == EMULATOR_WRITE && (held & ENTRY_WRITABLE) != 0)
            written(entry_frame(held));
        if (access != EMULATOR_WRITE || (held & ENTRY_WRITABLE) != 0)
            return held;
    }
    uint32_t clean = ENTRY_PRESENT | EMULATOR_CLEAN;
    if (access == EMULATOR_WRITE && (held & clean) == clean) {
        written(entry_frame(held));
        return emulator.tlb[at.v >> PAGE_SHIFT] = (held & ~EMULATOR_CLEAN) | ENTRY_DIRTY;
    }
    uint32_t entry = walk(at, access);
    tlb_put(at, entry);
    return entry;
}

/* The bytes from `at` to the end of its page, at most size_bytes. */
static uint32_t page_run(vaddr_t at, uint32_t size_bytes)
{
    uint32_t room = PAGE_SIZE - (at.v & PAGE_MASK);
    return size_bytes < room ? size_bytes : room;
}

/* Notes that the core is about to write a run of bytes within one page. What they were is not kept:
 * bulk accesses only ever write what is fresh (a new table, a new control block) or a caller's
 * payload, neither of which a refusal has to leave as it was. */
static void bulk_note(vaddr_t at, const char *place, uint32_t size_bytes)
{
    if (emulator.bulk_count == EMULATOR_BULK_MAX) {
        emulator.journal_lost = true;
        return;
    }
    emulator.bulk[emulator.bulk_count++] = (struct bulk_entry){
        .at = at,
        .physical = (uint32_t)(place - (const char *)emulator.ram),
        .size_bytes = size_bytes,
    };
}

static char *bytes_read(vaddr_t at)
{
    return (char *)emulator_word(vaddr_of(at.v & ~3u), EMULATOR_READ) + (at.v & 3u);
}

static char *bytes_write(vaddr_t at, uint32_t size_bytes)
{
    char *place = (char *)emulator_word(vaddr_of(at.v & ~3u), EMULATOR_WRITE) + (at.v & 3u);
    bulk_note(at, place, size_bytes);
    return place;
}

/* The TLB after bytes of the page tables were written in bulk. */
static void bulk_compare(vaddr_t at)
{
    if (at.v >= TABLES_AT)
        tlb_compare_slot((at.v - TABLES_AT) / PAGE_SIZE);
}

/* A processor may walk, and keep what it finds, as soon as a directory entry is present (SDM
 * 3A 4.10.2.3). So before a table is zeroed in the recursive window, its first and last entry are
 * walked as they stand. */
static void speculate(vaddr_t at, uint32_t size_bytes)
{
    if (at.v < TABLES_AT || size_bytes != PAGE_SIZE)
        return;
    const uint32_t *table = emulator_word(at, EMULATOR_READ);
    uint32_t first = (at.v - TABLES_AT) / PAGE_SIZE * TABLE_ENTRIES;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i += TABLE_ENTRIES - 1u)
        if ((table[i] & ENTRY_PRESENT) != 0) {
            frame_t frame = entry_frame(table[i]);
            /* Garbage names any frame; RAM has only so many. */
            frame = frame_exists(frame) ? frame : emulator.root;
            tlb_put(vaddr_of((first + i) << PAGE_SHIFT),
                    entry_of(frame, table[i] & ENTRY_FLAGS & ~ENTRY_DIRTY));
        }
}

void emulator_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    speculate(at, size_bytes);
    while (size_bytes > 0) {
        uint32_t run = page_run(at, size_bytes);
        bulk_fill(bytes_write(at, run), byte, run);
        bulk_compare(at);
        emulator.counts.stores += run / 4u;
        at = vaddr_add(at, run);
        size_bytes -= run;
    }
}

void emulator_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    while (size_bytes > 0) {
        uint32_t run = page_run(to, page_run(from, size_bytes));
        const char *source = bytes_read(from);
        bulk_copy(bytes_write(to, run), source, run);
        bulk_compare(to);
        emulator.counts.loads += run / 4u;
        emulator.counts.stores += run / 4u;
        to = vaddr_add(to, run);
        from = vaddr_add(from, run);
        size_bytes -= run;
    }
}

void emulator_flush_page(vaddr_t page)
{
    uint32_t *entry = &emulator.tlb[page.v >> PAGE_SHIFT];
    emulator.counts.flushes++;
    emulator.counts.flushes_needless += (*entry & EMULATOR_STALE) == 0;
    tlb_drop(*entry);
    if (*entry != 0)
        *entry = EMULATOR_FLUSHED;
}

void emulator_set_root(frame_t directory)
{
    emulator.counts.flushes++;
    emulator.counts.flushes_needless += emulator.stale_count == 0;
    emulator.root = directory;
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        tlb_drop(emulator.tlb[emulator.tlb_pages[i]]);
        emulator.tlb[emulator.tlb_pages[i]] = 0;
    }
    emulator.tlb_count = 0;
}

_Noreturn void emulator_exhausted(void)
{
    if (emulator.on_exhausted != NULL)
        emulator.on_exhausted();
    (void)fprintf(stderr, "a call of the core does not come to an end\n");
    abort();
}

void emulator_interrupt(void)
{
    /* The processor clears the interrupt flag on the way into a handler and IRET sets it (SDM
     * 3A 6.8.1). */
    emulator.interrupts_enabled = 0;
    if (injection.interrupt_handler != NULL)
        injection.interrupt_handler();
    emulator.interrupts_enabled = 1;
}
