/* A machine without an MMU: the address space of an i386 as plain memory of a host process.
 *
 * For benchmarks, where an access must cost what it costs in a kernel, and for sanitizers that
 * watch plain accesses. Page tables are written and read like any memory, and have exactly the
 * contents that they would have under an MMU, but nothing walks them: a page that is not mapped can
 * be accessed all the same. Frame numbers are only tokens.
 *
 * A 64-bit process maps all 4 GiB at some base; the recursive window lies in them, as the last
 * 4 MiB, and needs no help: the tables are there because the core writes them there. A 32-bit
 * process uses the true addresses, from WINDOW_START up to where its own libraries and stack begin
 * (window_limit), and keeps the tables elsewhere. */
#ifndef KHEAP_MMU_X86_WINDOW_WINDOW_H
#define KHEAP_MMU_X86_WINDOW_WINDOW_H

#include "mmu_x86/i386.h"
#include "mmu_x86/probe.h"

/* The lowest address that can be accessed: that of the device window (mmu_x86/probe.h). */
#define WINDOW_START (PROBE_SLOT_DEVICE << TABLE_SHIFT)

/* True where addresses of the machine are addresses of the process. */
#define WINDOW_IDENTITY (sizeof(void *) == 4)

/* For what the core's own object files take in of this port: it reads and writes what sanitizers
 * are to keep the core's plain accesses off (fuzz/poison.h). */
#define WINDOW_SEAM __attribute__((no_sanitize("address", "undefined")))

/* A word of the machine's memory: the same bytes are payloads of any type to their users. */
typedef uint32_t __attribute__((may_alias)) window_word_t;

struct window {
    uintptr_t base;   /* what is added to an address; 0 in a 32-bit process */
    uintptr_t tables; /* where the recursive window's 4 MiB lie */
    uint32_t limit;
    frame_t root;
    uint32_t interrupts_enabled;
    uint32_t boot_directory[TABLE_ENTRIES];
    uint32_t boot_table[TABLE_ENTRIES];
};

extern struct window window;

/* Maps the machine's memory; later calls do nothing. Returns false if the process has no room.
 * Host memory is used as it is touched, until the next reset. */
bool window_open(void);

/* The end of the addresses that a heap can use: HEAP_WINDOW_END in a 64-bit process, less in a
 * 32-bit one. The port cannot refuse growth beyond it, as no page of it ever faults: a heap's
 * window must end at or below. Requires window_open. */
uint32_t window_limit(void);

void window_interrupt(void);

void window_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes);
void window_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes);

/* Where the byte at `at` lies in the process. */
WINDOW_SEAM static inline uintptr_t window_place(vaddr_t at)
{
    if (WINDOW_IDENTITY)
        return at.v < TABLES_AT ? at.v : window.tables + (at.v - TABLES_AT);
    return window.base + at.v;
}

WINDOW_SEAM static inline window_word_t *window_word(vaddr_t at)
{
    return (window_word_t *)window_place(at);
}

#endif
