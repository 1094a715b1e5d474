#include "heap/kmalloc.h"

#include "ci/unit.h"
#include "heap/test_machine.h"

/* A heap with a free stretch of `page_count` pages between two live blocks. Returns its payload. */
static vaddr_t hole_up(uint32_t page_count)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(3000);
    vaddr_t hole = test_alloc(page_count * PAGE_SIZE);
    vaddr_t behind = test_alloc(3000);
    test_write(behind, 9);
    kfree(&test_heap, hole);
    return hole;
}

static uint32_t frames_free_now(void)
{
    return test_frames_word(FRAMES_FREE);
}

TEST(a_fresh_heap_has_nothing_to_give)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 100), 0);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_budget_of_0_gives_nothing)
{
    (void)hole_up(20);
    kfree(&test_heap, test_alloc(100000));
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 0), 0);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(the_end_moves_down_to_the_last_used_block)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100000);
    uint32_t free_before = frames_free_now();
    kfree(&test_heap, at);
    EXPECT_EQUAL(heap_reclaim(&test_heap, ~0u), frames_free_now() - free_before);
    EXPECT(test_heap_fresh());
    EXPECT(test_field(HEAP_PEAK_END) >= TEST_START.v + 100000u);
    test_heap_hold();
}

TEST(the_end_moves_down_wherever_the_last_block_ends)
{
    for (uint32_t size = 1; size < 5200; size += 8) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t keep = test_alloc(size);
        vaddr_t at = test_alloc(20000);
        kfree(&test_heap, at);
        EXPECT(heap_reclaim(&test_heap, ~0u) >= 4);
        test_heap_hold();
        uint32_t block_end = keep.v - 4u + test_size(keep);
        /* The epilogue alone fits into a page's last word; otherwise a small free block is kept. */
        bool whole = (block_end + 4u) % PAGE_SIZE == 0;
        EXPECT_EQUAL(test_field(HEAP_END), page_round_up(block_end + (whole ? 4u : 20u)));
        EXPECT_EQUAL(heap_reclaim(&test_heap, ~0u), 0);
        test_write(test_alloc(30000), 1);
        test_heap_hold();
    }
}

TEST(whole_pages_inside_a_free_block_are_unmapped)
{
    for (uint32_t pages = 1; pages < 12; pages++) {
        (void)hole_up(pages);
        uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
        uint32_t free_before = frames_free_now();
        uint32_t count = heap_reclaim(&test_heap, ~0u);
        EXPECT(count + 1u >= pages);
        EXPECT_EQUAL(frames_free_now() - free_before, count);
        EXPECT_EQUAL(mapped - test_field(HEAP_MAPPED_PAGES), count);
        test_heap_hold();
        EXPECT_EQUAL(heap_reclaim(&test_heap, ~0u), 0);
    }
}

TEST(exactly_the_pages_between_hold_and_footer_are_unmapped)
{
    for (uint32_t payload = PAGE_SIZE; payload < 3u * PAGE_SIZE; payload += 8) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t hole = test_alloc(payload);
        uint32_t size = test_size(hole);
        (void)test_alloc(3000);
        kfree(&test_heap, hole);
        uint32_t first = page_round_up(hole.v + BLOCK_SIZE_MIN);
        uint32_t end = page_round_down(hole.v - 4u + size - 4u);
        uint32_t count = end > first ? (end - first) / PAGE_SIZE : 0;
        (void)heap_reclaim(&test_heap, ~0u);
        for (uint32_t i = 0; i < count; i++)
            EXPECT(probe_page(vaddr_of(first + i * PAGE_SIZE)) == NULL);
        EXPECT_EQUAL(test_tag(hole.v - 4u), size | (count != 0 ? TAG_SPARSE : 0u));
        test_heap_hold();
    }
}

TEST(a_whole_page_table_in_a_free_block_is_given_back)
{
    test_heap_up(4000, 4000);
    vaddr_t hole = test_alloc(10u << 20);
    (void)test_alloc(100);
    kfree(&test_heap, hole);
    uint32_t free_before = frames_free_now();
    uint32_t count = heap_reclaim(&test_heap, ~0u);
    EXPECT_EQUAL(count, frames_free_now() - free_before);
    EXPECT(probe_table(directory_slot(TEST_START) + 1u) == NULL);
    test_heap_hold();
    test_write(test_alloc(9u << 20), 4);
    test_heap_hold();
}

TEST(a_budget_is_kept_within_a_hole_and_used_up_in_steps)
{
    (void)hole_up(20);
    uint32_t total = 0;
    for (uint32_t step = 0; step < 6; step++) {
        uint32_t count = heap_reclaim(&test_heap, 3);
        EXPECT_EQUAL(count, 3);
        total += count;
        test_heap_hold();
    }
    total += heap_reclaim(&test_heap, ~0u);
    EXPECT(total >= 19);
    test_heap_hold();
}

TEST(a_budget_goes_on_behind_pages_that_were_mapped_again)
{
    vaddr_t hole = hole_up(20);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 19);
    vaddr_t first = test_alloc(5u * PAGE_SIZE);
    EXPECT_EQUAL(first.v, hole.v);
    kfree(&test_heap, first);
    for (uint32_t step = 0; step < 4; step++)
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    test_heap_hold();
}

TEST(several_holes_are_emptied)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t holes[6];
    for (uint32_t i = 0; i < 6; i++) {
        holes[i] = test_alloc((i + 3) * PAGE_SIZE);
        (void)test_alloc(50);
    }
    for (uint32_t i = 0; i < 6; i++)
        kfree(&test_heap, holes[i]);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 2 + 3 + 4 + 5 + 6 + 7);
    test_heap_hold();
    EXPECT_EQUAL(heap_reclaim(&test_heap, ~0u), 0);
}

TEST(an_emptied_hole_is_mapped_again_on_demand)
{
    vaddr_t hole = hole_up(20);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 19);
    uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
    vaddr_t small = test_alloc(100);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), mapped);
    vaddr_t large = test_alloc(15u * PAGE_SIZE);
    test_write(small, 1);
    test_write(large, 2);
    EXPECT(large.v >= hole.v && large.v < hole.v + 20u * PAGE_SIZE);
    test_heap_hold();
    kfree(&test_heap, large);
    kfree(&test_heap, small);
    test_heap_hold();
    EXPECT_EQUAL(test_alloc(20u * PAGE_SIZE).v, hole.v);
    test_heap_hold();
}

TEST(a_block_cut_from_a_hole_leaves_the_start_of_the_rest_mapped)
{
    for (uint32_t size = 3u * PAGE_SIZE - 64u; size < 4u * PAGE_SIZE + 64u; size += 8) {
        vaddr_t hole = hole_up(20);
        EXPECT(heap_reclaim(&test_heap, ~0u) >= 19);
        EXPECT_EQUAL(test_alloc(size).v, hole.v);
        test_heap_hold();
    }
}

TEST(an_aligned_block_in_the_middle_of_an_emptied_hole_is_mapped)
{
    for (uint32_t align = 16; align <= 65536; align *= 2) {
        for (uint32_t size = 1; size < 20000; size = size * 3 + 1) {
            (void)hole_up(60);
            EXPECT(heap_reclaim(&test_heap, ~0u) >= 58);
            vaddr_t at = kmalloc_aligned(&test_heap, size, align);
            EXPECT(!vaddr_is_null(at));
            EXPECT_EQUAL(at.v % align, 0);
            test_write(at, 3);
            test_heap_hold();
            kfree(&test_heap, at);
            test_heap_hold();
        }
    }
}

TEST(a_hole_that_became_the_end_is_mapped_when_the_heap_grows)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(3000);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    vaddr_t last = test_alloc(3000);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 19);
    kfree(&test_heap, last);
    EXPECT_EQUAL(test_tag(hole.v - 4u) & TAG_FLAGS, TAG_SPARSE);
    vaddr_t at = test_alloc(40u * PAGE_SIZE);
    EXPECT_EQUAL(at.v, hole.v);
    test_write(at, 1);
    test_heap_hold();
}

TEST(a_hole_that_became_the_end_is_used_up_without_growth)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(3000);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    vaddr_t last = test_alloc(PAGE_SIZE);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 19);
    kfree(&test_heap, last);
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(hole.v - 4u + test_size(hole), end - 4u);
    for (uint32_t left = 0; left <= 32; left += 8) {
        vaddr_t at = test_alloc(test_size(hole) - BLOCK_OVERHEAD - left);
        EXPECT_EQUAL(at.v, hole.v);
        EXPECT_EQUAL(test_field(HEAP_END), end);
        test_heap_hold();
        kfree(&test_heap, at);
    }
}

TEST(live_blocks_keep_their_contents)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t keep[10];
    vaddr_t drop[10];
    for (uint32_t i = 0; i < 10; i++) {
        drop[i] = test_alloc(1000 + 4000 * i);
        keep[i] = test_alloc(20 + 700 * i);
        test_write(keep[i], i);
    }
    for (uint32_t i = 0; i < 10; i++)
        kfree(&test_heap, drop[i]);
    (void)heap_reclaim(&test_heap, ~0u);
    for (uint32_t i = 0; i < 10; i++)
        test_expect(keep[i], i, test_size(keep[i]) - BLOCK_OVERHEAD);
    test_heap_hold();
}

TEST(freeing_beside_a_hole_merges_with_it)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t blocks[3];
    for (uint32_t i = 0; i < 3; i++)
        blocks[i] = test_alloc(10u * PAGE_SIZE);
    (void)test_alloc(10);
    kfree(&test_heap, blocks[0]);
    kfree(&test_heap, blocks[2]);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 18);
    kfree(&test_heap, blocks[1]);
    EXPECT_EQUAL(test_tag(blocks[0].v - 4u) & TAG_FLAGS, TAG_SPARSE);
    test_heap_hold();
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 9);
    test_heap_hold();
}

TEST(reclaiming_nothing_leaves_the_lists_as_they_are)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t size = 208;
    vaddr_t at = test_alloc(size - BLOCK_OVERHEAD);
    vaddr_t between = test_alloc(8);
    uint32_t last = test_field(HEAP_END) - 4u - size;
    vaddr_t rest = test_alloc(last - (between.v - 4u + BLOCK_SIZE_MIN) - BLOCK_OVERHEAD);
    kfree(&test_heap, at);
    EXPECT_EQUAL(rest.v - 4u + test_size(rest), last);
    EXPECT_EQUAL(test_tag(last), test_tag(at.v - 4u));
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 0), 0);
    EXPECT_EQUAL(heap_reclaim(&test_heap, ~0u), 0);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(the_smallest_blocks_with_a_page_inside_are_emptied)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t hold = BLOCK_SIZE_MIN + 4u;
    vaddr_t holes[2];
    (void)test_alloc(PAGE_SIZE - hold - CONTROL_SIZE - 4u - BLOCK_OVERHEAD);
    for (uint32_t i = 0; i < 2; i++) {
        holes[i] = test_alloc(hold + PAGE_SIZE + 4u - BLOCK_OVERHEAD);
        EXPECT_EQUAL(holes[i].v - 4u + hold, TEST_START.v + (2u * i + 1u) * PAGE_SIZE);
        EXPECT_EQUAL(test_size(holes[i]), hold + PAGE_SIZE + 4u);
        (void)test_alloc(PAGE_SIZE - hold - 4u - BLOCK_OVERHEAD);
    }
    kfree(&test_heap, holes[0]);
    kfree(&test_heap, holes[1]);
    (void)heap_reclaim(&test_heap, ~0u);
    for (uint32_t i = 0; i < 2; i++)
        EXPECT(probe_page(vaddr_of(TEST_START.v + (2u * i + 1u) * PAGE_SIZE)) == NULL);
    test_heap_hold();
}

int main(void)
{
    RUN_BOTH(a_fresh_heap_has_nothing_to_give);
    RUN_BOTH(a_budget_of_0_gives_nothing);
    RUN_BOTH(the_end_moves_down_to_the_last_used_block);
    RUN_BOTH(the_end_moves_down_wherever_the_last_block_ends);
    RUN_BOTH(whole_pages_inside_a_free_block_are_unmapped);
    RUN_BOTH(exactly_the_pages_between_hold_and_footer_are_unmapped);
    RUN_BOTH(a_whole_page_table_in_a_free_block_is_given_back);
    RUN_BOTH(a_budget_is_kept_within_a_hole_and_used_up_in_steps);
    RUN_BOTH(a_budget_goes_on_behind_pages_that_were_mapped_again);
    RUN_BOTH(several_holes_are_emptied);
    RUN_BOTH(an_emptied_hole_is_mapped_again_on_demand);
    RUN_BOTH(a_block_cut_from_a_hole_leaves_the_start_of_the_rest_mapped);
    RUN_BOTH(an_aligned_block_in_the_middle_of_an_emptied_hole_is_mapped);
    RUN_BOTH(a_hole_that_became_the_end_is_mapped_when_the_heap_grows);
    RUN_BOTH(a_hole_that_became_the_end_is_used_up_without_growth);
    RUN_BOTH(live_blocks_keep_their_contents);
    RUN_BOTH(freeing_beside_a_hole_merges_with_it);
    RUN_BOTH(reclaiming_nothing_leaves_the_lists_as_they_are);
    RUN_BOTH(the_smallest_blocks_with_a_page_inside_are_emptied);
    return 0;
}
