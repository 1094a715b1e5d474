#include "heap/carve.h"

#include "heap/freelist.h"

uint32_t carve_lead(block_t block, uint32_t align_bytes)
{
    uint32_t payload = block_payload(block).v;
    uint32_t lead = (0u - payload) & (align_bytes - 1u);
    while (lead != 0 && lead < BLOCK_SIZE_MIN)
        lead += align_bytes;
    return lead;
}

uint32_t carve_map_end(struct stretch stretch, uint32_t lead, uint32_t size_bytes)
{
    uint32_t stretch_end = stretch.block.at + stretch.size_bytes;
    uint32_t hold_end = block_hold_end(block_at(stretch.block.at + lead + size_bytes));
    return hold_end < stretch_end ? hold_end : stretch_end;
}

void carve_give_back(const struct heap *heap, struct stretch stretch)
{
    block_tag(heap, stretch.block, tag_of(stretch.size_bytes, stretch.sparse));
    freelist_insert(heap, stretch.block, stretch.size_bytes);
}

block_t carve(const struct heap *heap, struct stretch stretch, uint32_t lead, uint32_t size_bytes)
{
    if (lead != 0) {
        carve_give_back(heap, (struct stretch){stretch.block, lead, stretch.sparse});
        stretch.block.at += lead;
        stretch.size_bytes -= lead;
    }
    uint32_t rest = stretch.size_bytes - size_bytes;
    if (rest >= BLOCK_SIZE_MIN) {
        block_t behind = block_at(stretch.block.at + size_bytes);
        carve_give_back(heap, (struct stretch){behind, rest, stretch.sparse});
        stretch.size_bytes = size_bytes;
    }
    block_tag(heap, stretch.block, tag_of(stretch.size_bytes, TAG_USED));
    uint32_t live_bytes = heap_load(heap, HEAP_LIVE_BYTES) + stretch.size_bytes;
    heap_store(heap, HEAP_LIVE_BYTES, live_bytes);
    heap_raise(heap, HEAP_PEAK_BYTES, live_bytes);
    heap_count(heap, HEAP_LIVE_BLOCKS, 1);
    return stretch.block;
}
