/* The processor's side: walks, TLB, faults. */
#include "mmu_x86/emulator/emulator_internal.h"

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

/* Drops the TLB's entry for a page, and leaves the page on the list. */
static void tlb_forget(uint32_t page)
{
    uint32_t *entry = &emulator.tlb[page];
    tlb_drop(*entry);
    if (*entry != 0)
        *entry = EMULATOR_FLUSHED;
}

/* A fault drops what the TLB has of its page (SDM 3A 4.10.4.1). */
_Noreturn static void fault_raise(vaddr_t at, uint32_t error_code, uint32_t directory_entry,
                                  uint32_t table_entry)
{
    struct fault fault = {at, error_code, directory_entry, table_entry};
    tlb_forget(at.v >> PAGE_SHIFT);
    if (emulator.on_fault != NULL)
        emulator.on_fault(&fault);
    (void)fprintf(stderr,
                  "page fault at %08x: error code %x, directory entry %08x, table entry %08x\n",
                  at.v, error_code, directory_entry, table_entry);
    abort();
}

void emulator_tlb_put(vaddr_t at, uint32_t entry)
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

/* Whether a directory entry maps 4 MiB. */
static bool is_large(uint32_t directory_entry)
{
    return (directory_entry & ENTRY_PAGE_SIZE) != 0 && emulator.page_sizes == EMULATOR_SIZES_ON;
}

/* The frame of a page in 4 MiB. */
static frame_t large_frame(uint32_t directory_entry, uint32_t index)
{
    return (frame_t){(directory_entry >> TABLE_SHIFT) * TABLE_ENTRIES + index};
}

/* What the tables say of a page now. */
static uint32_t table_entry(uint32_t page)
{
    uint32_t directory_entry = *physical_word(emulator.root, page / TABLE_ENTRIES);
    frame_t table = entry_frame(directory_entry);
    if (is_large(directory_entry))
        return entry_of(large_frame(directory_entry, page % TABLE_ENTRIES),
                        directory_entry & ENTRY_FLAGS);
    if ((directory_entry & ENTRY_PRESENT) == 0 || !emulator_frame_exists(table))
        return 0;
    emulator_frame_use(table);
    return *physical_word(table, page % TABLE_ENTRIES);
}

void emulator_tlb_compare_slot(uint32_t slot)
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
    emulator_tlb_compare_slot(page % TABLE_ENTRIES);
    *place = old;
}

/* A frame may become free only when no TLB entry leads to it any more: from then on it can be
 * handed out (SDM 3A 4.10.4.2). */
void emulator_bitmap_store(vaddr_t at, uint32_t old, uint32_t word)
{
    uint32_t first_frame = (at.v - emulator.free_bitmap.v) * 8u;
    for (uint32_t freed = word & ~old; freed != 0; freed &= freed - 1u) {
        frame_t frame = {first_frame + (uint32_t)__builtin_ctz(freed)};
        if (emulator_frame_exists(frame) && emulator.tlb_uses[frame.n] != 0 &&
            !emulator.freed_in_use) {
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

/* What rights, of both levels together, let an access do (SDM 3A 4.6.1). */
static bool access_granted(uint32_t access, uint32_t rights)
{
    bool writable = (access & EMULATOR_WRITE) == 0 || (rights & ENTRY_WRITABLE) != 0;
    if ((access & EMULATOR_USER) != 0)
        return writable && (rights & ENTRY_USER) != 0;
    return writable || emulator.protect_off;
}

/* SDM 3A 4.3, table 4-4: reserved in an entry that maps 4 MiB. Bits 20:13 lead beyond RAM. */
#define LARGE_RESERVED 0x200000u
#define LARGE_BEYOND 0x1FE000u

/* The end of a walk at a directory entry that maps 4 MiB. */
static uint32_t walk_large(vaddr_t at, uint32_t access, uint32_t directory_entry)
{
    frame_t frame = large_frame(directory_entry, table_index(at));
    if ((directory_entry & LARGE_RESERVED) != 0)
        fault_raise(at, access | FAULT_PRESENT | FAULT_RESERVED, directory_entry, 0);
    if ((directory_entry & LARGE_BEYOND) != 0 || !emulator_frame_exists(frame) ||
        !access_granted(access, directory_entry))
        fault_raise(at, access | FAULT_PRESENT, directory_entry, 0);
    uint32_t dirty = (access & EMULATOR_WRITE) != 0 ? ENTRY_DIRTY : 0;
    entry_mark(emulator.root, directory_slot(at), ENTRY_ACCESSED | dirty);
    emulator_frame_use(frame);
    if (dirty != 0)
        written(frame);
    uint32_t kept = directory_entry & (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER);
    return entry_of(frame, kept | EMULATOR_LARGE | ENTRY_ACCESSED | dirty);
}

/* The walk of SDM 3A 4.3. What the TLB keeps combines both levels' permissions (4.6), and holds
 * `dirty` only after a write has set it in the table. */
static uint32_t walk(vaddr_t at, uint32_t access)
{
    frame_t directory = emulator.root;
    uint32_t slot = directory_slot(at);
    uint32_t directory_entry = *physical_word(directory, slot);
    if ((directory_entry & ENTRY_PRESENT) == 0)
        fault_raise(at, access, directory_entry, 0);
    if (is_large(directory_entry))
        return walk_large(at, access, directory_entry);
    frame_t table = entry_frame(directory_entry);
    if (!emulator_frame_exists(table) ||
        ((directory_entry & ENTRY_PAGE_SIZE) != 0 && emulator.page_sizes == EMULATOR_SIZES_REFUSED))
        fault_raise(at, access | FAULT_PRESENT, directory_entry, 0);
    emulator_frame_use(table);

    /* Marked whatever comes behind it, as processors do (4.8 leaves it to them). */
    entry_mark(directory, slot, ENTRY_ACCESSED);
    uint32_t index = table_index(at);
    uint32_t entry = *physical_word(table, index);
    if ((entry & ENTRY_PRESENT) == 0)
        fault_raise(at, access, directory_entry, entry);
    uint32_t lacking = (ENTRY_WRITABLE | ENTRY_USER) & ~directory_entry;
    frame_t frame = entry_frame(entry);
    if (!emulator_frame_exists(frame) || !access_granted(access, entry & ~lacking))
        fault_raise(at, access | FAULT_PRESENT, directory_entry, entry);

    uint32_t dirty = (access & EMULATOR_WRITE) != 0 ? ENTRY_DIRTY : 0;
    entry_mark(table, index, ENTRY_ACCESSED | dirty);
    emulator_frame_use(frame);
    if (dirty != 0)
        written(frame);
    return (entry & ~(lacking | ENTRY_DIRTY | EMULATOR_LARGE)) | ENTRY_ACCESSED | dirty;
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
        if (access_granted(access, held)) {
            if ((access & EMULATOR_WRITE) != 0)
                written(entry_frame(held));
            return held;
        }
    }
    uint32_t clean = ENTRY_PRESENT | EMULATOR_CLEAN;
    if (access == EMULATOR_WRITE && (held & clean) == clean) {
        written(entry_frame(held));
        return emulator.tlb[at.v >> PAGE_SHIFT] = (held & ~EMULATOR_CLEAN) | ENTRY_DIRTY;
    }
    uint32_t entry = walk(at, access);
    emulator_tlb_put(at, entry);
    return entry;
}

uint32_t *emulator_user_word(vaddr_t at, uint32_t access)
{
    uint32_t entry = emulator.tlb[at.v >> PAGE_SHIFT];
    uint32_t needed = ENTRY_PRESENT | ENTRY_USER;
    if (access == EMULATOR_WRITE)
        needed |= ENTRY_WRITABLE | ENTRY_DIRTY;
    if ((entry & needed) != needed)
        entry = emulator_walk(at, access | EMULATOR_USER);
    return physical_word(entry_frame(entry), (at.v & PAGE_MASK) / 4u);
}

/* A flush of any page in 4 MiB drops all that the TLB has of them (SDM 3A 4.10.4.1). */
static void tlb_forget_large(uint32_t slot)
{
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        uint32_t page = emulator.tlb_pages[i];
        if (page / TABLE_ENTRIES == slot && (emulator.tlb[page] & EMULATOR_LARGE) != 0)
            tlb_forget(page);
    }
}

void emulator_flush_page(vaddr_t page)
{
    uint32_t entry = emulator.tlb[page.v >> PAGE_SHIFT];
    emulator.counts.flushes++;
    emulator.counts.flushes_needless += (entry & EMULATOR_STALE) == 0;
    tlb_forget(page.v >> PAGE_SHIFT);
    if (emulator.page_sizes == EMULATOR_SIZES_ON)
        tlb_forget_large(directory_slot(page));
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
