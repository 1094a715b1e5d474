/* For unit tests: a machine that has booted, and what can be said about all of its state at once.
 * Everything here looks through the probe, never through the code under test. */
#ifndef KHEAP_MMU_X86_TEST_BOOT_H
#define KHEAP_MMU_X86_TEST_BOOT_H

#include "mmu_x86/probe.h"

/* What the last test_boot_up left. */
extern struct boot_state test_boot;

/* Resets the machine to frame_count frames, powering it on the first time, and makes the frame
 * bitmap. A failure ends the process. */
void test_boot_up(uint32_t frame_count);

/* A hash of the machine's whole state: directory, tables and the contents of all mapped pages.
 * Accessed and dirty bits, the frame bitmap's hint and its count of refusals are left out, as are
 * the words in [skip_from, skip_to). */
uint64_t test_state(uint32_t skip_from, uint32_t skip_to);

/* A word of the frame bitmap, by its offset. */
uint32_t test_frames_word(uint32_t offset);

/* True if the bitmap says that the frame can be taken, or is free now. */
bool test_frame_managed(uint32_t frame);
bool test_frame_free(uint32_t frame);

/* Ends the process unless rules F1 to F3 hold of the bitmap. */
void test_frames_hold(void);

/* The table entry of a page by a walk of its own, or 0 if there is no table. */
uint32_t test_entry(vaddr_t page);

/* The present TLB entries that the tables do not bear out: another frame, or more rights. */
uint32_t test_tlb_stale(void);

#endif
