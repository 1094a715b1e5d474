/* Physical memory as the loader describes it, and who owns what of it.
 *
 * It is seen through the direct map (boot/layout.h); memory beyond that is left alone. */
#ifndef KHEAP_BOOT_MEMORY_H
#define KHEAP_BOOT_MEMORY_H

#include <stddef.h>

#include "boot/exit.h"
#include "boot/layout.h"
#include "boot/multiboot.h"
#include "mmu_x86/probe.h"

struct memory {
    /* Ascending, disjoint, whole frames. */
    struct frame_range usable[PROBE_RANGES_MAX];
    uint32_t usable_count;
    /* Low memory, image and stacks, what the loader brought, the harness's; ascending, disjoint. */
    struct frame_range reserved[PROBE_RANGES_MAX];
    uint32_t reserved_count;
    struct frame_range longest; /* of the usable ones */
    struct frame_range image;   /* with boot's two stacks behind it */
};

extern struct memory memory;

/* Fills `memory` from the loader's information, which is seen through the direct map, and the
 * physical addresses of image and stacks. A map may be in any order, overlap itself, and have
 * ranges of any alignment and length; a frame is free if some range says that all of it is usable
 * and none says that a part of it is anything else. Returns EXIT_OK; or how the run is to end, with
 * *why set to a few words that say what is wrong. */
enum exit_value memory_describe(const struct multiboot_info *info, uint32_t image_at,
                                uint32_t image_end, const char **why);

/* Takes the last size_bytes of the longest run of free memory out of it, zeroed. Returns null, with
 * *longest_bytes set, if no run is that long. */
void *memory_carve(uint64_t size_bytes, uint64_t *longest_bytes);

/* The frames that are usable and not reserved. */
uint32_t memory_frame_count(void);

/* If `frame` is reserved, *next is where the run of reserved frames that holds it ends. Otherwise
 * *next is where the next such run starts, or the end of memory. */
bool memory_is_reserved(uint32_t frame, uint32_t *next);

/* The frame behind the last of the first `wanted` frames in [first, end) that are not reserved; end
 * if there are fewer. *found is how many there are before it. */
uint32_t memory_cut(uint32_t first, uint32_t end, uint32_t wanted, uint32_t *found);

/* True if the frame is memory, whoever owns it. Asked for each page that a check looks at, so the
 * longest usable range, which is nearly all of memory, is tried here. */
bool memory_exists_elsewhere(frame_t frame);

static inline bool memory_exists(frame_t frame)
{
    return frame.n - memory.longest.first.n < memory.longest.count ||
           memory_exists_elsewhere(frame);
}

/* Where the direct map shows a physical address. */
static inline void *memory_direct(uint32_t physical)
{
    return (void *)(uintptr_t)(DIRECT_AT + physical);
}

#endif
