/* The scene: what the checkers are told, by someone who does not take it from the heap under test.
 */
#ifndef KHEAP_INVARIANTS_SCENE_H
#define KHEAP_INVARIANTS_SCENE_H

#include "invariants/boot_runs.h"
#include "mmu_x86/probe.h"

/* The device window: pages that another user of the MMU maps and unmaps beside the heap. */
#define DEVICE_WINDOW_AT (PROBE_SLOT_DEVICE << TABLE_SHIFT)
#define DEVICE_PAGES 64u
#define DEVICE_UNMAPPED ((frame_t){~0u})

struct scene {
    bool heap_made;  /* heap_init has succeeded */
    vaddr_t heap_at; /* as the heap was configured */
    vaddr_t heap_limit;
    uint32_t key;
    uint32_t policy;
    vaddr_t frames_at;
    uint32_t frame_count;            /* frames that the bitmap covers; 0: it is not made yet */
    const uint32_t *managed;         /* bitset: the frames that the memory map lets the core have */
    uint32_t *used;                  /* bitset, the checkers' own: frames found in use */
    const frame_t *device_frames;    /* DEVICE_PAGES of them: what is mapped, or DEVICE_UNMAPPED */
    uint32_t device_count;           /* of these, mapped ones */
    const struct boot_entries *boot; /* what boot left in directory and table */
    bool interrupted;                /* the operation has been, by a handler that used the heap */
    const uint32_t *held; /* bitset: frames that another user has taken and mapped nowhere */
    uint32_t held_count;  /* of these */
};

#define SCENE_WORD_BITS 32u

static inline uint32_t scene_words(uint32_t frame_count)
{
    return (frame_count + SCENE_WORD_BITS - 1u) / SCENE_WORD_BITS;
}

/* Works out from a memory map which frames the core may have: sets the bits in `managed`, which is
 * zeroed and has room for FRAME_COUNT_MAX bits. Returns the number of frames that a bitmap must
 * cover. */
uint32_t scene_managed(const struct memory_map *map, uint32_t *managed);

#endif
