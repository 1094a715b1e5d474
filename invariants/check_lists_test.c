/* Rules H5 and H6, each broken alone, under both policies. */
#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"
#include "invariants/test_scene.h"

#define ROW_SIZE (test_size(test_blocks.row[1]))

/* The field that heads the list of the row's free blocks, and that list's members in its order:
 * bins are last in, first out, and first fit's list is in the order of addresses. */
static uint32_t row_head(void)
{
    return test_policy == HEAP_BINS ? bins_head(ROW_SIZE) : FIRST_FIT_HEAD;
}

static uint32_t row_member(uint32_t i)
{
    return test_header(test_blocks.row[test_policy == HEAP_BINS ? 5u - 2u * i : 1u + 2u * i]);
}

static uint32_t *next_of(uint32_t block)
{
    return test_ram(block + 4u);
}

static uint32_t *prev_of(uint32_t block)
{
    return test_ram(block + 8u);
}

TEST(a_list_has_the_order_that_these_tests_expect)
{
    test_scene_up();
    EXPECT_EQUAL(test_field(row_head()), row_member(0));
    EXPECT_EQUAL(*next_of(row_member(0)), row_member(1));
    EXPECT_EQUAL(*next_of(row_member(1)), row_member(2));
    EXPECT_EQUAL(*prev_of(row_member(1)), row_member(0));
    if (test_policy == HEAP_BINS)
        EXPECT_EQUAL(*next_of(row_member(2)), 0);
}

/* Taken off as the core does, so that links, heads and bitmaps agree. */
TEST(H5_free_block_on_no_list_is_reported)
{
    test_scene_up();
    const vaddr_t blocks[] = {test_blocks.row[1], test_blocks.row[3], test_blocks.row[5],
                              test_blocks.hole, test_blocks.dense};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        test_core_begin();
        test_list_remove(block_of_payload(blocks[i]), test_size(blocks[i]));
        test_expect_broken(RULE_H5);
        test_core_undo();
    }
}

/* The links of a used block are contents of its payload, which may be anything. */
TEST(H5_used_block_on_a_list_is_reported)
{
    test_scene_up();
    test_core_begin();
    freelist_insert(&test_heap, block_of_payload(test_blocks.row[2]), ROW_SIZE);
    test_expect_broken(RULE_H5);
    EXPECT_EQUAL(test_violation.at, test_header(test_blocks.row[2]));
    test_core_undo();
}

TEST(H5_block_in_the_wrong_bin_is_reported)
{
    test_scene_up();
    const vaddr_t blocks[] = {test_blocks.row[3], test_blocks.dense, test_blocks.hole};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        /* A step to the next bin: 8 bytes in the exact row, a 32nd of a power of two above. */
        uint32_t size = test_size(blocks[i]);
        uint32_t step = size < BINS_EXACT_END ? 8u : size / 32u + 8u;
        test_core_begin();
        test_list_remove(block_of_payload(blocks[i]), size);
        bins_insert(&test_heap, block_of_payload(blocks[i]), size + step);
        test_expect_broken(RULE_H5);
        EXPECT_EQUAL(test_violation.at, test_header(blocks[i]));
        test_core_undo();
    }
}

/* A block of the row's size that is only contents of the large one's payload, free by its tag. */
static uint32_t forged_block(void)
{
    uint32_t at = test_header(test_blocks.large) + 64u;
    machine_store(vaddr_of(at), ROW_SIZE ^ TEST_KEY ^ at);
    return at;
}

TEST(H5_one_more_on_the_lists_than_free_blocks_is_reported)
{
    test_scene_up();
    test_core_begin();
    freelist_insert(&test_heap, block_at(forged_block()), ROW_SIZE);
    test_expect_broken(RULE_H5);
    test_core_undo();
}

/* As many on the lists as free blocks, all of them linked as they should be, but one is another. */
TEST(H5_another_block_in_place_of_a_free_one_is_reported)
{
    test_scene_up();
    test_core_begin();
    test_list_remove(block_of_payload(test_blocks.row[3]), ROW_SIZE);
    freelist_insert(&test_heap, block_at(forged_block()), ROW_SIZE);
    test_expect_broken(RULE_H5);
    EXPECT_EQUAL(test_violation.found, test_violation.expected);
    test_core_undo();
}

/* Two neighbours on the list change places, with all links right. */
TEST(H5_list_out_of_the_order_of_addresses_is_reported)
{
    test_scene_up();
    uint32_t a = row_member(0);
    uint32_t b = row_member(1);
    uint32_t c = row_member(2);
    test_core_begin();
    heap_store(&test_heap, row_head(), b);
    machine_store(vaddr_of(b + 8u), 0);
    machine_store(vaddr_of(b + 4u), a);
    machine_store(vaddr_of(a + 8u), b);
    machine_store(vaddr_of(a + 4u), c);
    machine_store(vaddr_of(c + 8u), a);
    /* Bins are in no order. */
    if (test_policy == HEAP_BINS)
        test_expect_whole();
    else
        test_expect_broken(RULE_H5);
    test_core_undo();
}

TEST(H6_prev_link_that_leads_elsewhere_is_reported)
{
    test_scene_up();
    for (uint32_t i = 0; i < 3u; i++) {
        uint32_t *prev = prev_of(row_member(i));
        test_expect_broken_by(prev, *prev ^ 8u, RULE_H6);
        EXPECT_EQUAL(test_violation.at, row_member(i));
    }
    test_expect_broken_by(prev_of(row_member(1)), 0, RULE_H6);
}

/* The member that is left out of the list is on none then (rule H5); that the next one does not
 * link back is found on the way. */
TEST(H6_next_link_that_leaves_a_block_out_is_reported)
{
    test_scene_up();
    test_expect_broken_by(next_of(row_member(0)), row_member(2), RULE_H6);
    test_expect_broken_by(test_control(row_head()), row_member(1), RULE_H6);
}

/* On first fit's list a circle must lead to a lower address first, and that is rule H5's. */
TEST(H6_circle_is_reported)
{
    test_scene_up();
    enum rule rule = test_policy == HEAP_BINS ? RULE_H6 : RULE_H5;
    test_expect_broken_by(next_of(row_member(1)), row_member(0), rule);
    test_expect_broken_by(next_of(row_member(1)), row_member(1), rule);
}

TEST(H6_link_to_what_is_not_mapped_is_reported)
{
    test_scene_up();
    uint32_t *next = next_of(row_member(0));
    uint32_t hole = page_round_up(test_header(test_blocks.hole) + PAGE_SIZE);
    test_expect_broken_by(next, hole + 4u, RULE_H6);
    test_expect_broken_by(next, test_field(HEAP_END) + 4u, RULE_H6);
    test_expect_broken_by(next, 4u, RULE_H6);
    test_expect_broken_by(next, TABLES_AT - 4u, RULE_H6);
    test_expect_broken_by(test_control(row_head()), 4u, RULE_H6);
}

TEST(H6_misaligned_link_is_reported)
{
    test_scene_up();
    test_expect_broken_by(next_of(row_member(0)), row_member(1) + 1u, RULE_H6);
    test_expect_broken_by(next_of(row_member(0)), row_member(1) + 2u, RULE_H6);
}

TEST(H6_bit_of_a_bin_that_differs_is_reported)
{
    test_scene_up();
    uint32_t *row = test_control(BINS_BITMAPS);
    EXPECT(*row >> ROW_SIZE / 8u & 1u);
    test_expect_broken_by(row, *row & ~(1u << ROW_SIZE / 8u), RULE_H6);
    test_expect_broken_by(row, *row | 1u << 31, RULE_H6);
    for (uint32_t i = 1; i < BINS_ROWS; i++) {
        uint32_t *bitmap = test_control(BINS_BITMAPS + 4u * i);
        test_expect_broken_by(bitmap, *bitmap ^ 1u, RULE_H6);
    }
}

TEST(H6_bit_of_a_row_that_differs_is_reported)
{
    test_scene_up();
    uint32_t *rows = test_control(BINS_ROW_BITMAP);
    for (uint32_t row = 0; row < 32u; row++)
        test_expect_broken_by(rows, *rows ^ 1u << row, RULE_H6);
}

int main(void)
{
    RUN_BOTH(a_list_has_the_order_that_these_tests_expect);
    RUN_BOTH(H5_free_block_on_no_list_is_reported);
    RUN_BOTH(H5_used_block_on_a_list_is_reported);
    RUN_BOTH(H5_one_more_on_the_lists_than_free_blocks_is_reported);
    RUN_BOTH(H5_another_block_in_place_of_a_free_one_is_reported);
    RUN_BOTH(H5_list_out_of_the_order_of_addresses_is_reported);
    RUN_BOTH(H6_prev_link_that_leads_elsewhere_is_reported);
    RUN_BOTH(H6_next_link_that_leaves_a_block_out_is_reported);
    RUN_BOTH(H6_circle_is_reported);
    RUN_BOTH(H6_link_to_what_is_not_mapped_is_reported);
    RUN_BOTH(H6_misaligned_link_is_reported);
    test_policy = HEAP_BINS;
    RUN(H5_block_in_the_wrong_bin_is_reported);
    RUN(H6_bit_of_a_bin_that_differs_is_reported);
    RUN(H6_bit_of_a_row_that_differs_is_reported);
    return 0;
}
