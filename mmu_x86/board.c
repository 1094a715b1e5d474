#include "mmu_x86/board.h"

static uint32_t bitmap_frames(uint32_t frame_count)
{
    /* The bitmap covers itself, the frames before it and the holes: a page more is enough. */
    uint32_t covered = frame_count + 64u + frame_count / 1024u;
    return frames_size_bytes(covered) / PAGE_SIZE + 1u;
}

uint32_t board_ram_frames(uint32_t frame_count)
{
    return BOARD_BITMAP + bitmap_frames(frame_count) + frame_count + 2u * BOARD_HOLE;
}

void board_describe(uint32_t frame_count, struct boot_state *boot)
{
    uint32_t bitmap_count = bitmap_frames(frame_count);
    uint32_t own = BOARD_BITMAP + bitmap_count;
    uint32_t third = frame_count / 3u;
    uint32_t second = own + third + BOARD_HOLE;
    boot->usable[0] = (struct frame_range){{0}, own + third};
    boot->usable[1] = (struct frame_range){{second}, frame_count - third + BOARD_HOLE};
    boot->reserved[0] = (struct frame_range){{0}, own};
    boot->reserved[1] = (struct frame_range){{second + third}, BOARD_HOLE};
    boot->map = (struct memory_map){boot->usable, 2, boot->reserved, 2};
    boot->frames_at = vaddr_of(BOARD_BOOT_AT);
    boot->frames_size_bytes = bitmap_count * PAGE_SIZE;
}

void board_tables(const struct boot_state *boot, uint32_t *directory, uint32_t *table)
{
    uint32_t flags = ENTRY_PRESENT | ENTRY_WRITABLE;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        directory[i] = 0;
        table[i] = 0;
    }
    directory[PROBE_SLOT_KERNEL] = entry_of((frame_t){BOARD_TABLE}, flags);
    directory[RECURSIVE_SLOT] = entry_of((frame_t){BOARD_DIRECTORY}, flags);
    for (uint32_t i = 0; i < boot->frames_size_bytes / PAGE_SIZE; i++) {
        vaddr_t page = vaddr_add(boot->frames_at, i * PAGE_SIZE);
        table[table_index(page)] = entry_of((frame_t){BOARD_BITMAP + i}, flags);
    }
}
