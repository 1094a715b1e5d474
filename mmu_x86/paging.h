/* Two-level page tables, edited through the recursive window (mmu_x86/i386.h).
 *
 * Page tables are made on demand, zeroed, and given back when their last entry goes. A page becomes
 * present only after everything that could be refused has been granted, so a refusal never has to
 * take back a translation that the processor may have cached: while a range is being prepared its
 * entries hold their frames, marked ENTRY_HELD, with ENTRY_PRESENT clear, and the processor ignores
 * all other bits of such an entry (SDM 3A 4.3, table 4-6). Unmapping goes the same way back: clear
 * and hold, flush, then give back.
 *
 * Flushes stand where the architecture needs them and nowhere else: after a present entry was
 * cleared, before its frame is given back (SDM 3A 4.10.4.2), and after a new table was zeroed,
 * which is live with its frame's old contents until then (4.10.2.3). Entries that are not present
 * are never cached, so mapping a page needs none.
 *
 * All calls that change anything require that nothing else changes tables or frames meanwhile: a
 * caller that can be interrupted by another disables interrupts.
 *
 * P1  every page that the heap needs is mapped: present, writable, supervisor, nothing else set
 * P2  no frame is mapped twice
 * P3  nothing else is mapped: beyond the heap's end, in the guard pages, in the other windows
 * P4  the recursive slot maps the directory; the entries of boot are as boot left them
 * P5  a table that is present has an entry that is not zero; no entry is left half prepared
 * P6  the TLB agrees with the tables, and leads to no frame that has become free
 * P7  no access of the core faults
 * P8  the core reads and writes its state with interrupts disabled (payloads aside) */
#ifndef KHEAP_MMU_X86_PAGING_H
#define KHEAP_MMU_X86_PAGING_H

#include "mmu_x86/address.h"
#include "mmu_x86/i386.h"

enum paging_result {
    PAGING_OK,
    PAGING_NO_FRAME,       /* a frame for the page or for a table was refused; nothing changed */
    PAGING_ALREADY_MAPPED, /* the page is mapped; nothing changed */
    PAGING_NOT_MAPPED,     /* the page is not mapped; nothing changed */
};

/* Pages mapped and tables made by a call, for the callers' counters. */
struct paging_change {
    uint32_t page_count;
    uint32_t table_count;
};

/* True if `page` is mapped; then *entry is its table entry. Cost: two loads. */
bool paging_translate(vaddr_t page, uint32_t *entry);

/* True if there is a table for `page`; otherwise none of the TABLE_SPAN bytes around it is mapped.
 * Cost: one load. */
bool paging_table_present(vaddr_t page);

/* Maps `page` to `frame` with `flags` (ENTRY_WRITABLE, ENTRY_USER, ...; ENTRY_PRESENT is added).
 * Requires a page-aligned address below TABLES_AT, flags within 0x1E bits, and `frames`
 * (mmu_x86/frames.h) for the table, if one has to be made. The frame stays the caller's. Returns
 * PAGING_OK, PAGING_ALREADY_MAPPED or PAGING_NO_FRAME. Cost: constant, and zeroing a new table. */
enum paging_result paging_map(vaddr_t frames, vaddr_t page, frame_t frame, uint32_t flags);

/* Unmaps `page` and flushes it. Its frame is handed back to the caller in *frame; a table that
 * became empty is given back to `frames`. Returns PAGING_OK or PAGING_NOT_MAPPED. Cost: up to a
 * table's length of loads. */
enum paging_result paging_unmap(vaddr_t frames, vaddr_t page, frame_t *frame);

/* Maps every page of [first, first + page_count) that is not mapped yet, each to a frame taken from
 * `frames`, writable, for the supervisor. All or nothing. Returns PAGING_OK with *change set, or
 * PAGING_NO_FRAME with tables, frames and TLB as they were. Cost: proportional to page_count, and
 * zeroing the new tables. */
enum paging_result paging_map_range(vaddr_t frames, vaddr_t first, uint32_t page_count,
                                    struct paging_change *change);

/* Unmaps every mapped page of [first, first + page_count), gives their frames back, and gives back
 * the tables that became empty. Cannot be refused. Cost: proportional to page_count, and a table's
 * length for each table. */
void paging_unmap_range(vaddr_t frames, vaddr_t first, uint32_t page_count,
                        struct paging_change *change);

#endif
