#include "ci/unit.h"
#include "heap/test_machine.h"

static struct heap_stats stats_read(void)
{
    struct heap_stats stats;
    uint64_t before = test_heap_state();
    heap_stats(&test_heap, &stats);
    EXPECT_EQUAL(test_heap_state(), before);
    return stats;
}

TEST(a_fresh_heap_has_one_free_block_and_nothing_live)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.live_blocks, 0);
    EXPECT_EQUAL(stats.live_bytes, 0);
    EXPECT_EQUAL(stats.free_blocks, 1);
    EXPECT_EQUAL(stats.free_bytes, PAGE_SIZE - CONTROL_SIZE - 8u);
    EXPECT_EQUAL(stats.largest_free, PAGE_SIZE - CONTROL_SIZE - 16u);
    EXPECT_EQUAL(stats.extent_bytes, PAGE_SIZE);
    EXPECT_EQUAL(stats.mapped_pages, 1);
    EXPECT_EQUAL(stats.peak_mapped_pages, 1);
}

TEST(the_largest_free_payload_can_be_allocated_without_growth)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(30000);
    (void)test_alloc(500);
    kfree(&test_heap, at);
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.free_blocks, 2);
    (void)test_alloc(stats.largest_free);
    EXPECT_EQUAL(stats_read().extent_bytes, stats.extent_bytes);
}

TEST(a_full_heap_has_no_free_block)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.free_blocks, 0);
    EXPECT_EQUAL(stats.free_bytes, 0);
    EXPECT_EQUAL(stats.largest_free, 0);
}

TEST(live_and_free_bytes_and_both_ends_make_the_extent)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t blocks[30];
    for (uint32_t i = 0; i < 30; i++)
        blocks[i] = test_alloc(10 + i * 400);
    for (uint32_t i = 0; i < 30; i += 3)
        kfree(&test_heap, blocks[i]);
    (void)heap_reclaim(&test_heap, ~0u);
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.live_blocks, 20);
    EXPECT_EQUAL(stats.live_bytes + stats.free_bytes + CONTROL_SIZE + 8u, stats.extent_bytes);
    EXPECT(stats.mapped_pages < stats.extent_bytes / PAGE_SIZE);
}

TEST(peaks_stay_when_the_heap_shrinks_and_grows_by_less)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100000);
    struct heap_stats high = stats_read();
    kfree(&test_heap, at);
    (void)heap_reclaim(&test_heap, ~0u);
    EXPECT_EQUAL(stats_read().extent_bytes, PAGE_SIZE);
    for (uint32_t i = 0; i < 2; i++) {
        struct heap_stats low = stats_read();
        EXPECT_EQUAL(low.peak_live_bytes, high.live_bytes);
        EXPECT_EQUAL(low.peak_extent_bytes, high.extent_bytes);
        EXPECT_EQUAL(low.peak_mapped_pages, high.mapped_pages);
        (void)test_alloc(2u * PAGE_SIZE);
        EXPECT(stats_read().extent_bytes > low.extent_bytes);
    }
}

TEST(refusals_and_misuses_are_counted_by_kind)
{
    test_heap_up(20, 30);
    (void)kmalloc(&test_heap, ~0u);
    (void)kmalloc(&test_heap, 40u * PAGE_SIZE);
    (void)kmalloc(&test_heap, 40u * PAGE_SIZE);
    for (uint32_t i = 0; i < 3; i++)
        (void)kmalloc(&test_heap, 25u * PAGE_SIZE);
    for (uint32_t i = 0; i < 4; i++)
        kfree(&test_heap, vaddr_of(16));
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.refused_size, 1);
    EXPECT_EQUAL(stats.refused_window, 2);
    EXPECT_EQUAL(stats.refused_frames, 3);
    EXPECT_EQUAL(stats.misuses, 4);
}

TEST(a_damaged_free_block_ends_the_sums_and_is_reported)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(200);
    (void)test_alloc(8);
    kfree(&test_heap, at);
    test_poke(at.v, 0x40u);
    struct heap_stats stats = stats_read();
    EXPECT(stats.free_blocks <= 1);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.call, MISUSE_STATS);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
}

TEST(a_damaged_end_is_reported_before_any_sum)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t listed = test_alloc(200);
    (void)test_alloc(8);
    kfree(&test_heap, listed);
    uint32_t epilogue = test_field(HEAP_END) - 4u;
    test_poke(epilogue, test_word(epilogue) ^ 64u);
    struct heap_stats stats = stats_read();
    EXPECT_EQUAL(stats.free_blocks, 0);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.call, MISUSE_STATS);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
    EXPECT_EQUAL(test_misuse.at.v, epilogue + 4u);
}

int main(void)
{
    RUN_BOTH(a_fresh_heap_has_one_free_block_and_nothing_live);
    RUN_BOTH(the_largest_free_payload_can_be_allocated_without_growth);
    RUN_BOTH(a_full_heap_has_no_free_block);
    RUN_BOTH(live_and_free_bytes_and_both_ends_make_the_extent);
    RUN_BOTH(peaks_stay_when_the_heap_shrinks_and_grows_by_less);
    RUN_BOTH(refusals_and_misuses_are_counted_by_kind);
    RUN_BOTH(a_damaged_free_block_ends_the_sums_and_is_reported);
    RUN_BOTH(a_damaged_end_is_reported_before_any_sum);
    return 0;
}
