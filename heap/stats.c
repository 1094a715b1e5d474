#include "heap/freelist.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"

/* Adds up the free blocks. */
static void free_blocks_read(const struct heap *heap, struct heap_stats *stats)
{
    block_t block;
    uint32_t largest = BLOCK_OVERHEAD;
    enum freelist_answer answer = freelist_first(heap, BLOCK_SIZE_MIN, &block);
    while (answer == FREELIST_FOUND) {
        uint32_t size = tag_size(tag_load(heap, block.at));
        stats->free_blocks++;
        stats->free_bytes += size;
        largest = size > largest ? size : largest;
        answer = freelist_after(heap, block, BLOCK_SIZE_MIN, &block);
    }
    if (answer == FREELIST_DAMAGED)
        misuse_report(heap, MISUSE_DAMAGED_LINK, MISUSE_STATS, block_payload(block));
    stats->largest_free = largest - BLOCK_OVERHEAD;
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
