/* Physical frames: which are free, as a bitmap.
 *
 * The allocator's whole state lies in machine memory at `frames`: counters, then three bitmaps.
 *
 *   +0   FRAMES_COUNT     frames covered: numbers 0 .. count - 1
 *   +4   FRAMES_MANAGED   frames that can be taken at all (usable, not reserved)
 *   +8   FRAMES_FREE      of these, free now
 *   +12  FRAMES_REFUSED   requests that were refused so far
 *   +16  FRAMES_HINT      no summary word before this one has a bit set
 *   +32  summary          bit w set: word w of `free` has a bit set
 *        free             bit f set: frame f is free
 *        managed          bit f set: frame f can be taken and given back
 *
 * Calls that change anything require that nothing else does so meanwhile: a caller that can be
 * interrupted by another disables interrupts.
 *
 * F1  free is a subset of managed
 * F2  a summary bit is set exactly where its word of free is not zero; none below the hint
 * F3  FRAMES_FREE and FRAMES_MANAGED count the bits set
 * F4  a managed frame is taken exactly if a page or a page table uses it
 * F5  managed is what the memory map says: usable, not reserved */
#ifndef KHEAP_MMU_X86_FRAMES_H
#define KHEAP_MMU_X86_FRAMES_H

#include "mmu_x86/address.h"

#define FRAMES_COUNT 0u
#define FRAMES_MANAGED 4u
#define FRAMES_FREE 8u
#define FRAMES_REFUSED 12u
#define FRAMES_HINT 16u
#define FRAMES_BITS 32u

/* 4 GiB of physical address space. */
#define FRAME_COUNT_MAX (1u << 20)

/* A run of frames. */
struct frame_range {
    frame_t first;
    uint32_t count;
};

/* What a boot loader tells: where memory is, and what of it is not to be touched. Ranges may come
 * in any order and overlap; a frame is managed if it lies in a usable range and in no reserved one.
 */
struct memory_map {
    const struct frame_range *usable;
    uint32_t usable_count;
    const struct frame_range *reserved;
    uint32_t reserved_count;
};

enum frames_result {
    FRAMES_OK,
    FRAMES_NONE_FREE,   /* every managed frame is taken, or machine_frame_granted said no */
    FRAMES_NOT_MANAGED, /* give back: reserved, in a hole, or beyond memory */
    FRAMES_NOT_TAKEN,   /* give back: free already */
    FRAMES_NO_ROOM,     /* init: the bitmaps need more than the bytes given */
};

/* The bytes that frames_init needs to cover frame numbers 0 .. frame_count - 1. */
uint32_t frames_size_bytes(uint32_t frame_count);

/* Lays the bitmaps out at `frames` and marks what `map` says as free.
 * Requires size_bytes bytes mapped and writable at `frames`, 4-byte aligned.
 * Returns FRAMES_OK, or FRAMES_NO_ROOM with nothing written. Cost: frames covered / 32, plus the
 * ranges' words. */
enum frames_result frames_init(vaddr_t frames, uint32_t size_bytes, const struct memory_map *map);

/* Takes the lowest free frame. Its contents are whatever they were.
 * Returns FRAMES_OK with *taken set, or FRAMES_NONE_FREE with nothing changed but FRAMES_REFUSED.
 * Cost: constant, plus one load for every 1,024 frames between the lowest place that may be free
 * and the frame. */
enum frames_result frames_take(vaddr_t frames, frame_t *taken);

/* Gives a taken frame back. Requires that no page and no TLB entry leads to it any more.
 * Returns FRAMES_OK, or FRAMES_NOT_MANAGED or FRAMES_NOT_TAKEN with nothing changed. Cost:
 * constant. */
enum frames_result frames_give_back(vaddr_t frames, frame_t frame);

/* The number of frames that are free now. Cost: one load. */
uint32_t frames_free(vaddr_t frames);

#endif
