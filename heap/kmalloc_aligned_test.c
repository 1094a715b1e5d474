/* kmalloc_aligned: alignments, the room that they take, and those that are refused. */
#include "ci/unit.h"
#include "heap/test_machine.h"

TEST(alignments_that_are_no_power_of_two_or_too_large_are_refused)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    static const uint32_t aligns[] = {0, 3, 12, 4095, KMALLOC_ALIGN_MAX * 2u, 0x80000000u, ~0u};
    for (uint32_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++)
        EXPECT(vaddr_is_null(kmalloc_aligned(&test_heap, 8, aligns[i])));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_SIZE), sizeof(aligns) / sizeof(aligns[0]));
}

TEST(every_alignment_is_kept_wherever_the_free_block_starts)
{
    for (uint32_t align = 1; align <= 65536; align *= 2) {
        for (uint32_t before = 0; before < 160; before += 8) {
            test_heap_up(TEST_FRAMES, TEST_PAGES);
            if (before != 0)
                (void)test_alloc(before);
            for (uint32_t size = 1; size < 200; size += 61) {
                vaddr_t at = kmalloc_aligned(&test_heap, size, align);
                EXPECT(!vaddr_is_null(at));
                EXPECT_EQUAL(at.v % align, 0);
                EXPECT_EQUAL(at.v % 8, 0);
                EXPECT(test_size(at) >= size + BLOCK_OVERHEAD);
            }
            test_heap_hold();
        }
    }
}

TEST(every_alignment_is_kept_in_a_free_block_that_just_fits)
{
    for (uint32_t before = 8; before < 80; before += 8) {
        for (uint32_t hole_size = 104; hole_size < 200; hole_size += 8) {
            test_heap_up(TEST_FRAMES, TEST_PAGES);
            (void)test_alloc(before);
            vaddr_t hole = test_alloc(hole_size);
            (void)test_alloc(8);
            kfree(&test_heap, hole);
            vaddr_t at = kmalloc_aligned(&test_heap, 100, 64);
            EXPECT_EQUAL(at.v % 64u, 0);
            test_write(at, 1);
            test_heap_hold();
            kfree(&test_heap, at);
            test_heap_hold();
        }
    }
}

TEST(the_largest_alignment_is_served)
{
    test_heap_up(TEST_FRAMES + 2000u, 4000);
    vaddr_t at = kmalloc_aligned(&test_heap, 10, KMALLOC_ALIGN_MAX);
    EXPECT(!vaddr_is_null(at));
    EXPECT_EQUAL(at.v % KMALLOC_ALIGN_MAX, 0);
    test_heap_hold();
}

TEST(an_aligned_block_is_cut_from_a_free_one_of_its_size_and_slack)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t slack = 64u + BLOCK_GRANULE;
    vaddr_t hole = test_alloc(104u + slack);
    (void)test_alloc(8);
    kfree(&test_heap, hole);
    vaddr_t at = kmalloc_aligned(&test_heap, 104, 64);
    EXPECT_EQUAL(at.v % 64u, 0);
    EXPECT(at.v >= hole.v && at.v <= hole.v + slack);
    test_heap_hold();
}

/* A heap with free blocks of these sizes, in this order, live ones between them and around. Returns
 * the first one's payload. */
static vaddr_t free_blocks_up(uint32_t first_size, uint32_t second_size)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(8);
    vaddr_t first = test_alloc(first_size - BLOCK_OVERHEAD);
    (void)test_alloc(8);
    vaddr_t second = test_alloc(second_size - BLOCK_OVERHEAD);
    (void)test_alloc(8);
    kfree(&test_heap, first);
    kfree(&test_heap, second);
    EXPECT_EQUAL(test_size(first), first_size);
    EXPECT_EQUAL(test_size(second), second_size);
    return first;
}

TEST(a_free_block_of_just_the_size_and_slack_is_taken_before_a_larger_one)
{
    for (uint32_t align = 16; align <= 128; align *= 2) {
        uint32_t size = 112u + align + BLOCK_GRANULE;
        vaddr_t first = free_blocks_up(size, size + 160u);
        vaddr_t at = kmalloc_aligned(&test_heap, 104, align);
        EXPECT_EQUAL(at.v % align, 0);
        EXPECT(at.v >= first.v && at.v < first.v + size);
        test_heap_hold();
    }
}

TEST(an_alignment_that_all_blocks_have_takes_no_slack)
{
    for (uint32_t align = 1; align <= 8; align *= 2) {
        vaddr_t first = free_blocks_up(112, 480);
        EXPECT_EQUAL(kmalloc_aligned(&test_heap, 104, align).v, first.v);
        EXPECT_EQUAL(kmalloc_usable_size(&test_heap, first), 104);
        test_heap_hold();
    }
}

int main(void)
{
    RUN_BOTH(alignments_that_are_no_power_of_two_or_too_large_are_refused);
    RUN_BOTH(every_alignment_is_kept_wherever_the_free_block_starts);
    RUN_BOTH(every_alignment_is_kept_in_a_free_block_that_just_fits);
    RUN_BOTH(the_largest_alignment_is_served);
    RUN_BOTH(an_aligned_block_is_cut_from_a_free_one_of_its_size_and_slack);
    RUN_BOTH(a_free_block_of_just_the_size_and_slack_is_taken_before_a_larger_one);
    RUN_BOTH(an_alignment_that_all_blocks_have_takes_no_slack);
    return 0;
}
