/* The processor's side: walks, TLB, faults, bulk accesses. */
#include "mmu_x86/emulator/emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmu_x86/injection.h"

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
    emulator.frame_state[frame.n] |= FRAME_USED;
    emulator.used_frames[emulator.used_count++] = frame.n;
    memset(physical_word(frame, 0), PROBE_GARBAGE, PAGE_SIZE);
}

/* Counts what a TLB entry leads to no longer. */
static void tlb_drop(uint32_t entry)
{
    if ((entry & ENTRY_PRESENT) != 0)
        emulator.tlb_uses[entry_frame(entry).n]--;
}

static void tlb_put(vaddr_t at, uint32_t entry)
{
    uint32_t page = at.v >> PAGE_SHIFT;
    if (emulator.tlb[page] == 0)
        emulator.tlb_pages[emulator.tlb_count++] = page;
    tlb_drop(emulator.tlb[page]);
    emulator.tlb_uses[entry_frame(entry).n]++;
    emulator.tlb[page] = entry;
}

/* A frame may become free only when no TLB entry leads to it any more: from then on it can be
 * handed out (SDM 3A 4.10.4.2). */
static void freed_check(uint32_t first_frame, uint32_t freed)
{
    for (; freed != 0; freed &= freed - 1u) {
        frame_t frame = {first_frame + (uint32_t)__builtin_ctz(freed)};
        if (frame_exists(frame) && emulator.tlb_uses[frame.n] != 0 && !emulator.freed_in_use) {
            emulator.freed_in_use = true;
            emulator.freed_frame = frame;
        }
    }
}

void emulator_watched_store(vaddr_t at, const uint32_t *place, uint32_t word)
{
    emulator.watched_written = true;
    uint32_t first_frame = (at.v - emulator.free_bitmap.v) * 8u;
    if (!vaddr_is_null(emulator.free_bitmap) && at.v >= emulator.free_bitmap.v &&
        first_frame < emulator.free_bitmap_size)
        freed_check(first_frame, word & ~*place);
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

    /* The processor sets these as it walks (SDM 3A 4.8). */
    *physical_word(directory, slot) |= ENTRY_ACCESSED;
    *physical_word(table, index) |= ENTRY_ACCESSED | (access == EMULATOR_WRITE ? ENTRY_DIRTY : 0);
    emulator_frame_use(frame);
    uint32_t kept = entry & ~(writable ? 0 : ENTRY_WRITABLE) & ~ENTRY_DIRTY;
    return kept | ENTRY_ACCESSED | (access == EMULATOR_WRITE ? ENTRY_DIRTY : 0);
}

uint32_t emulator_walk(vaddr_t at, uint32_t access)
{
    if (at.v % 4u != 0) {
        (void)fprintf(stderr, "misaligned word access at %08x\n", at.v);
        abort();
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

static char *emulator_bytes(vaddr_t at, uint32_t access)
{
    uint32_t *place = emulator_word(vaddr_of(at.v & ~3u), access);
    if (access == EMULATOR_WRITE)
        emulator_watch(vaddr_of(at.v & ~3u), place, *place);
    return (char *)place + (at.v & 3u);
}

/* Bulk accesses are not journalled: they only ever write what is fresh (a new table, a new control
 * block) or a caller's payload, neither of which a refusal has to leave as it was. */
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
        memset(emulator_bytes(at, EMULATOR_WRITE), byte, run);
        emulator.counts.stores += run / 4u;
        at = vaddr_add(at, run);
        size_bytes -= run;
    }
}

void emulator_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    while (size_bytes > 0) {
        uint32_t run = page_run(to, page_run(from, size_bytes));
        const char *source = emulator_bytes(from, EMULATOR_READ);
        memcpy(emulator_bytes(to, EMULATOR_WRITE), source, run);
        emulator.counts.loads += run / 4u;
        emulator.counts.stores += run / 4u;
        to = vaddr_add(to, run);
        from = vaddr_add(from, run);
        size_bytes -= run;
    }
}

void emulator_flush_page(vaddr_t page)
{
    emulator.counts.flushes++;
    uint32_t *entry = &emulator.tlb[page.v >> PAGE_SHIFT];
    tlb_drop(*entry);
    if (*entry != 0)
        *entry = EMULATOR_FLUSHED;
}

void emulator_set_root(frame_t directory)
{
    emulator.counts.flushes++;
    emulator.root = directory;
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        tlb_drop(emulator.tlb[emulator.tlb_pages[i]]);
        emulator.tlb[emulator.tlb_pages[i]] = 0;
    }
    emulator.tlb_count = 0;
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
