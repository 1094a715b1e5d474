/* What the emulator's files share. */
#ifndef KHEAP_MMU_X86_EMULATOR_EMULATOR_INTERNAL_H
#define KHEAP_MMU_X86_EMULATOR_EMULATOR_INTERNAL_H

#include "mmu_x86/emulator/emulator.h"

/* RAM that is not there reads as ones and takes no writes, as on a PC: an entry that leads there is
 * reported by the walk as a fault of its own kind, because on a real machine nothing good follows.
 */
static inline bool emulator_frame_exists(frame_t frame)
{
    return frame.n < emulator.frame_count;
}

/* The TLB keeps `entry` for the page of `at` from now on. */
void emulator_tlb_put(vaddr_t at, uint32_t entry);

/* Compares every translation that the table in `slot` is on the way of with the tables. */
void emulator_tlb_compare_slot(uint32_t slot);

#endif
