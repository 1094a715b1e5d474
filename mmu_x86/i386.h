/* What the i386 fixes: 32-bit paging with 4 KiB pages.
 *
 * Sources are the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3A ("SDM
 * 3A"). */
#ifndef KHEAP_MMU_X86_I386_H
#define KHEAP_MMU_X86_I386_H

#include "mmu_x86/address.h"

/* SDM 3A 4.3, figure 4-2: a linear address is directory slot (31:22), table index (21:12), offset
 * (11:0). */
#define PAGE_SHIFT 12u
#define PAGE_SIZE (1u << PAGE_SHIFT)
#define PAGE_MASK (PAGE_SIZE - 1u)
#define TABLE_ENTRIES 1024u
#define TABLE_SHIFT 22u
#define TABLE_SPAN (1u << TABLE_SHIFT)

/* SDM 3A 4.3, tables 4-5 and 4-6: bits of a directory entry and of a table entry. */
#define ENTRY_PRESENT 0x001u
#define ENTRY_WRITABLE 0x002u
#define ENTRY_USER 0x004u
#define ENTRY_WRITE_THROUGH 0x008u
#define ENTRY_CACHE_DISABLE 0x010u
#define ENTRY_ACCESSED 0x020u
#define ENTRY_DIRTY 0x040u
#define ENTRY_PAGE_SIZE 0x080u /* in a directory entry: maps 4 MiB (with CR4.PSE), no table */
#define ENTRY_GLOBAL 0x100u    /* in a table entry: kept over a reload of CR3 (with CR4.PGE) */
#define ENTRY_SOFTWARE 0xE00u  /* bits 11:9, ignored by the processor */
#define ENTRY_HELD 0x200u      /* one of these: not present, and holds a frame (mmu_x86/paging.h) */
#define ENTRY_FLAGS 0xFFFu
#define ENTRY_FRAME 0xFFFFF000u

/* SDM 3A 4.7, figure 4-12: the error code that a page fault pushes. */
#define FAULT_PRESENT 0x1u  /* the page was present, and the access was refused */
#define FAULT_WRITE 0x2u    /* the access was a write */
#define FAULT_USER 0x4u     /* the access was made in user mode */
#define FAULT_RESERVED 0x8u /* an entry had a reserved bit set */

/* The directory mapped into itself in its last slot, so that the walk which the processor does
 * anyway shows all tables as one array of 2^20 entries, and the directory as the last page of it.
 */
#define RECURSIVE_SLOT 1023u
#define TABLES_AT (RECURSIVE_SLOT << TABLE_SHIFT)
#define DIRECTORY_AT (TABLES_AT + RECURSIVE_SLOT * PAGE_SIZE)

static inline uint32_t page_round_up(uint32_t v)
{
    return (v + PAGE_MASK) & ~PAGE_MASK;
}

static inline uint32_t page_round_down(uint32_t v)
{
    return v & ~PAGE_MASK;
}

static inline uint32_t directory_slot(vaddr_t at)
{
    return at.v >> TABLE_SHIFT;
}

static inline uint32_t table_index(vaddr_t at)
{
    return (at.v >> PAGE_SHIFT) & (TABLE_ENTRIES - 1u);
}

static inline frame_t entry_frame(uint32_t entry)
{
    return (frame_t){entry >> PAGE_SHIFT};
}

static inline uint32_t entry_of(frame_t frame, uint32_t flags)
{
    return (frame.n << PAGE_SHIFT) | flags;
}

#endif
