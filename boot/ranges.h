/* A set of frames in bounded room: runs in ascending order that neither overlap nor touch.
 *
 * A loader's map may have more runs than there is room for. Then the set becomes a little wrong,
 * always to the safe side: what is reserved grows, by the frames between the two runs that are
 * nearest to each other; what is usable shrinks, by its shortest run. */
#ifndef KHEAP_BOOT_RANGES_H
#define KHEAP_BOOT_RANGES_H

#include "mmu_x86/probe.h"

enum ranges_full { RANGES_GROW, RANGES_SHRINK };

/* Adds the frames [first, end); none if first >= end. Requires room for PROBE_RANGES_MAX runs at
 * `list`, *count of them a set as above. Cost: linear in *count. */
void ranges_add(struct frame_range *list, uint32_t *count, uint32_t first, uint32_t end,
                enum ranges_full full);

static inline uint32_t range_end(const struct frame_range *range)
{
    return range->first.n + range->count;
}

#endif
