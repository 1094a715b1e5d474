#include "heap/arena.h"
#include "heap/carve.h"
#include "heap/kmalloc.h"

enum resize {
    RESIZE_DONE,
    RESIZE_MUST_MOVE,
    RESIZE_MISUSE,
};

/* A used block that is resized, and what is known around it. */
struct place {
    struct extent extent;
    block_t block;
    uint32_t size_bytes;
    struct member next; /* if that is used, of no size */
};

/* Gives the tail of a used block back if it is large enough for a block, merged with a free block
 * behind it. */
static void shrink(const struct heap *heap, const struct place *place, uint32_t need)
{
    uint32_t size = place->size_bytes;
    struct stretch tail = {block_at(place->block.at + need), size - need, 0};
    if (!tag_used(place->next.tag)) {
        freelist_remove(heap, &place->next);
        boundary_kill(heap, place->block.at + size);
        tail.size_bytes += tag_size(place->next.tag);
        tail.sparse = tag_sparse(place->next.tag);
    } else if (tail.size_bytes < BLOCK_SIZE_MIN) {
        return;
    }
    block_tag(heap, place->block, need, TAG_USED);
    heap_count(heap, HEAP_LIVE_BYTES, need - size);
    carve_give_back(heap, &place->extent, tail);
}

/* Joins the used block with what follows it, if that is free or the heap's end, and cuts it to
 * `need`. Returns false, with nothing changed, if it cannot grow in place. */
static bool grow(const struct heap *heap, struct place *place, uint32_t need)
{
    bool next_free = !tag_used(place->next.tag);
    uint32_t boundary = place->block.at + place->size_bytes;
    uint32_t epilogue = extent_epilogue(&place->extent);
    uint32_t next_size = tag_size(place->next.tag); /* none, if that is used */
    struct stretch stretch = {place->block, place->size_bytes + next_size,
                              tag_sparse(place->next.tag)};
    if (stretch.size_bytes >= need) {
        if (stretch.sparse != 0 &&
            arena_map(heap, boundary, carve_map_end(stretch, 0, need)) != ARENA_OK)
            return false;
    } else {
        if (boundary + next_size != epilogue ||
            arena_extend(heap, place->block, need, boundary, &stretch.size_bytes) != ARENA_OK)
            return false;
        stretch.sparse = 0;
        boundary_kill(heap, epilogue);
        place->extent = extent_of(heap);
    }
    if (next_free) {
        freelist_remove(heap, &place->next);
        boundary_kill(heap, boundary);
    }
    heap_count(heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(heap, HEAP_LIVE_BYTES, 0u - place->size_bytes);
    (void)carve(heap, &place->extent, stretch, need);
    return true;
}

/* Resizes in place, with interrupts disabled. *size is the block's size before. */
static enum resize resize_in_place(const struct heap *heap, vaddr_t at, uint32_t need,
                                   uint32_t *size)
{
    tag_t tag;
    struct neighbours neighbours;
    struct place place = {.extent = extent_of(heap), .block = block_of_payload(at)};
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason == MISUSE_NONE)
        reason =
            verify_neighbours(heap, place.block.at, place.block.at + tag_size(tag), &neighbours);
    if (reason != MISUSE_NONE) {
        misuse_report(heap, reason, MISUSE_KREALLOC, at);
        return RESIZE_MISUSE;
    }
    place.next = neighbours.next;
    if (!neighbours.next_free)
        place.next.tag = tag_of(0, TAG_EPILOGUE);
    place.size_bytes = *size = tag_size(tag);
    if (need < *size)
        shrink(heap, &place, need);
    else if (need > *size && !grow(heap, &place, need))
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
