/* kmalloc and kfree over boundary tags: the public interface of the heap.
 *
 * All calls are safe against interrupts on one processor: each disables them while it changes the
 * heap. They may be called from interrupt handlers. Sizes are in bytes; payloads are 8-byte
 * aligned. A block costs 8 bytes and is rounded up to a multiple of 8, and to 16 at least.
 *
 * Where frames are short, a free block with unmapped pages may be chosen, and refused, although one
 * that is mapped is free. A refusal returns null and leaves heap, page tables and frame bitmap as
 * they were (the counters of refusals aside). A misuse is reported through machine_misuse and has
 * no effect (heap/misuse.h). */
#ifndef KHEAP_HEAP_KMALLOC_H
#define KHEAP_HEAP_KMALLOC_H

#include "heap/control.h"

/* The whole window of the design's address map. */
#define HEAP_WINDOW_START 0xC0400000u
#define HEAP_WINDOW_END 0xFFC00000u

/* The largest payload that can be asked for at all; more is refused as an overflow. */
#define KMALLOC_SIZE_MAX (HEAP_WINDOW_END - HEAP_WINDOW_START)

/* The largest alignment that can be asked for. */
#define KMALLOC_ALIGN_MAX (4u << 20)

enum heap_result {
    HEAP_OK,
    HEAP_BAD_WINDOW, /* start or limit is not a page boundary, the window is empty or outside
                        HEAP_WINDOW_* */
    HEAP_NO_FRAME,   /* no frame for the first page or its table */
};

struct heap_config {
    vaddr_t frames; /* the frame bitmap, initialised (mmu_x86/frames.h) */
    vaddr_t start;  /* the window: [start, limit), nothing in it mapped */
    vaddr_t limit;
    uint32_t key; /* mixed into the tags; a kernel takes it from a random source at boot */
    enum heap_policy policy;
};

/* Maps the first page of the window and makes it an empty heap. Returns HEAP_OK with *heap set, or
 * a refusal with nothing changed. Requires paging on, with the directory mapped into itself. */
enum heap_result heap_init(struct heap *heap, const struct heap_config *config);

/* Makes the handle of the heap whose control block lies at `at`. Returns false if there is none. */
bool heap_open(struct heap *heap, vaddr_t at);

/* Allocates size_bytes bytes. Contents are undefined. Returns null for 0 (which is no refusal), for
 * more than KMALLOC_SIZE_MAX, and if no memory can be had. Cost under HEAP_BINS: constant, and
 * proportional to the pages that have to be mapped; under HEAP_FIRST_FIT: the number of free
 * blocks. */
vaddr_t kmalloc(const struct heap *heap, uint32_t size_bytes);

/* Allocates an array of count elements of size_bytes bytes, zeroed (all of kmalloc_usable_size).
 * Returns null if the product is 0 or overflows, otherwise as kmalloc. Cost: as kmalloc, and the
 * bytes to zero. */
vaddr_t kcalloc(const struct heap *heap, uint32_t count, uint32_t size_bytes);

/* Allocates size_bytes bytes at a multiple of align_bytes, a power of two up to KMALLOC_ALIGN_MAX
 * (below 8 counts as 8). Any other alignment is refused. Otherwise as kmalloc. */
vaddr_t kmalloc_aligned(const struct heap *heap, uint32_t size_bytes, uint32_t align_bytes);

/* Resizes a block: in place where it shrinks, or where what follows it is free or the end of the
 * heap; otherwise it moves. The first bytes stay, up to the lesser of the old usable size and the
 * new size; alignment beyond 8 is kept only in place. Null at: kmalloc. Size 0: kfree, and null.
 * Refused: null, and the old block lives on. */
vaddr_t krealloc(const struct heap *heap, vaddr_t at, uint32_t size_bytes);

/* Frees a block and merges it with free neighbours. Null: nothing. Pages stay mapped until
 * heap_reclaim. Cost: constant under HEAP_BINS, the number of free blocks under HEAP_FIRST_FIT. */
void kfree(const struct heap *heap, vaddr_t at);

/* The bytes that may be used at `at`: at least those asked for, a multiple of 8. Null: 0. Cost:
 * constant. */
uint32_t kmalloc_usable_size(const struct heap *heap, vaddr_t at);

/* A slice of a pass over the free blocks of a page or more: unmaps up to page_count_max pages that
 * lie wholly inside them, first those at the heap's end, which moves down, and gives their frames
 * back, and those of tables that became empty. A pass goes on where the slice before ended, as long
 * as kmalloc and kfree have left that place in peace; otherwise with the list that it was in. What
 * becomes free behind it is left to the next pass. UINT32_MAX is a whole pass, from the start.
 * Where a free block is found damaged the pass ends early, with a report; what it gave back until
 * then stays so. Returns the number of frames given back, which may be 0 while there is more to
 * come.
 * Cost under HEAP_BINS and HEAP_FIRST_FIT: proportional to page_count_max, and a constant, whatever
 * the heap's size (heap/cost.h). */
uint32_t heap_reclaim(const struct heap *heap, uint32_t page_count_max);

/* True while a pass of heap_reclaim has not come to its end. A thread of low priority makes a slice
 * and sleeps, for a short time while this is true and otherwise for a long one. Cost: constant. */
bool heap_reclaim_pending(const struct heap *heap);

struct heap_stats {
    uint32_t live_blocks; /* used blocks */
    uint32_t live_bytes;  /* bytes in them, tags included */
    uint32_t peak_live_bytes;
    uint32_t free_blocks;
    uint32_t free_bytes;   /* bytes in free blocks, tags and unmapped pages included */
    uint32_t largest_free; /* the largest payload that fits into one free block */
    uint32_t extent_bytes; /* HEAP_END - start */
    uint32_t peak_extent_bytes;
    uint32_t mapped_pages;
    uint32_t peak_mapped_pages;
    uint32_t refused_size;   /* refusals because of a size or alignment that can never be served */
    uint32_t refused_window; /* because the window is full */
    uint32_t refused_frames; /* because there was no frame */
    uint32_t misuses;        /* misuses reported */
};

/* Reads the heap's figures. Cost: the number of free blocks. */
void heap_stats(const struct heap *heap, struct heap_stats *stats);

#endif
