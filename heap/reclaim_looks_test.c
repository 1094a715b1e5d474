/* What heap_reclaim's slices spend their looks on (heap/cost.h): pages, tables that are not there,
 * free blocks, the gap at the heap's end. */
#include "ci/unit.h"
#include "heap/cost.h"
#include "heap/test_machine.h"

#define HOLE_PAGES 5u
#define HOLE_GIVES 3u /* that lie wholly inside */

static uint64_t accesses(void)
{
    return probe_counts().loads + probe_counts().stores;
}

/* A heap with `count` free blocks of HOLE_PAGES pages, all on one list, a live block behind each,
 * and all given back that they have to give. */
static void emptied_up(uint32_t count)
{
    static vaddr_t holes[100];
    EXPECT(count <= sizeof(holes) / sizeof(holes[0]));
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    for (uint32_t i = 0; i < count; i++) {
        holes[i] = test_alloc(HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
        (void)test_alloc(PAGE_SIZE - BLOCK_OVERHEAD);
    }
    for (uint32_t i = 0; i < count; i++)
        kfree(&test_heap, holes[i]);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= HOLE_GIVES * count);
}

TEST(a_slice_gets_through_as_many_emptied_blocks_as_it_has_looks_for)
{
    uint32_t count = cost_looks(1) / (COST_LOOKS_BLOCK + HOLE_GIVES);
    for (uint32_t more = 0; more < 2; more++) {
        emptied_up(count + more);
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 0);
        EXPECT_EQUAL(heap_reclaim_pending(&test_heap), more != 0);
    }
}

/* The last block is free, with two gaps of `gap_pages` in it, and a few mapped pages above each. */
static void gaps_up(uint32_t gap_pages)
{
    test_heap_up(8000, 8000);
    (void)test_alloc(8);
    vaddr_t gaps[2];
    vaddr_t pages[2];
    for (uint32_t i = 0; i < 2; i++) {
        gaps[i] = test_alloc(gap_pages * PAGE_SIZE);
        pages[i] = test_alloc(2u * PAGE_SIZE);
    }
    kfree(&test_heap, gaps[0]);
    kfree(&test_heap, gaps[1]);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= 2u * gap_pages - 2u);
    kfree(&test_heap, pages[0]);
    kfree(&test_heap, pages[1]);
    test_heap_hold();
}

/* However large it is, although the looks of a slice do not reach so far. */
TEST(the_end_gets_past_a_gap)
{
    static const uint32_t gap_pages[] = {400, 1000, 1500, 3000};
    for (uint32_t i = 0; i < sizeof(gap_pages) / sizeof(gap_pages[0]); i++) {
        gaps_up(gap_pages[i]);
        uint32_t end = test_field(HEAP_END);
        EXPECT(heap_reclaim(&test_heap, 20) != 0); /* the pages above the gap but one */
        EXPECT(end - test_field(HEAP_END) < gap_pages[i] * PAGE_SIZE);
        uint64_t before = accesses();
        EXPECT(heap_reclaim(&test_heap, 20) != 0);
        struct cost_terms terms = {.calls = 1,
                                   .entries = 20u,
                                   .tables = 3u,
                                   .runs = 3u,
                                   .looks = cost_looks(20) + COST_LOOKS_GAP};
        EXPECT(accesses() - before <= cost_bound(&terms));
        EXPECT(end - test_field(HEAP_END) >= gap_pages[i] * PAGE_SIZE);
        test_heap_hold();
        do {
            (void)heap_reclaim(&test_heap, 20);
            test_heap_hold();
        } while (heap_reclaim_pending(&test_heap));
        EXPECT_EQUAL(test_field(HEAP_END), TEST_START.v + PAGE_SIZE);
    }
}

TEST(a_gap_that_the_looks_reach_across_is_passed_at_once)
{
    for (uint32_t far = 0; far < 2; far++) {
        uint32_t gap_pages = cost_looks(20) + 20u * far - 10u;
        gaps_up(gap_pages);
        uint32_t end = test_field(HEAP_END);
        EXPECT(heap_reclaim(&test_heap, 20) != 0);
        EXPECT_EQUAL(end - test_field(HEAP_END) >= gap_pages * PAGE_SIZE, far == 0);
    }
}

/* Both gaps begin and end at the same places in their tables. */
TEST(a_table_of_a_gap_that_is_not_there_is_one_look)
{
    const uint32_t table_count = 2;
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        gaps_up(1500u + i * table_count * TABLE_ENTRIES);
        EXPECT(heap_reclaim(&test_heap, 20) != 0); /* the pages above the gap but one */
        uint64_t before = accesses();
        EXPECT(heap_reclaim(&test_heap, 20) != 0);
        costs[i] = accesses() - before;
    }
    EXPECT(costs[1] <= costs[0] + COST_LOOK * table_count);
}

TEST(a_table_that_is_not_there_is_one_look)
{
    test_heap_up(8000, 8000);
    vaddr_t hole = test_alloc(6u * TABLE_SPAN);
    (void)test_alloc(8);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= 6u * TABLE_ENTRIES);
    uint64_t before = accesses();
    EXPECT_EQUAL(heap_reclaim(&test_heap, UINT32_MAX), 0);
    EXPECT(accesses() - before <= COST_CALL + COST_LOOK * TABLE_ENTRIES);
}

/* A free block over six tables of which all is given back, and of that mapped again: the first
 * pages of its second table, and two pages two tables above. Returns the number of the former. */
static uint32_t two_runs_up(vaddr_t table)
{
    test_heap_up(8000, 8000);
    (void)test_alloc(TABLE_SPAN - PAGE_SIZE);
    vaddr_t hole = test_alloc(5u * TABLE_SPAN);
    (void)test_alloc(8);
    kfree(&test_heap, hole);
    vaddr_t low = kmalloc_aligned(&test_heap, TABLE_SPAN + PAGE_SIZE, TABLE_SPAN);
    vaddr_t high = kmalloc_aligned(&test_heap, 8, TABLE_SPAN);
    EXPECT_EQUAL(low.v, table.v);
    EXPECT_EQUAL(high.v, table.v + 2u * TABLE_SPAN);
    kfree(&test_heap, low);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= 4u * TABLE_ENTRIES);
    uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
    low = kmalloc_aligned(&test_heap, 100u * PAGE_SIZE, TABLE_SPAN);
    EXPECT_EQUAL(low.v, table.v);
    kfree(&test_heap, low);
    kfree(&test_heap, high);
    test_heap_hold();
    return test_field(HEAP_MAPPED_PAGES) - mapped;
}

/* A slice gives back the last pages of a table, and the table with them, and ends there: in the
 * middle of what is no table any more. */
TEST(a_slice_goes_on_behind_a_table_that_went_with_the_one_before)
{
    vaddr_t table = vaddr_add(TEST_START, TABLE_SPAN);
    uint32_t page_count = two_runs_up(table);
    EXPECT_EQUAL(heap_reclaim(&test_heap, page_count), page_count + 1u);
    EXPECT(probe_table(directory_slot(table)) == NULL);
    EXPECT_EQUAL(test_field(HEAP_RECLAIM_PAGE), table.v + page_count * PAGE_SIZE);
    uint32_t given_back = 0;
    for (uint32_t slice = 0; slice < 10 && heap_reclaim_pending(&test_heap); slice++)
        given_back += heap_reclaim(&test_heap, page_count);
    EXPECT(!heap_reclaim_pending(&test_heap));
    EXPECT_EQUAL(given_back, 4); /* two pages, and the tables of each */
    test_heap_hold();
}

TEST(the_budget_is_the_largest_there_is_where_it_would_overflow)
{
    uint32_t bounded = (UINT32_MAX - COST_LOOKS_SLICE) / COST_LOOKS_PAGE;
    EXPECT_EQUAL(cost_looks(0), COST_LOOKS_SLICE);
    EXPECT_EQUAL(cost_looks(bounded), COST_LOOKS_SLICE + COST_LOOKS_PAGE * bounded);
    EXPECT_EQUAL(cost_looks(bounded + 1u), UINT32_MAX);
    EXPECT_EQUAL(cost_looks(UINT32_MAX), UINT32_MAX);
}

int main(void)
{
    RUN_BOTH(a_slice_gets_through_as_many_emptied_blocks_as_it_has_looks_for);
    RUN_BOTH(the_end_gets_past_a_gap);
    RUN_BOTH(a_gap_that_the_looks_reach_across_is_passed_at_once);
    RUN_BOTH(a_table_of_a_gap_that_is_not_there_is_one_look);
    RUN_BOTH(a_table_that_is_not_there_is_one_look);
    RUN_BOTH(a_slice_goes_on_behind_a_table_that_went_with_the_one_before);
    RUN(the_budget_is_the_largest_there_is_where_it_would_overflow);
    return 0;
}
