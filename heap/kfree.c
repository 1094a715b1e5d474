#include "heap/carve.h"
#include "heap/freelist.h"
#include "heap/kmalloc.h"
#include "heap/verify.h"

/* Frees with interrupts disabled; all that may be wrong is found before the first write. */
static enum misuse_reason release(const struct heap *heap, vaddr_t at)
{
    tag_t tag;
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason != MISUSE_NONE)
        return reason;
    block_t block = block_of_payload(at);
    struct neighbours neighbours;
    reason = verify_neighbours(heap, block, tag, &neighbours);
    if (reason != MISUSE_NONE)
        return reason;

    heap_count(heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(heap, HEAP_LIVE_BYTES, 0u - tag_size(tag));
    struct stretch stretch = {block, tag_size(tag), 0};
    if (!tag_used(neighbours.previous_tag)) {
        uint32_t size = tag_size(neighbours.previous_tag);
        freelist_remove(heap, neighbours.previous, size);
        boundary_kill(heap, block.at);
        stretch.block = neighbours.previous;
        stretch.size_bytes += size;
        stretch.sparse |= tag_sparse(neighbours.previous_tag);
    }
    if (!tag_used(neighbours.next_tag)) {
        uint32_t size = tag_size(neighbours.next_tag);
        freelist_remove(heap, neighbours.next, size);
        boundary_kill(heap, neighbours.next.at);
        stretch.size_bytes += size;
        stretch.sparse |= tag_sparse(neighbours.next_tag);
    }
    carve_give_back(heap, stretch);
    return MISUSE_NONE;
}

void kfree(const struct heap *heap, vaddr_t at)
{
    if (vaddr_is_null(at))
        return;
    uint32_t interrupts = machine_interrupts_disable();
    enum misuse_reason reason = release(heap, at);
    if (reason != MISUSE_NONE)
        misuse_report(heap, reason, MISUSE_KFREE, at);
    machine_interrupts_restore(interrupts);
}
