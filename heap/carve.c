#include "heap/carve.h"

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

block_t carve_aligned(const struct heap *heap, const struct extent *extent, struct stretch stretch,
                      uint32_t lead, uint32_t size_bytes)
{
    if (lead != 0) {
        carve_give_back(heap, extent, (struct stretch){stretch.block, lead, stretch.sparse});
        stretch.block.at += lead;
        stretch.size_bytes -= lead;
    }
    return carve(heap, extent, stretch, size_bytes);
}
