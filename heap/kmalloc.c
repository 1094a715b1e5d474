#include "heap/kmalloc.h"

#include "heap/arena.h"
#include "heap/carve.h"
#include "heap/freelist.h"
#include "heap/verify.h"

/* Finds a free block of size_bytes or more, maps what a used block of `need` bytes in it takes, and
 * takes it off its list. */
static enum arena_result stretch_from_list(const struct heap *heap, block_t block,
                                           uint32_t align_bytes, uint32_t need,
                                           struct stretch *stretch)
{
    tag_t tag = tag_load(heap, block.at);
    *stretch = (struct stretch){block, tag_size(tag), tag_sparse(tag)};
    if (stretch->sparse != 0) {
        uint32_t lead = carve_lead(block, align_bytes);
        /* The footer of a lead is the word before block.at + lead, on the same page. */
        if (arena_map(heap, block.at + lead, carve_map_end(*stretch, lead, need)) != ARENA_OK)
            return ARENA_NO_FRAME;
    }
    freelist_remove(heap, block, stretch->size_bytes);
    return ARENA_OK;
}

/* Makes a stretch of at least size_bytes at the heap's end, out of the last block if that one is
 * free. */
static enum arena_result stretch_from_end(const struct heap *heap, const struct neighbours *last,
                                          uint32_t size_bytes, struct stretch *stretch)
{
    bool last_free = !tag_used(last->previous_tag);
    uint32_t have = last_free ? tag_size(last->previous_tag) : 0;
    block_t block = last_free ? last->previous : last->next;
    bool sparse = tag_sparse(last->previous_tag) != 0;
    uint32_t size_now;
    enum arena_result result =
        arena_extend(heap, block, size_bytes, sparse ? block.at : last->next.at, &size_now);
    if (result != ARENA_OK)
        return result;
    if (last_free) {
        freelist_remove(heap, block, have);
        boundary_kill(heap, last->next.at);
    }
    *stretch = (struct stretch){block, size_now, 0};
    return ARENA_OK;
}

/* Allocates a block of `need` bytes, with interrupts disabled. */
static vaddr_t allocate(const struct heap *heap, uint32_t need, uint32_t align_bytes)
{
    /* Wherever a stretch starts, its lead is at most align_bytes + 8. */
    uint32_t size_bytes = align_bytes > BLOCK_GRANULE ? need + align_bytes + BLOCK_GRANULE : need;
    block_t block;
    struct neighbours last = {0};
    enum freelist_answer answer = freelist_find(heap, size_bytes, &block);
    enum misuse_reason reason = answer == FREELIST_DAMAGED ? MISUSE_DAMAGED_LINK : MISUSE_NONE;
    if (answer == FREELIST_NONE) {
        reason = verify_last(heap, &last);
        block = last.previous;
        /* The bins may pass over a block that fits. Where that is the last one, it is not to be
         * extended to less than it is. */
        if (!tag_used(last.previous_tag) && tag_size(last.previous_tag) >= size_bytes)
            answer = FREELIST_FOUND;
    }
    if (reason != MISUSE_NONE) {
        misuse_report(heap, reason, MISUSE_KMALLOC, block_payload(block));
        return VADDR_NULL;
    }
    struct stretch stretch;
    enum arena_result result = answer == FREELIST_FOUND
                                   ? stretch_from_list(heap, block, align_bytes, need, &stretch)
                                   : stretch_from_end(heap, &last, size_bytes, &stretch);
    if (result != ARENA_OK) {
        heap_count(heap, result == ARENA_NO_FRAME ? HEAP_REFUSED_FRAMES : HEAP_REFUSED_WINDOW, 1);
        return VADDR_NULL;
    }
    return block_payload(carve(heap, stretch, carve_lead(stretch.block, align_bytes), need));
}

/* Counts a request that can never be served. Returns null. */
static vaddr_t refuse_size(const struct heap *heap)
{
    uint32_t interrupts = machine_interrupts_disable();
    heap_count(heap, HEAP_REFUSED_SIZE, 1);
    machine_interrupts_restore(interrupts);
    return VADDR_NULL;
}

vaddr_t kmalloc_aligned(const struct heap *heap, uint32_t size_bytes, uint32_t align_bytes)
{
    if (size_bytes == 0)
        return VADDR_NULL;
    bool power_of_two = align_bytes != 0 && (align_bytes & (align_bytes - 1u)) == 0;
    if (size_bytes > KMALLOC_SIZE_MAX || !power_of_two || align_bytes > KMALLOC_ALIGN_MAX)
        return refuse_size(heap);
    uint32_t align = align_bytes < BLOCK_GRANULE ? BLOCK_GRANULE : align_bytes;
    uint32_t interrupts = machine_interrupts_disable();
    vaddr_t at = allocate(heap, block_size_for(size_bytes), align);
    machine_interrupts_restore(interrupts);
    return at;
}

vaddr_t kmalloc(const struct heap *heap, uint32_t size_bytes)
{
    return kmalloc_aligned(heap, size_bytes, BLOCK_GRANULE);
}

vaddr_t kcalloc(const struct heap *heap, uint32_t count, uint32_t size_bytes)
{
    uint32_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total))
        return refuse_size(heap);
    vaddr_t at = kmalloc(heap, total);
    /* The block is the caller's already: it is zeroed with interrupts as they were. */
    if (!vaddr_is_null(at))
        machine_fill(at, 0, kmalloc_usable_size(heap, at));
    return at;
}

uint32_t kmalloc_usable_size(const struct heap *heap, vaddr_t at)
{
    if (vaddr_is_null(at))
        return 0;
    uint32_t interrupts = machine_interrupts_disable();
    tag_t tag;
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason != MISUSE_NONE)
        misuse_report(heap, reason, MISUSE_USABLE_SIZE, at);
    machine_interrupts_restore(interrupts);
    return reason == MISUSE_NONE ? tag_size(tag) - BLOCK_OVERHEAD : 0;
}
