#include "heap/arena.h"

#include "ci/unit.h"
#include "heap/test_machine.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"

/* The core's own calls are made with interrupts disabled. */
static void up(uint32_t frame_count, uint32_t window_pages)
{
    test_heap_up(frame_count, window_pages);
    (void)machine_interrupts_disable();
}

/* As many looks as it takes. */
static uint32_t unmap(uint32_t from, uint32_t to, uint32_t page_count_max)
{
    struct arena_budget budget = {page_count_max, UINT32_MAX};
    uint32_t page = page_round_up(from);
    return arena_unmap(&test_heap, &page, to, &budget);
}

TEST(mapping_that_is_refused_says_no_frame)
{
    up(20, 100);
    uint64_t before = test_heap_state();
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(arena_map(&test_heap, end, end + 50u * PAGE_SIZE), ARENA_NO_FRAME);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(mapping_covers_the_page_of_each_byte)
{
    static const uint32_t sizes[][2] = {
        {1, 1}, {PAGE_SIZE - 1u, 1}, {PAGE_SIZE, 1}, {PAGE_SIZE + 1u, 2}, {2u * PAGE_SIZE, 2}};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        up(TEST_FRAMES, 100);
        uint32_t end = test_field(HEAP_END);
        EXPECT_EQUAL(arena_map(&test_heap, end, end + sizes[i][0]), ARENA_OK);
        EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 1u + sizes[i][1]);
    }
}

TEST(extending_says_what_is_missing)
{
    up(20, 100);
    uint64_t before = test_heap_state();
    uint32_t end = test_field(HEAP_END);
    block_t epilogue = block_at(end - 4u);
    uint32_t size_now = 99;
    EXPECT_EQUAL(arena_extend(&test_heap, epilogue, 50u * PAGE_SIZE, end, &size_now),
                 ARENA_NO_FRAME);
    EXPECT_EQUAL(arena_extend(&test_heap, epilogue, 99u * PAGE_SIZE + 8u, end, &size_now),
                 ARENA_WINDOW_FULL);
    EXPECT_EQUAL(size_now, 99);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(extending_reaches_the_windows_end_and_no_further)
{
    up(TEST_FRAMES, 100);
    uint32_t end = test_field(HEAP_END);
    block_t epilogue = block_at(end - 4u);
    uint32_t size_now;
    EXPECT_EQUAL(arena_extend(&test_heap, epilogue, 99u * PAGE_SIZE, end, &size_now), ARENA_OK);
    EXPECT_EQUAL(size_now, 99u * PAGE_SIZE);
    EXPECT_EQUAL(test_field(HEAP_END), test_field(HEAP_LIMIT));
    EXPECT_EQUAL(test_tag(test_field(HEAP_END) - 4u), TAG_EPILOGUE);
    EXPECT_EQUAL(test_field(HEAP_PEAK_END), test_field(HEAP_END));
}

TEST(unmapping_keeps_to_the_pages_that_lie_wholly_inside)
{
    up(TEST_FRAMES, 100);
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(arena_map(&test_heap, end, end + 20u * PAGE_SIZE), ARENA_OK);
    EXPECT_EQUAL(unmap(end + 1u, end + 5u * PAGE_SIZE - 1u, ~0u), 3);
    EXPECT(probe_page(vaddr_of(end)) != NULL);
    EXPECT(probe_page(vaddr_of(end + 4u * PAGE_SIZE)) != NULL);
    EXPECT_EQUAL(unmap(end, end + 5u * PAGE_SIZE, ~0u), 2);
    EXPECT_EQUAL(unmap(end, end + 20u * PAGE_SIZE, 7), 7);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 1 + 8);
}

TEST(more_pages_than_a_table_has_bytes_are_unmapped_at_once)
{
    uint32_t page_count = PAGE_SIZE + 100u;
    up(page_count + 100u, page_count + 100u);
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(arena_map(&test_heap, end, end + (page_count + 10u) * PAGE_SIZE), ARENA_OK);
    /* The four tables that lie wholly in what is unmapped go as well. */
    EXPECT_EQUAL(unmap(end, end + page_count * PAGE_SIZE, ~0u), page_count + 3u);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 1 + 10);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT(probe_page(vaddr_of(end + (page_count + i) * PAGE_SIZE)) != NULL);
}

/* What stands right behind the window is not the heap's. */
TEST(trimming_takes_nothing_behind_the_end)
{
    uint32_t page_count = PAGE_SIZE + 100u;
    up(page_count + 100u, page_count);
    uint32_t end = test_field(HEAP_END);
    uint32_t size = (page_count - 1u) * PAGE_SIZE;
    uint32_t size_now;
    EXPECT_EQUAL(arena_extend(&test_heap, block_at(end - 4u), size, end, &size_now), ARENA_OK);
    vaddr_t limit = vaddr_of(test_field(HEAP_LIMIT));
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, limit, 1, &change), PAGING_OK);
    /* Three tables lie wholly in what is unmapped. */
    EXPECT_EQUAL(arena_trim(&test_heap, end), page_count - 1u + 3u);
    EXPECT(probe_page(limit) != NULL);
    EXPECT_EQUAL(test_field(HEAP_END), end);
}

TEST(a_budget_goes_on_behind_the_first_run_of_mapped_pages)
{
    up(TEST_FRAMES, 100);
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(arena_map(&test_heap, end, end + 20u * PAGE_SIZE), ARENA_OK);
    EXPECT_EQUAL(unmap(end + 3u * PAGE_SIZE, end + 5u * PAGE_SIZE, ~0u), 2);
    EXPECT_EQUAL(unmap(end, end + 20u * PAGE_SIZE, 7), 7);
    for (uint32_t i = 0; i < 20; i++)
        EXPECT_EQUAL(probe_page(vaddr_of(end + i * PAGE_SIZE)) != NULL, i >= 9);
}

/* From wherever in it the way begins, and what lies behind is found. */
TEST(a_table_that_is_not_there_is_one_look)
{
    static const uint32_t starts[] = {0, PAGE_SIZE, 100u * PAGE_SIZE, TABLE_SPAN / 2u,
                                      TABLE_SPAN - PAGE_SIZE};
    for (uint32_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        up(TEST_FRAMES, 5u * TABLE_ENTRIES);
        uint32_t first = TEST_START.v + TABLE_SPAN;
        uint32_t mapped = first + 2u * TABLE_SPAN;
        EXPECT_EQUAL(arena_map(&test_heap, mapped, mapped + PAGE_SIZE), ARENA_OK);
        struct arena_budget budget = {.page_count = 10, .look_count = 100};
        uint32_t page = first + starts[i];
        uint32_t to = mapped + 3u * PAGE_SIZE;
        EXPECT_EQUAL(arena_unmap(&test_heap, &page, to, &budget), 2); /* the page, its table */
        EXPECT_EQUAL(page, to);
        EXPECT_EQUAL(budget.page_count, 10 - 1);
        EXPECT_EQUAL(budget.look_count, 100 - 2 - 3); /* two tables, three pages */
    }
}

int main(void)
{
    RUN_BOTH(mapping_that_is_refused_says_no_frame);
    RUN_BOTH(mapping_covers_the_page_of_each_byte);
    RUN_BOTH(extending_says_what_is_missing);
    RUN_BOTH(extending_reaches_the_windows_end_and_no_further);
    RUN_BOTH(unmapping_keeps_to_the_pages_that_lie_wholly_inside);
    RUN_BOTH(more_pages_than_a_table_has_bytes_are_unmapped_at_once);
    RUN_BOTH(trimming_takes_nothing_behind_the_end);
    RUN_BOTH(a_budget_goes_on_behind_the_first_run_of_mapped_pages);
    RUN_BOTH(a_table_that_is_not_there_is_one_look);
    return 0;
}
