#include "heap/arena.h"
#include "heap/carve.h"
#include "heap/cost.h"
#include "heap/kmalloc.h"
#include "mmu_x86/paging.h"

/* The smallest free block in which a whole page can lie beyond what it keeps mapped. */
#define RECLAIM_SIZE_MIN (PAGE_SIZE + BLOCK_SIZE_MIN + 8u)

/* The start of the page below `end`, or of all those of its table if there is none. */
static uint32_t pages_below(uint32_t end)
{
    uint32_t page = end - PAGE_SIZE;
    return paging_table_present(vaddr_of(page)) ? page : page & ~(TABLE_SPAN - 1u);
}

/* Where the heap's end comes to lie if it moves down to `lowest` at most, past the mapped pages
 * that the budget has and any that are not: but the page below it, which will hold the epilogue, is
 * a mapped one. The first gap is looked through to its end whatever the budget, or the end would
 * never get past it; no more than two of its tables are there, as each that is has a page. */
static uint32_t end_within(uint32_t old_end, uint32_t lowest, struct arena_budget *budget)
{
    uint32_t entry;
    uint32_t end = old_end;
    for (uint32_t at = old_end; at > lowest; at = pages_below(at)) {
        if (paging_translate(vaddr_of(at - PAGE_SIZE), &entry)) {
            end = at;
            if (budget->page_count == 0)
                return end;
            budget->page_count--;
        }
        if (budget->look_count == 0 && end != old_end)
            return end;
        arena_look(budget, 1);
    }
    return lowest;
}

/* Cuts whole pages off the last block if it is free, and moves the heap's end down. */
static uint32_t reclaim_end(const struct heap *heap, const struct member *last,
                            struct arena_budget *budget)
{
    if (tag_used(last->tag))
        return 0;
    block_t block = last->block;
    uint32_t old_end = heap_load(heap, HEAP_END);
    bool vanishes = (block.at + 4u) % PAGE_SIZE == 0;
    uint32_t lowest = vanishes ? block.at + 4u : page_round_up(block_hold_end(block));
    uint32_t end = end_within(old_end, lowest, budget);
    if (end == old_end)
        return 0;
    if (end != block.at + 4u) {
        uint32_t sparse = end == lowest ? 0 : tag_sparse(last->tag);
        block_tag(heap, block, end - 4u - block.at, sparse);
    }
    return arena_trim(heap, end);
}

/* Unmaps the pages that lie wholly in the hole of a free block, from *page on if that is further
 * in, as far as the budget goes; *page becomes where it ended. */
static uint32_t reclaim_hole(const struct heap *heap, const struct member *member, uint32_t *page,
                             struct arena_budget *budget)
{
    block_t block = member->block;
    uint32_t size = tag_size(member->tag);
    uint32_t first = page_round_up(block_hold_end(block));
    *page = *page > first ? *page : first;
    arena_look(budget, COST_LOOKS_BLOCK);
    uint32_t count = arena_unmap(heap, page, block.at + size - 4u, budget);
    if (count != 0 && tag_sparse(member->tag) == 0)
        block_tag(heap, block, size, TAG_SPARSE);
    return count;
}

/* The block where the pass goes on, and the page in it. kmalloc and kfree know nothing of the
 * cursor: what it names may have been merged away (then there is no tag any more, rule H9),
 * allocated, put on another list or become the last block, which is on none and has no links; then
 * the pass goes on at the head of the list. Takes the last block from *member. */
static enum freelist_answer cursor_load(const struct heap *heap, struct member *member,
                                        uint32_t *page)
{
    uint32_t list = heap_load(heap, HEAP_RECLAIM_LIST);
    *page = heap_load(heap, HEAP_RECLAIM_PAGE);
    block_t block = block_at(heap_load(heap, HEAP_RECLAIM_BLOCK));
    bool last = block.at == member->block.at;
    if (!last && verify_free(heap, block, member) && member->head == list)
        return FREELIST_FOUND;
    *page = 0;
    return freelist_first(heap, list, member);
}

static void cursor_store(const struct heap *heap, uint32_t list, uint32_t block, uint32_t page)
{
    heap_store(heap, HEAP_RECLAIM_LIST, list);
    heap_store(heap, HEAP_RECLAIM_BLOCK, block);
    heap_store(heap, HEAP_RECLAIM_PAGE, page);
}

/* Begins a pass, if none is under way. */
static void pass_open(const struct heap *heap)
{
    if (heap_load(heap, HEAP_RECLAIM_LIST) == 0)
        heap_store(heap, HEAP_RECLAIM_LIST, verify_list(heap, RECLAIM_SIZE_MIN));
}

/* Goes on with the pass over the lists, as far as the budget goes. */
static enum freelist_answer reclaim_lists(const struct heap *heap, struct member *member,
                                          struct arena_budget *budget, uint32_t *count)
{
    uint32_t page;
    enum freelist_answer answer = cursor_load(heap, member, &page);
    while (answer == FREELIST_FOUND && arena_budget_left(budget)) {
        *count += reclaim_hole(heap, member, &page, budget);
        if (arena_budget_left(budget)) {
            page = 0;
            answer = freelist_after(heap, member);
        }
    }
    if (answer == FREELIST_FOUND)
        cursor_store(heap, member->head, member->block.at, page);
    else
        cursor_store(heap, 0, 0, 0);
    return answer;
}

static uint32_t reclaim_locked(const struct heap *heap, struct arena_budget budget)
{
    struct member member;
    uint32_t count = 0;
    enum misuse_reason reason = verify_last(heap, &member);
    pass_open(heap);
    if (reason == MISUSE_NONE)
        count = reclaim_end(heap, &member, &budget);
    if (reason == MISUSE_NONE && arena_budget_left(&budget) &&
        reclaim_lists(heap, &member, &budget, &count) == FREELIST_DAMAGED)
        reason = MISUSE_DAMAGED_LINK;
    if (reason != MISUSE_NONE) {
        cursor_store(heap, 0, 0, 0);
        misuse_report(heap, reason, MISUSE_RECLAIM, block_payload(member.block));
    }
    return count;
}

uint32_t heap_reclaim(const struct heap *heap, uint32_t page_count_max)
{
    if (page_count_max == 0)
        return 0;
    struct arena_budget budget = {page_count_max, cost_looks(page_count_max)};
    uint32_t interrupts = machine_interrupts_disable();
    if (page_count_max == UINT32_MAX)
        cursor_store(heap, 0, 0, 0);
    uint32_t count = reclaim_locked(heap, budget);
    machine_interrupts_restore(interrupts);
    return count;
}

bool heap_reclaim_pending(const struct heap *heap)
{
    uint32_t interrupts = machine_interrupts_disable();
    bool pending = heap_load(heap, HEAP_RECLAIM_LIST) != 0;
    machine_interrupts_restore(interrupts);
    return pending;
}
