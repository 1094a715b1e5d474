#include "heap/freelist.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"

/* Counts a free block. */
static void free_block_add(struct heap_stats *stats, uint32_t size_bytes)
{
    uint32_t usable = size_bytes - BLOCK_OVERHEAD;
    stats->free_blocks++;
    stats->free_bytes += size_bytes;
    stats->largest_free = usable > stats->largest_free ? usable : stats->largest_free;
}

/* Adds up the free blocks: the last one, and those on the lists. */
static void free_blocks_read(const struct heap *heap, struct heap_stats *stats)
{
    struct member member;
    enum freelist_answer answer = FREELIST_NONE;
    enum misuse_reason reason = verify_last(heap, &member);
    if (reason == MISUSE_NONE) {
        if (!tag_used(member.tag))
            free_block_add(stats, tag_size(member.tag));
        answer = freelist_first(heap, verify_list(heap, BLOCK_SIZE_MIN), &member);
    }
    while (answer == FREELIST_FOUND) {
        free_block_add(stats, tag_size(member.tag));
        answer = freelist_after(heap, &member);
    }
    if (answer == FREELIST_DAMAGED)
        reason = MISUSE_DAMAGED_LINK;
    if (reason != MISUSE_NONE)
        misuse_report(heap, reason, MISUSE_STATS, block_payload(member.block));
}

void heap_stats(const struct heap *heap, struct heap_stats *stats)
{
    uint32_t interrupts = machine_interrupts_disable();
    *stats = (struct heap_stats){
        .live_blocks = heap_load(heap, HEAP_LIVE_BLOCKS),
        .live_bytes = heap_load(heap, HEAP_LIVE_BYTES),
        .peak_live_bytes = heap_load(heap, HEAP_PEAK_BYTES),
        .extent_bytes = heap_load(heap, HEAP_END) - heap->at.v,
        .peak_extent_bytes = heap_load(heap, HEAP_PEAK_END) - heap->at.v,
        .mapped_pages = heap_load(heap, HEAP_MAPPED_PAGES),
        .peak_mapped_pages = heap_load(heap, HEAP_PEAK_PAGES),
        .refused_size = heap_load(heap, HEAP_REFUSED_SIZE),
        .refused_window = heap_load(heap, HEAP_REFUSED_WINDOW),
        .refused_frames = heap_load(heap, HEAP_REFUSED_FRAMES),
        .misuses = heap_load(heap, HEAP_MISUSES),
    };
    free_blocks_read(heap, stats);
    machine_interrupts_restore(interrupts);
}
