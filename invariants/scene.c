#include "invariants/scene.h"

/* Frame by frame, which is slow and plain: it is done once for a machine, and shares nothing with
 * frames_init. */
static void range_mark(const struct frame_range *range, uint32_t end, bool managed, uint32_t *set)
{
    for (uint32_t i = 0; i < range->count; i++) {
        uint32_t frame = range->first.n + i;
        uint32_t bit = 1u << frame % SCENE_WORD_BITS;
        if (frame >= end)
            return;
        if (managed)
            set[frame / SCENE_WORD_BITS] |= bit;
        else
            set[frame / SCENE_WORD_BITS] &= ~bit;
    }
}

uint32_t scene_managed(const struct memory_map *map, uint32_t *managed)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < map->usable_count; i++) {
        uint32_t range_end = map->usable[i].first.n + map->usable[i].count;
        end = range_end > end ? range_end : end;
    }
    for (uint32_t i = 0; i < map->usable_count; i++)
        range_mark(&map->usable[i], end, true, managed);
    for (uint32_t i = 0; i < map->reserved_count; i++)
        range_mark(&map->reserved[i], end, false, managed);
    return end;
}
