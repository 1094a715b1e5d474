#include "heap/arena.h"
#include "heap/carve.h"
#include "heap/kmalloc.h"
#include "mmu_x86/paging.h"

/* The smallest free block in which a whole page can lie beyond what it keeps mapped. */
#define RECLAIM_SIZE_MIN (PAGE_SIZE + BLOCK_SIZE_MIN + 8u)

/* Where the heap's end comes to lie if it moves down to `lowest` at most, past page_count_max
 * mapped pages and any that are not: but the page below it, which will hold the epilogue, is a
 * mapped one. */
static uint32_t end_within(uint32_t end, uint32_t lowest, uint32_t page_count_max)
{
    uint32_t entry;
    uint32_t count = 0;
    for (; end > lowest; end -= PAGE_SIZE) {
        bool mapped = paging_translate(vaddr_of(end - PAGE_SIZE), &entry);
        if (mapped && count++ == page_count_max)
            break;
    }
    return end;
}

/* Cuts whole pages off the last block if it is free, and moves the heap's end down. */
static uint32_t reclaim_end(const struct heap *heap, const struct member *last, uint32_t old_end,
                            uint32_t page_count_max)
{
    if (tag_used(last->tag))
        return 0;
    block_t block = last->block;
    bool vanishes = (block.at + 4u) % PAGE_SIZE == 0;
    uint32_t lowest = vanishes ? block.at + 4u : page_round_up(block_hold_end(block));
    uint32_t end = end_within(old_end, lowest, page_count_max);
    if (end == old_end)
        return 0;
    if (end != block.at + 4u) {
        uint32_t sparse = end == lowest ? 0 : tag_sparse(last->tag);
        block_tag(heap, block, tag_of(end - 4u - block.at, sparse));
    }
    return arena_trim(heap, end);
}

/* Unmaps the pages that lie wholly in the hole of a free block. */
static uint32_t reclaim_hole(const struct heap *heap, const struct member *member,
                             uint32_t page_count_max)
{
    block_t block = member->block;
    uint32_t size = tag_size(member->tag);
    uint32_t count = arena_unmap(heap, block_hold_end(block), block.at + size - 4u, page_count_max);
    if (count != 0 && tag_sparse(member->tag) == 0)
        block_tag(heap, block, tag_of(size, TAG_SPARSE));
    return count;
}

uint32_t heap_reclaim(const struct heap *heap, uint32_t page_count_max)
{
    uint32_t interrupts = machine_interrupts_disable();
    uint32_t count = 0;
    struct member member;
    enum freelist_answer answer = FREELIST_DAMAGED;
    enum misuse_reason reason = verify_last(heap, &member);
    if (reason == MISUSE_NONE) {
        reason = MISUSE_DAMAGED_LINK;
        count = reclaim_end(heap, &member, heap_load(heap, HEAP_END), page_count_max);
        answer = freelist_first(heap, RECLAIM_SIZE_MIN, &member);
    }
    while (answer == FREELIST_FOUND && count < page_count_max) {
        count += reclaim_hole(heap, &member, page_count_max - count);
        answer = freelist_after(heap, RECLAIM_SIZE_MIN, &member);
    }
    if (answer == FREELIST_DAMAGED)
        misuse_report(heap, reason, MISUSE_RECLAIM, block_payload(member.block));
    machine_interrupts_restore(interrupts);
    return count;
}
