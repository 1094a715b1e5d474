/* The probe: the harness's own eyes and hands on the machine, beside the core's
 * (mmu_x86/machine.h).
 *
 * The checkers look through it, so it shares nothing with the code that they check: it walks the
 * tables over physical memory, not through the recursive window, and leaves TLB, journal, counters
 * and accessed bits alone. Each port that the harness runs on implements it. */
#ifndef KHEAP_MMU_X86_PROBE_H
#define KHEAP_MMU_X86_PROBE_H

#include "mmu_x86/frames.h"
#include "mmu_x86/i386.h"

#define PROBE_RANGES_MAX 32u

/* What frames hold that were never written: its low bit makes a table that was not zeroed look
 * mapped. */
#define PROBE_GARBAGE 0xA5u

/* The machine as a boot loader leaves it: paging on, the directory mapped into itself, nothing
 * mapped in the heap's window, memory described. */
struct boot_state {
    vaddr_t frames_at; /* mapped room for the frame bitmap */
    uint32_t frames_size_bytes;
    struct frame_range usable[PROBE_RANGES_MAX];
    struct frame_range reserved[PROBE_RANGES_MAX];
    struct memory_map map; /* points at the two arrays; describes frame_count manageable frames */
};

/* Brings the machine back to its state after boot, with frame_count frames for the core, no
 * injection, an empty TLB and an empty journal. Returns false if this machine has fewer frames.
 * `boot` must stay where it is. Cost: what was touched since the last reset. */
bool probe_reset(uint32_t frame_count, struct boot_state *boot);

/* The most frames that probe_reset can give. */
uint32_t probe_frame_count_max(void);

/* The directory, and the table in `slot` of it, as 1024 words; null if there is none or it lies
 * outside memory. */
const uint32_t *probe_directory(void);
const uint32_t *probe_table(uint32_t slot);

/* The words of the page at `page`, or null if it is not mapped. */
const uint32_t *probe_page(vaddr_t page);

/* The same for who has looked the page's table entry up already. */
const uint32_t *probe_mapped(vaddr_t page, uint32_t entry);

/* The first directory slot that boot leaves to the core: heap window and device window
 * (fuzz/session.h) lie in slots from here up to RECURSIVE_SLOT - 1. Slot 768, the kernel's own, is
 * boot's as well. */
#define PROBE_SLOT_DEVICE 767u
#define PROBE_SLOT_KERNEL 768u

/* The directory as boot left it: entries of the slots below PROBE_SLOT_DEVICE, of PROBE_SLOT_KERNEL
 * and of RECURSIVE_SLOT stay so, but for accessed and dirty bits, which are the processor's. */
const uint32_t *probe_boot_directory(void);

/* Likewise the table of slot PROBE_SLOT_KERNEL: nobody may map or unmap there. */
const uint32_t *probe_boot_table(void);

/* The frame of the directory in use (CR3). */
frame_t probe_root(void);

/* A translation that the TLB holds: page, and the table entry it was made from. Only the emulator
 * shows its TLB; the others show none. */
struct tlb_entry {
    vaddr_t page;
    uint32_t entry;
};
uint32_t probe_tlb_count(void);
struct tlb_entry probe_tlb_entry(uint32_t i);

/* The entry that the TLB holds for one page; 0, or one that is not present: none. */
uint32_t probe_tlb_of(vaddr_t page);

/* A use of a translation that the tables no longer agreed with: the page, the frame that was
 * reached, and the table entry that had been written meanwhile. */
struct stale_use {
    vaddr_t page;
    uint32_t held;
    uint32_t entry;
};

/* True if the core has made such a use since probe_reset; *use is the first. Only the emulator can
 * tell. */
bool probe_stale_use(struct stale_use *use);

/* The words of a physical frame; null outside memory, or on a port that does not keep a journal. */
const uint32_t *probe_frame(frame_t frame);

/* A word that the core wrote since probe_journal_clear, oldest first. Only the emulator keeps a
 * journal; on other ports it is empty. `lost` says that there were more than it holds. */
struct journal_entry {
    vaddr_t at;
    uint32_t physical; /* byte address in RAM */
    uint32_t old;
    uint32_t word; /* what was written */
};
const struct journal_entry *probe_journal(uint32_t *count, bool *lost);
bool probe_journal_kept(void);
void probe_journal_clear(void);

/* A run of bytes within one page that the core filled or copied to since probe_journal_clear. If
 * there were more than are kept, the journal counts as lost. */
struct bulk_entry {
    vaddr_t at;
    uint32_t physical;
    uint32_t size_bytes;
};
const struct bulk_entry *probe_bulk(uint32_t *count);

/* The interrupt flag. */
bool probe_interrupts_enabled(void);

/* The core may make this many loads from now on; then the port ends the run, as a page fault does.
 * A port that does not count lets it go on. */
void probe_loads_allow(uint64_t count);

/* The first word that the core has read or written with interrupts enabled since probe_reset; null
 * if there is none, or the port cannot tell. */
vaddr_t probe_unlocked(void);

/* Tells the machine which 8-byte granules of [from, from + size_bytes) are parts of live payloads:
 * a bit for each in `owned`, which stays the caller's and may change between two accesses. From
 * then on probe_trespass is the first word of one that the core has loaded or stored since
 * probe_reset, as if it were metadata; null if there is none, or the port cannot tell. With
 * size_bytes 0 nothing is looked at any more. Requires that the first granule is no payload's. */
void probe_payloads(const uint32_t *owned, vaddr_t from, uint32_t size_bytes);
vaddr_t probe_trespass(void);

/* Tells the machine where the core keeps its bitmap of free frames (mmu_x86/frames.h), for
 * frame_count frames. From then on probe_freed_in_use is true, with the
 * first such frame, if the core has marked one as free while a TLB entry still led to it: too
 * early, as it could have been handed out. Only the emulator can tell. */
void probe_free_bitmap(vaddr_t at, uint32_t frame_count);
bool probe_freed_in_use(frame_t *frame);

/* A program's own use of a page: like any access, through TLB and tables, with page faults, but not
 * the core's, so neither journalled nor counted. Returns the page's words, good until the page is
 * unmapped. Requires page.v % PAGE_SIZE == 0. */
const uint32_t *probe_user_read(vaddr_t page);
uint32_t *probe_user_write(vaddr_t page);

/* The same for one aligned word. */
static inline uint32_t probe_user_load(vaddr_t at)
{
    return probe_user_read(vaddr_of(page_round_down(at.v)))[(at.v & PAGE_MASK) / 4u];
}

static inline void probe_user_store(vaddr_t at, uint32_t word)
{
    probe_user_write(vaddr_of(page_round_down(at.v)))[(at.v & PAGE_MASK) / 4u] = word;
}

/* The word at `at` will be accessed soon: a hint to the host's caches, without any effect on the
 * machine. Nothing need be mapped there. Ports without a TLB of their own take no hints. */
void probe_prefetch(vaddr_t at);

/* Loads and stores of the core and flushes since probe_reset; 0 where the port does not count. A
 * flush is needless if it dropped no translation that the tables did not agree with. */
struct probe_counts {
    uint64_t loads;
    uint64_t stores;
    uint64_t flushes;
    uint64_t flushes_needless;
};
struct probe_counts probe_counts(void);

#endif
