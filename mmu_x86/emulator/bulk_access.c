/* Accesses to runs of bytes, page by page. */
#include "mmu_x86/bulk.h"
#include "mmu_x86/emulator/emulator_internal.h"

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
        emulator_tlb_compare_slot((at.v - TABLES_AT) / PAGE_SIZE);
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
            frame = emulator_frame_exists(frame) ? frame : emulator.root;
            emulator_tlb_put(vaddr_of((first + i) << PAGE_SHIFT),
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
