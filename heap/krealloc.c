#include "heap/arena.h"
#include "heap/carve.h"
#include "heap/freelist.h"
#include "heap/kmalloc.h"
#include "heap/verify.h"

enum resize {
    RESIZE_DONE,
    RESIZE_MUST_MOVE,
    RESIZE_MISUSE,
};

/* Gives the tail of a used block back if it is large enough for a block, merged with a free block
 * behind it. */
static void shrink(const struct heap *heap, block_t block, uint32_t size, uint32_t need,
                   const struct neighbours *neighbours)
{
    struct stretch tail = {block_at(block.at + need), size - need, 0};
    if (!tag_used(neighbours->next_tag)) {
        uint32_t next_size = tag_size(neighbours->next_tag);
        freelist_remove(heap, neighbours->next, next_size);
        boundary_kill(heap, neighbours->next.at);
        tail.size_bytes += next_size;
        tail.sparse = tag_sparse(neighbours->next_tag);
    } else if (tail.size_bytes < BLOCK_SIZE_MIN) {
        return;
    }
    block_tag(heap, block, tag_of(need, TAG_USED));
    heap_count(heap, HEAP_LIVE_BYTES, need - size);
    carve_give_back(heap, tail);
}

/* Joins the used block with what follows it, if that is free or the heap's end, and cuts it to
 * `need`. Returns false, with nothing changed, if it cannot grow in place. */
static bool grow(const struct heap *heap, block_t block, uint32_t size, uint32_t need,
                 const struct neighbours *neighbours)
{
    bool next_free = !tag_used(neighbours->next_tag);
    uint32_t next_size = tag_size(neighbours->next_tag); /* none, if that is used */
    struct stretch stretch = {block, size + next_size, tag_sparse(neighbours->next_tag)};
    if (stretch.size_bytes >= need) {
        if (stretch.sparse != 0 &&
            arena_map(heap, block.at + size, carve_map_end(stretch, 0, need)) != ARENA_OK)
            return false;
    } else {
        bool at_end = neighbours->next.at + next_size == block_epilogue(heap).at;
        if (!at_end ||
            arena_extend(heap, block, need, neighbours->next.at, &stretch.size_bytes) != ARENA_OK)
            return false;
        stretch.sparse = 0;
        boundary_kill(heap, neighbours->next.at + next_size);
    }
    if (next_free) {
        freelist_remove(heap, neighbours->next, next_size);
        boundary_kill(heap, neighbours->next.at);
    }
    heap_count(heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(heap, HEAP_LIVE_BYTES, 0u - size);
    (void)carve(heap, stretch, 0, need);
    return true;
}

/* Resizes in place, with interrupts disabled. *size is the block's size before. */
static enum resize resize_in_place(const struct heap *heap, vaddr_t at, uint32_t need,
                                   uint32_t *size)
{
    tag_t tag;
    block_t block = block_of_payload(at);
    struct neighbours neighbours;
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason == MISUSE_NONE)
        reason = verify_neighbours(heap, block, tag, &neighbours);
    if (reason != MISUSE_NONE) {
        misuse_report(heap, reason, MISUSE_KREALLOC, at);
        return RESIZE_MISUSE;
    }
    *size = tag_size(tag);
    if (need < *size)
        shrink(heap, block, *size, need, &neighbours);
    else if (need > *size && !grow(heap, block, *size, need, &neighbours))
        return RESIZE_MUST_MOVE;
    return RESIZE_DONE;
}

vaddr_t krealloc(const struct heap *heap, vaddr_t at, uint32_t size_bytes)
{
    if (vaddr_is_null(at))
        return kmalloc(heap, size_bytes);
    if (size_bytes == 0) {
        kfree(heap, at);
        return VADDR_NULL;
    }

    /* No block is as large as what stands for a size that can never be served: kmalloc refuses it
     * once the pointer has been verified. */
    uint32_t need =
        size_bytes > KMALLOC_SIZE_MAX ? ~(BLOCK_GRANULE - 1u) : block_size_for(size_bytes);
    uint32_t size = 0;
    uint32_t interrupts = machine_interrupts_disable();
    enum resize resize = resize_in_place(heap, at, need, &size);
    machine_interrupts_restore(interrupts);
    if (resize == RESIZE_DONE)
        return at;
    if (resize == RESIZE_MISUSE)
        return VADDR_NULL;

    /* Both blocks are the caller's alone while the bytes are copied, so interrupts may be on. */
    vaddr_t moved = kmalloc(heap, size_bytes);
    if (vaddr_is_null(moved))
        return VADDR_NULL;
    machine_copy(moved, at, size - BLOCK_OVERHEAD);
    kfree(heap, at);
    return moved;
}
