/* An i386 as far as the core can see it: RAM, a page directory in CR3, a TLB, an interrupt flag,
 * page faults.
 *
 * There is one machine in a process, as there is one under a kernel. It is made by
 * emulator_power_on and brought back to its boot state by probe_reset (mmu_x86/probe.h), whose
 * other functions it implements as well. */
#ifndef KHEAP_MMU_X86_EMULATOR_EMULATOR_H
#define KHEAP_MMU_X86_EMULATOR_EMULATOR_H

#include <stddef.h>

#include "mmu_x86/i386.h"
#include "mmu_x86/probe.h"

/* What an access wants, as bits of a page fault's error code. */
#define EMULATOR_READ 0u
#define EMULATOR_WRITE FAULT_WRITE
#define EMULATOR_USER FAULT_USER /* with one of them: in user mode, as nothing of the core's is */

/* What the page-size bit of a directory entry means. */
enum emulator_page_sizes {
    EMULATOR_SIZES_REFUSED, /* a fault: the core never sets it */
    EMULATOR_SIZES_ON,      /* 4 MiB: CR4.PSE is set */
    EMULATOR_SIZES_OFF,     /* nothing: CR4.PSE is clear */
};

/* A page fault (SDM 3A 6.15, interrupt 14): CR2, the error code, and the entries on the way. */
struct fault {
    vaddr_t at;
    uint32_t error_code;
    uint32_t directory_entry;
    uint32_t table_entry;
};

#define EMULATOR_PAGES (1u << (32u - PAGE_SHIFT))
#define EMULATOR_JOURNAL_MAX (1u << 16)

#define EMULATOR_BULK_MAX (1u << 12)

/* TLB entries that an access cannot take the fast path with, ENTRY_PRESENT being clear: one that
 * was flushed, but is still on the list of pages; and one that the tables no longer agree with, but
 * that the processor may go on using (SDM 3A 4.10.4). */
#define EMULATOR_FLUSHED 0x200u
#define EMULATOR_STALE 0x400u

/* In a TLB entry that is dirty, in place of ENTRY_DIRTY: a snapshot wants to see its next write
 * (mmu_x86/emulator/snapshot.h). */
#define EMULATOR_CLEAN 0x800u

/* In a TLB entry: it is a part of a page of 4 MiB, which is flushed as a whole. */
#define EMULATOR_LARGE ENTRY_PAGE_SIZE

struct emulator {
    uint32_t *ram;
    uint32_t frame_count; /* frames of RAM in use since the last reset */
    uint32_t frame_count_max;
    frame_t root;
    uint32_t interrupts_enabled; /* the interrupt flag: 1 or 0 */
    bool protect_off;            /* CR0.WP is clear, as under no kernel that runs the core */
    enum emulator_page_sizes page_sizes;
    uint32_t *tlb;       /* one table entry for each page; 0: none */
    uint32_t *tlb_pages; /* the page numbers that have had an entry since the last reload */
    uint32_t tlb_count;
    uint32_t stale_count; /* TLB entries that the tables do not agree with */
    bool stale_used;      /* one of them was used: */
    struct stale_use stale_use;
    uint32_t *tlb_uses;        /* per frame: TLB entries that lead to it */
    vaddr_t free_bitmap;       /* where the core's bitmap of free frames lies; null: not told */
    uint32_t free_bitmap_size; /* in bytes */
    bool freed_in_use;         /* a frame became free while a TLB entry led to it: */
    frame_t freed_frame;       /* the first one */
    bool *frame_used;          /* per frame: accessed since the last reset */
    uint32_t *used_frames;
    uint32_t used_count;
    vaddr_t unlocked;         /* the first access of the core with interrupts enabled; null: none */
    const uint32_t *payloads; /* a bit for each granule of 8 bytes from payloads_at on: it is one */
    vaddr_t payloads_at;
    uint32_t payloads_size; /* of what the bits are about, in bytes */
    vaddr_t trespass;       /* the first word of a payload that the core accessed; null: none */
    struct journal_entry *journal;
    uint32_t journal_count;
    struct bulk_entry *bulk;
    uint32_t bulk_count;
    bool journal_lost;
    struct probe_counts counts;
    uint64_t loads_max; /* of counts.loads: more are a call that hangs */
    uint32_t boot_directory[TABLE_ENTRIES];
    uint32_t boot_table[TABLE_ENTRIES];
    /* Called on a page fault; does not return. Null: the fault is printed and the process ends. */
    void (*on_fault)(const struct fault *fault);
    /* Called when counts.loads exceeds loads_max; does not return. Null: the process ends. */
    void (*on_exhausted)(void);
    /* Called when the core accesses a word of a payload, for the first time since a reset. Null:
     * nobody wants to know. */
    void (*on_trespass)(vaddr_t at);
    /* Called before a frame is written, at least for the first time since a snapshot. Null: nobody
     * wants to know. */
    void (*on_write)(frame_t frame);
};

extern struct emulator emulator;

/* For what the core's own object files take in of this port: the machine is not what sanitizers are
 * to look at there, and it reads and writes what is poisoned for the core. */
#define EMULATOR_SEAM __attribute__((no_sanitize("address", "undefined")))

/* Makes the machine, with room for frame_count_max frames for the core; probe_reset boots it.
 * Returns false if there is no memory for it. Host memory is used as it is touched. */
bool emulator_power_on(uint32_t frame_count_max);

/* The frames of the RAM that it was made with. */
uint32_t emulator_ram_frames(void);

/* Gives the machine's host memory back. */
void emulator_power_off(void);

/* To be called before a frame is accessed: one that was not since the last reset is filled with
 * garbage first, so that what a run reads of memory it never wrote is the same in every run, and is
 * not zero. */
void emulator_frame_fill(frame_t frame);
static inline void emulator_frame_use(frame_t frame);

/* The slow path of an access: walks the tables, fills the TLB, sets accessed and dirty bits, or
 * faults. */
uint32_t emulator_walk(vaddr_t at, uint32_t access);

/* The word of RAM behind a virtual address, for an access in user mode. */
uint32_t *emulator_user_word(vaddr_t at, uint32_t access);

void emulator_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes);
void emulator_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes);
void emulator_flush_page(vaddr_t page);
void emulator_set_root(frame_t directory);
void emulator_interrupt(void);
_Noreturn void emulator_exhausted(void);

EMULATOR_SEAM static inline void emulator_frame_use(frame_t frame)
{
    if (__builtin_expect(!emulator.frame_used[frame.n], 0))
        emulator_frame_fill(frame);
}

/* The word of RAM behind a virtual address. */
EMULATOR_SEAM static inline uint32_t *emulator_word(vaddr_t at, uint32_t access)
{
    uint32_t entry = emulator.tlb[at.v >> PAGE_SHIFT];
    uint32_t needed =
        access == EMULATOR_WRITE ? ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_DIRTY : ENTRY_PRESENT;
    if (__builtin_expect((entry & needed) != needed || at.v % 4u != 0, 0))
        entry = emulator_walk(at, access);
    return &emulator.ram[((entry & ENTRY_FRAME) | (at.v & PAGE_MASK)) / 4u];
}

/* Notes an access of the core with interrupts enabled: a handler could come between it and the
 * next. */
EMULATOR_SEAM static inline void emulator_locked(vaddr_t at)
{
    if (__builtin_expect(emulator.interrupts_enabled != 0, 0) && emulator.unlocked.v == 0)
        emulator.unlocked = at;
}

/* Notes an access to a word that is part of a live payload. What lies outside the bits is taken for
 * their first, which is none. */
void emulator_trespass(vaddr_t at);
EMULATOR_SEAM static inline void emulator_owned(vaddr_t at)
{
    uint32_t offset = at.v - emulator.payloads_at.v;
    uint32_t granule = (offset < emulator.payloads_size ? offset : 0) / 8u;
    if (__builtin_expect(emulator.payloads[granule / 32u] >> granule % 32u & 1u, 0))
        emulator_trespass(at);
}

/* A word of the page tables, or of the bitmap of free frames, is about to become `word`. */
void emulator_table_store(vaddr_t at, uint32_t word);
void emulator_bitmap_store(vaddr_t at, uint32_t old, uint32_t word);

/* Notes a store that the TLB must be compared with: to the page tables, or to the frame bitmap. */
EMULATOR_SEAM static inline void emulator_watch(vaddr_t at, const uint32_t *place, uint32_t word)
{
    if (__builtin_expect(at.v >= TABLES_AT, 0))
        emulator_table_store(at, word);
    else if (__builtin_expect(at.v - emulator.free_bitmap.v < emulator.free_bitmap_size, 0))
        emulator_bitmap_store(at, *place, word);
}

/* Notes in the journal that `word` is about to be written to `place`, seen at `at`. */
EMULATOR_SEAM static inline void emulator_journal(vaddr_t at, const uint32_t *place, uint32_t word)
{
    if (__builtin_expect(emulator.journal_count == EMULATOR_JOURNAL_MAX, 0)) {
        emulator.journal_lost = true;
        return;
    }
    emulator.journal[emulator.journal_count++] = (struct journal_entry){
        .at = at,
        .physical = (uint32_t)((const char *)place - (const char *)emulator.ram),
        .old = *place,
        .word = word,
    };
}

#endif
