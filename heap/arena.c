#include "heap/arena.h"

#include "mmu_x86/paging.h"

/* Writes HEAP_DENSE anew, after pages have come or gone or the end has moved. */
static void dense_set(const struct heap *heap)
{
    uint32_t end = heap_load(heap, HEAP_END);
    bool dense = heap_load(heap, HEAP_MAPPED_PAGES) == (end - heap->at.v) / PAGE_SIZE;
    heap_store(heap, HEAP_DENSE, dense ? granules(end - 4u - block_first(heap).at) : 0);
}

/* Maps what is missing of [from, to), and counts it. */
static bool map(const struct heap *heap, uint32_t from, uint32_t to)
{
    uint32_t first = page_round_down(from);
    uint32_t page_count = (page_round_up(to) - first) / PAGE_SIZE;
    struct paging_change change;
    if (paging_map_range(heap_frames(heap), vaddr_of(first), page_count, &change) != PAGING_OK)
        return false;
    uint32_t mapped = heap_load(heap, HEAP_MAPPED_PAGES) + change.page_count;
    heap_store(heap, HEAP_MAPPED_PAGES, mapped);
    heap_raise(heap, HEAP_PEAK_PAGES, mapped);
    return true;
}

enum arena_result arena_map(const struct heap *heap, uint32_t from, uint32_t to)
{
    if (!map(heap, from, to))
        return ARENA_NO_FRAME;
    dense_set(heap);
    return ARENA_OK;
}

static void end_set(const struct heap *heap, uint32_t end)
{
    heap_store(heap, HEAP_END, end);
    tag_store(heap, end - 4u, tag_of(0, TAG_EPILOGUE));
}

enum arena_result arena_extend(const struct heap *heap, block_t block, uint32_t size_bytes,
                               uint32_t map_from, uint32_t *size_now)
{
    if (size_bytes > heap_load(heap, HEAP_LIMIT) - 4u - block.at)
        return ARENA_WINDOW_FULL;
    uint32_t end = page_round_up(block.at + size_bytes + 4u);
    if (!map(heap, map_from, end))
        return ARENA_NO_FRAME;
    end_set(heap, end);
    dense_set(heap);
    heap_raise(heap, HEAP_PEAK_END, end);
    *size_now = end - 4u - block.at;
    return ARENA_OK;
}

static uint32_t unmap(const struct heap *heap, uint32_t from, uint32_t page_count)
{
    struct paging_change change;
    paging_unmap_range(heap_frames(heap), vaddr_of(from), page_count, &change);
    heap_count(heap, HEAP_MAPPED_PAGES, 0u - change.page_count);
    dense_set(heap);
    return change.page_count + change.table_count;
}

uint32_t arena_trim(const struct heap *heap, uint32_t end)
{
    uint32_t old_end = heap_load(heap, HEAP_END);
    /* Their frame will be mapped again, and its contents seen at another address, where a key made
     * of addresses might make tags of them. */
    boundary_kill(heap, old_end - 4u);
    end_set(heap, end);
    return unmap(heap, end, (old_end - end) / PAGE_SIZE);
}

/* The start of the page behind `page`, or behind all those of its table if there is none. */
static uint32_t pages_behind(uint32_t page)
{
    return paging_table_present(vaddr_of(page)) ? page + PAGE_SIZE
                                                : (page | (TABLE_SPAN - 1u)) + 1u;
}

/* All that it finds goes in one range, with what is gone already in between: a range costs more
 * for the tables that it lies in than for its pages. */
uint32_t arena_unmap(const struct heap *heap, uint32_t *from, uint32_t to,
                     struct arena_budget *budget)
{
    uint32_t entry;
    uint32_t end = page_round_down(to);
    uint32_t page = *from;
    uint32_t first = end;
    uint32_t last = 0;
    for (; page < end && arena_budget_left(budget); page = pages_behind(page)) {
        arena_look(budget, 1);
        if (!paging_translate(vaddr_of(page), &entry))
            continue;
        budget->page_count--;
        first = first < page ? first : page;
        last = page;
    }
    *from = page;
    return first == end ? 0 : unmap(heap, first, (last - first) / PAGE_SIZE + 1u);
}
