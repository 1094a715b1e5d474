#include "heap/kmalloc.h"

#include "heap/arena.h"
#include "heap/carve.h"

/* Maps what a used block of `need` bytes takes in a sparse block. */
static enum arena_result stretch_map(const struct heap *heap, const struct stretch *stretch,
                                     uint32_t align_bytes, uint32_t need)
{
    uint32_t lead = carve_lead(stretch->block, align_bytes);
    /* The footer of a lead is the word before block.at + lead, on the same page. */
    return arena_map(heap, stretch->block.at + lead, carve_map_end(*stretch, lead, need));
}

/* Makes a stretch of at least size_bytes at the heap's end, out of the last block if that one is
 * free. */
static enum arena_result stretch_from_end(const struct heap *heap, struct extent *extent,
                                          const struct member *last, uint32_t size_bytes,
                                          struct stretch *stretch)
{
    bool last_free = !tag_used(last->tag);
    bool sparse = tag_sparse(last->tag) != 0;
    uint32_t boundary = extent_epilogue(extent);
    uint32_t size_now;
    enum arena_result result =
        arena_extend(heap, last->block, size_bytes, sparse ? last->block.at : boundary, &size_now);
    if (result != ARENA_OK)
        return result;
    if (last_free)
        boundary_kill(heap, boundary);
    *extent = extent_of(heap);
    *stretch = (struct stretch){last->block, size_now, 0};
    return ARENA_OK;
}

/* Allocates a block of `need` bytes, with interrupts disabled. Wherever a stretch starts, its lead
 * is at most align_bytes + 8: so one of size_bytes is looked for. */
BLOCK_APART static vaddr_t allocate(const struct heap *heap, uint32_t need, uint32_t size_bytes,
                                    uint32_t align_bytes)
{
    struct member found;
    struct extent extent = extent_of(heap);
    enum freelist_answer answer = freelist_find(heap, size_bytes, &found);
    enum misuse_reason reason = answer == FREELIST_DAMAGED ? MISUSE_DAMAGED_LINK : MISUSE_NONE;
    if (answer == FREELIST_NONE)
        reason = verify_last(heap, &found);
    if (reason != MISUSE_NONE) {
        misuse_report(heap, reason, MISUSE_KMALLOC, block_payload(found.block));
        return VADDR_NULL;
    }
    struct stretch stretch = {found.block, tag_size(found.tag), tag_sparse(found.tag)};
    enum arena_result result = ARENA_OK;
    if (stretch.size_bytes < size_bytes)
        result = stretch_from_end(heap, &extent, &found, size_bytes, &stretch);
    else if (stretch.sparse != 0)
        result = stretch_map(heap, &stretch, align_bytes, need);
    if (result != ARENA_OK) {
        heap_count(heap, result == ARENA_NO_FRAME ? HEAP_REFUSED_FRAMES : HEAP_REFUSED_WINDOW, 1);
        return VADDR_NULL;
    }
    if (answer == FREELIST_FOUND)
        freelist_remove(heap, &found);
    uint32_t lead = carve_lead(stretch.block, align_bytes);
    return block_payload(carve_aligned(heap, &extent, stretch, lead, need));
}

/* The same, quickly (heap/verify.h), for any alignment that all payloads have. Returns null, with
 * nothing changed, if it is to be done precisely. */
BLOCK_INLINE vaddr_t allocate_quick(const struct heap *heap, uint32_t need)
{
    struct member found;
    const struct heap copy = heap_copy(heap);
    struct extent extent = extent_of(&copy);
    if (BLOCK_RARE(heap->policy != HEAP_BINS))
        return VADDR_NULL;
    enum freelist_answer answer = freelist_find_quick(&copy, &extent, need, &found);
    if (BLOCK_RARE(answer == FREELIST_DAMAGED))
        return VADDR_NULL;
    if (answer == FREELIST_FOUND)
        freelist_remove(&copy, &found);
    else if (!verify_last_quick(&copy, &extent, &found) || found.tag.word < need)
        return VADDR_NULL;
    struct stretch stretch = {found.block, found.tag.word, 0};
    return block_payload(carve(&copy, &extent, stretch, need));
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
    uint32_t need = block_size_for(size_bytes);
    uint32_t align = align_bytes < BLOCK_GRANULE ? BLOCK_GRANULE : align_bytes;
    uint32_t slack = align > BLOCK_GRANULE ? align + BLOCK_GRANULE : 0;
    uint32_t interrupts = machine_interrupts_disable();
    vaddr_t at = allocate(heap, need, need + slack, align);
    machine_interrupts_restore(interrupts);
    return at;
}

vaddr_t kmalloc(const struct heap *heap, uint32_t size_bytes)
{
    if (BLOCK_RARE(size_bytes - 1u >= KMALLOC_SIZE_MAX))
        return size_bytes == 0 ? VADDR_NULL : refuse_size(heap);
    uint32_t need = block_size_for(size_bytes);
    uint32_t interrupts = machine_interrupts_disable();
    vaddr_t at = allocate_quick(heap, need);
    if (BLOCK_RARE(vaddr_is_null(at)))
        at = allocate(heap, need, need, BLOCK_GRANULE);
    machine_interrupts_restore(interrupts);
    return at;
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
