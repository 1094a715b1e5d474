#include "heap/kmalloc.h"

#include "ci/unit.h"
#include "heap/test_machine.h"

/* Three blocks in a row, with a used block behind them. */
static vaddr_t row[3];

static void row_up(void)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    for (uint32_t i = 0; i < 3; i++)
        row[i] = test_alloc(100 + 50 * i);
    (void)test_alloc(40);
}

TEST(null_is_nothing)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    kfree(&test_heap, VADDR_NULL);
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_misuse_count, 0);
}

TEST(free_between_used_blocks_merges_nothing)
{
    row_up();
    uint32_t size = test_size(row[1]);
    kfree(&test_heap, row[1]);
    EXPECT(!test_used(row[1]));
    EXPECT_EQUAL(test_size(row[1]), size);
    test_heap_hold();
}

TEST(free_merges_the_previous_block)
{
    row_up();
    uint32_t size = test_size(row[0]) + test_size(row[1]);
    kfree(&test_heap, row[0]);
    kfree(&test_heap, row[1]);
    EXPECT_EQUAL(test_size(row[0]), size);
    test_heap_hold();
}

TEST(free_merges_the_next_block)
{
    row_up();
    uint32_t size = test_size(row[1]) + test_size(row[2]);
    kfree(&test_heap, row[2]);
    kfree(&test_heap, row[1]);
    EXPECT_EQUAL(test_size(row[1]), size);
    test_heap_hold();
}

TEST(free_merges_both_neighbours)
{
    row_up();
    uint32_t size = test_size(row[0]) + test_size(row[1]) + test_size(row[2]);
    kfree(&test_heap, row[0]);
    kfree(&test_heap, row[2]);
    kfree(&test_heap, row[1]);
    EXPECT_EQUAL(test_size(row[0]), size);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 1);
    test_heap_hold();
}

TEST(tags_that_were_merged_away_are_dead)
{
    row_up();
    kfree(&test_heap, row[0]);
    kfree(&test_heap, row[2]);
    kfree(&test_heap, row[1]);
    for (uint32_t i = 1; i < 3; i++) {
        EXPECT_EQUAL(test_tag(row[i].v - 8u), TAG_DEAD);
        EXPECT_EQUAL(test_tag(row[i].v - 4u), TAG_DEAD);
    }
}

TEST(the_last_block_merges_with_the_end)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    kfree(&test_heap, at);
    EXPECT(test_heap_fresh());
    test_heap_hold();
}

TEST(free_unmaps_nothing)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100000);
    uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
    kfree(&test_heap, at);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), mapped);
    test_heap_hold();
}

TEST(a_freed_block_is_used_again)
{
    row_up();
    kfree(&test_heap, row[1]);
    EXPECT_EQUAL(test_alloc(150).v, row[1].v);
    test_heap_hold();
}

TEST(other_blocks_keep_their_contents)
{
    row_up();
    test_write(row[0], 1);
    test_write(row[2], 3);
    kfree(&test_heap, row[1]);
    test_expect(row[0], 1, test_size(row[0]) - BLOCK_OVERHEAD);
    test_expect(row[2], 3, test_size(row[2]) - BLOCK_OVERHEAD);
}

TEST(blocks_freed_in_any_order_leave_one_free_block)
{
    for (uint32_t seed = 1; seed < 40; seed++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t blocks[60];
        uint32_t random = seed;
        for (uint32_t i = 0; i < 60; i++) {
            random = random * 1664525u + 1013904223u;
            blocks[i] = test_alloc(1 + (random >> 8) % 3000u);
        }
        for (uint32_t left = 60; left > 0; left--) {
            random = random * 1664525u + 1013904223u;
            uint32_t i = (random >> 8) % left;
            kfree(&test_heap, blocks[i]);
            blocks[i] = blocks[left - 1];
            if (left % 8 == 0)
                test_heap_hold();
        }
        struct heap_stats stats;
        heap_stats(&test_heap, &stats);
        EXPECT_EQUAL(stats.free_blocks, 1);
        EXPECT_EQUAL(stats.live_blocks, 0);
        EXPECT_EQUAL(stats.live_bytes, 0);
        (void)heap_reclaim(&test_heap, ~0u);
        EXPECT(test_heap_fresh());
        test_heap_hold();
    }
}

static vaddr_t interrupt_block;

static void interrupt_frees(void)
{
    kfree(&test_heap, interrupt_block);
}

TEST(an_interrupt_handler_may_free)
{
    row_up();
    interrupt_block = row[0];
    injection.interrupt_handler = interrupt_frees;
    injection.interrupt_countdown = 1;
    kfree(&test_heap, row[1]);
    injection.interrupt_handler = NULL;
    EXPECT(!test_used(row[0]));
    EXPECT_EQUAL(test_misuse_count, 0);
    test_heap_hold();
}

int main(void)
{
    RUN_BOTH(null_is_nothing);
    RUN_BOTH(free_between_used_blocks_merges_nothing);
    RUN_BOTH(free_merges_the_previous_block);
    RUN_BOTH(free_merges_the_next_block);
    RUN_BOTH(free_merges_both_neighbours);
    RUN_BOTH(tags_that_were_merged_away_are_dead);
    RUN_BOTH(the_last_block_merges_with_the_end);
    RUN_BOTH(free_unmaps_nothing);
    RUN_BOTH(a_freed_block_is_used_again);
    RUN_BOTH(other_blocks_keep_their_contents);
    RUN_BOTH(blocks_freed_in_any_order_leave_one_free_block);
    RUN_BOTH(an_interrupt_handler_may_free);
    return 0;
}
