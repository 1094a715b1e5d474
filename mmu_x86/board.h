/* The board that the host's ports share: how physical memory is laid out, and what a boot loader
 * leaves in it. In frames, for F frames of the core's own and B frames of bitmap:
 *
 *   0      reserved: the real-mode interrupt table of a PC
 *   1      page directory
 *   2      page table of slot 768: the bitmap at BOARD_BOOT_AT
 *   3 ..   B frames of frame bitmap
 *   then   a third of the F frames; a hole of BOARD_HOLE frames with nothing in it; another third;
 *          a reserved run of BOARD_HOLE frames; the rest */
#ifndef KHEAP_MMU_X86_BOARD_H
#define KHEAP_MMU_X86_BOARD_H

#include "mmu_x86/probe.h"

#define BOARD_BOOT_AT 0xC0100000u
#define BOARD_DIRECTORY 1u
#define BOARD_TABLE 2u
#define BOARD_BITMAP 3u
#define BOARD_HOLE 5u

/* The frames of RAM, holes included, that give the core frame_count frames. */
uint32_t board_ram_frames(uint32_t frame_count);

/* Describes the memory, and where the bitmap has its room. */
void board_describe(uint32_t frame_count, struct boot_state *boot);

/* Writes directory and table, 1024 words each, as a boot loader makes them before it turns paging
 * on. */
void board_tables(const struct boot_state *boot, uint32_t *directory, uint32_t *table);

#endif
