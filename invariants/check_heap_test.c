/* Rules H1 to H4, H7, H8 and X, each broken alone. */
#include "ci/unit.h"
#include "heap/block.h"
#include "heap/carve.h"
#include "invariants/test_scene.h"
#include "mmu_x86/paging.h"

/* Stores a decoded tag as the core does. */
static void tag_put(uint32_t at, uint32_t tag)
{
    *test_ram(at) = tag ^ TEST_KEY ^ at;
}

/* Expects the rule with this tag at both ends of the block: its size is as it was, so rule H2 and
 * the tiling hold. */
static void expect_tags_broken(vaddr_t payload, uint32_t tag, enum rule rule)
{
    uint32_t header = test_header(payload);
    uint32_t footer = test_footer(payload);
    uint32_t whole = test_tag(header);
    EXPECT_EQUAL(tag & ~TAG_FLAGS, whole & ~TAG_FLAGS);
    tag_put(header, tag);
    tag_put(footer, tag);
    test_expect_broken(rule);
    EXPECT_EQUAL(test_violation.at, header);
    tag_put(header, whole);
    tag_put(footer, whole);
    test_expect_whole();
}

TEST(a_heap_made_by_the_core_breaks_no_rule)
{
    test_scene_up();
    struct census census = {0};
    EXPECT(check_all(&test_scene, &census, &test_violation));
    EXPECT_EQUAL(census.end, test_field(HEAP_END));
    EXPECT_EQUAL(census.used_blocks, 8); /* first, four of the row, large, between, last */
    EXPECT_EQUAL(census.free_blocks, 6); /* three of the row, hole, dense, tail */
    EXPECT(census.hole_pages > 10u);
    EXPECT_EQUAL(census.mapped_pages + census.hole_pages, (census.end - TEST_START.v) / PAGE_SIZE);
}

TEST(a_machine_without_a_heap_breaks_no_rule)
{
    test_scene_up();
    test_boot_up(TEST_SCENE_FRAMES);
    (void)machine_interrupts_disable();
    test_scene.heap_made = false;
    static const uint32_t none[FRAME_COUNT_MAX / SCENE_WORD_BITS];
    test_scene.held = none;
    frame_t unmapped[DEVICE_PAGES];
    for (uint32_t page = 0; page < DEVICE_PAGES; page++)
        unmapped[page] = DEVICE_UNMAPPED;
    test_scene.device_frames = unmapped;
    test_expect_whole();
    /* Where there is no heap, no page of its window is needed, and none may be there. */
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, TEST_START, 1, &change), PAGING_OK);
    test_expect_broken(RULE_P3);
}

TEST(H1_reserved_bit_in_a_tag_is_reported)
{
    test_scene_up();
    uint32_t live = test_tag(test_header(test_blocks.large));
    uint32_t free = test_tag(test_header(test_blocks.dense));
    expect_tags_broken(test_blocks.large, live | TAG_RESERVED, RULE_H1);
    expect_tags_broken(test_blocks.dense, free | TAG_RESERVED, RULE_H1);
}

TEST(H1_used_block_that_is_sparse_is_reported)
{
    test_scene_up();
    uint32_t live = test_tag(test_header(test_blocks.large));
    expect_tags_broken(test_blocks.large, live | TAG_SPARSE, RULE_H1);
}

/* A size that is wrong in the header alone leads to a footer that is none: rule H2 is broken as
 * well, but the size is looked at before it is followed. */
TEST(H1_size_below_the_smallest_is_reported)
{
    test_scene_up();
    uint32_t header = test_header(test_blocks.between);
    uint32_t key = TEST_KEY ^ header;
    test_expect_broken_by(test_ram(header), (8u | TAG_USED) ^ key, RULE_H1);
    test_expect_broken_by(test_ram(header), TAG_USED ^ key, RULE_H1);
    test_expect_broken_by(test_ram(header), TAG_DEAD ^ key, RULE_H1);
}

TEST(H1_size_beyond_the_extent_is_reported)
{
    test_scene_up();
    uint32_t header = test_header(test_blocks.last);
    uint32_t room = test_field(HEAP_END) - 4u - header;
    uint32_t key = TEST_KEY ^ header;
    test_expect_broken_by(test_ram(header), ((room + 8u) | TAG_USED) ^ key, RULE_H1);
    EXPECT_EQUAL(test_violation.expected, room);
    test_expect_broken_by(test_ram(header), (~TAG_FLAGS | TAG_USED) ^ key, RULE_H1);
}

TEST(H2_footer_that_differs_is_reported)
{
    test_scene_up();
    const vaddr_t blocks[] = {test_blocks.first, test_blocks.row[1], test_blocks.large,
                              test_blocks.hole, test_blocks.last};
    const uint32_t differences[] = {TAG_USED, TAG_SPARSE, TAG_RESERVED, 8u, 0x80000000u};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        for (uint32_t j = 0; j < sizeof(differences) / sizeof(differences[0]); j++) {
            uint32_t *footer = test_ram(test_footer(blocks[i]));
            test_expect_broken_by(footer, *footer ^ differences[j], RULE_H2);
            EXPECT_EQUAL(test_violation.at, test_footer(blocks[i]));
        }
}

TEST(H2_header_of_another_legal_size_is_reported)
{
    test_scene_up();
    uint32_t *header = test_ram(test_header(test_blocks.large));
    test_expect_broken_by(header, *header ^ 8u, RULE_H2);
}

/* Tags are keyed with their address, so that a legal one is another size elsewhere, if any. */
TEST(H2_header_copied_from_another_block_is_reported)
{
    test_scene_up();
    uint32_t copied = *test_ram(test_header(test_blocks.row[2]));
    test_expect_broken_by(test_ram(test_header(test_blocks.row[4])), copied, RULE_H2);
}

/* As kfree would do it, if it forgot to merge: counters and lists are right. */
static void free_without_merging(vaddr_t payload)
{
    uint32_t size = test_size(payload);
    heap_count(&test_heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(&test_heap, HEAP_LIVE_BYTES, 0u - size);
    struct extent extent = extent_of(&test_heap);
    carve_give_back(&test_heap, &extent, (struct stretch){block_of_payload(payload), size, 0});
}

TEST(H3_free_neighbours_are_reported)
{
    test_scene_up();
    test_core_begin();
    free_without_merging(test_blocks.row[2]);
    test_expect_broken(RULE_H3);
    EXPECT_EQUAL(test_violation.at, test_header(test_blocks.row[2]));
    test_core_undo();
    /* With a used block before it, the free one behind it is the second of the two. */
    test_core_begin();
    free_without_merging(test_blocks.row[0]);
    test_expect_broken(RULE_H3);
    EXPECT_EQUAL(test_violation.at, test_header(test_blocks.row[1]));
    test_core_undo();
}

TEST(H4_damaged_prologue_is_reported)
{
    test_scene_up();
    uint32_t *prologue = test_control(CONTROL_SIZE);
    test_expect_broken_by(prologue, *prologue ^ 8u, RULE_H4);
    test_expect_broken_by(prologue, *prologue ^ TAG_USED, RULE_H4);
}

TEST(H4_damaged_epilogue_is_reported)
{
    test_scene_up();
    uint32_t *epilogue = test_ram(test_field(HEAP_END) - 4u);
    test_expect_broken_by(epilogue, *epilogue ^ 8u, RULE_H4);
    test_expect_broken_by(epilogue, *epilogue ^ TAG_USED, RULE_H4);
}

TEST(H7_counters_that_differ_from_the_sums_are_reported)
{
    test_scene_up();
    const uint32_t fields[] = {HEAP_LIVE_BLOCKS, HEAP_LIVE_BYTES};
    for (uint32_t i = 0; i < 2u; i++) {
        uint32_t *field = test_control(fields[i]);
        test_expect_broken_by(field, *field + 1u, RULE_H7);
        test_expect_broken_by(field, *field - 1u, RULE_H7);
        EXPECT_EQUAL(test_violation.at, TEST_START.v + fields[i]);
    }
}

TEST(H8_changed_field_of_the_control_block_is_reported)
{
    test_scene_up();
    const uint32_t fields[] = {HEAP_MAGIC, HEAP_POLICY, HEAP_KEY, HEAP_FRAMES, HEAP_LIMIT};
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint32_t *field = test_control(fields[i]);
        test_expect_broken_by(field, *field ^ 1u, RULE_H8);
        EXPECT_EQUAL(test_violation.at, TEST_START.v + fields[i]);
    }
}

TEST(X1_count_of_mapped_pages_that_differs_is_reported)
{
    test_scene_up();
    uint32_t *count = test_control(HEAP_MAPPED_PAGES);
    test_expect_broken_by(count, *count + 1u, RULE_X1);
    test_expect_broken_by(count, *count - 1u, RULE_X1);
}

/* A page of the hole that is mapped is legal as such: only the count knows nothing of it. */
TEST(X1_page_that_is_mapped_uncounted_is_reported)
{
    test_scene_up();
    uint32_t page = page_round_up(test_header(test_blocks.hole) + PAGE_SIZE);
    struct paging_change change;
    test_core_begin();
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, vaddr_of(page), 1, &change), PAGING_OK);
    test_expect_broken(RULE_X1);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    test_expect_whole();
    test_core_undo();
}

TEST(X2_end_that_is_no_page_boundary_of_the_window_is_reported)
{
    test_scene_up();
    uint32_t *end = test_control(HEAP_END);
    test_expect_broken_by(end, *end + 4u, RULE_X2);
    test_expect_broken_by(end, *end - 8u, RULE_X2);
    test_expect_broken_by(end, test_scene.heap_limit.v + PAGE_SIZE, RULE_X2);
    test_expect_broken_by(end, TEST_START.v, RULE_X2);
    test_expect_broken_by(end, TEST_START.v - PAGE_SIZE, RULE_X2);
    test_expect_broken_by(end, 0, RULE_X2);
}

/* A page inside a live block is gone, with its frame and its count: nothing else can tell, as no
 * tag lies in it. */
TEST(X3_unmapped_page_of_a_live_block_is_reported)
{
    test_scene_up();
    uint32_t page = page_round_up(test_blocks.large.v + PAGE_SIZE);
    struct paging_change change;
    test_core_begin();
    paging_unmap_range(test_boot.frames_at, vaddr_of(page), 1, &change);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 0u - 1u);
    test_expect_broken(RULE_X3);
    test_core_undo();
}

TEST(X3_hole_in_a_block_that_is_not_sparse_is_reported)
{
    test_scene_up();
    uint32_t header = test_header(test_blocks.hole);
    uint32_t footer = test_footer(test_blocks.hole);
    uint32_t tag = test_tag(header);
    EXPECT(tag & TAG_SPARSE);
    tag_put(header, tag & ~TAG_SPARSE);
    tag_put(footer, tag & ~TAG_SPARSE);
    test_expect_broken(RULE_X3);
    tag_put(header, tag);
    tag_put(footer, tag);
    test_expect_whole();
}

/* The scene has a hole, so the heap must not take itself for dense. */
TEST(X4_heap_that_takes_itself_for_dense_is_reported)
{
    test_scene_up();
    uint32_t *dense = test_control(HEAP_DENSE);
    EXPECT_EQUAL(*dense, 0);
    test_expect_broken_by(dense, (test_field(HEAP_END) - TEST_START.v) / 8u, RULE_X4);
    test_expect_broken_by(dense, 1, RULE_X4);
}

int main(void)
{
    RUN_BOTH(a_heap_made_by_the_core_breaks_no_rule);
    RUN_BOTH(a_machine_without_a_heap_breaks_no_rule);
    RUN_BOTH(H1_reserved_bit_in_a_tag_is_reported);
    RUN_BOTH(H1_used_block_that_is_sparse_is_reported);
    RUN_BOTH(H1_size_below_the_smallest_is_reported);
    RUN_BOTH(H1_size_beyond_the_extent_is_reported);
    RUN_BOTH(H2_footer_that_differs_is_reported);
    RUN_BOTH(H2_header_of_another_legal_size_is_reported);
    RUN_BOTH(H2_header_copied_from_another_block_is_reported);
    RUN_BOTH(H3_free_neighbours_are_reported);
    RUN_BOTH(H4_damaged_prologue_is_reported);
    RUN_BOTH(H4_damaged_epilogue_is_reported);
    RUN_BOTH(H7_counters_that_differ_from_the_sums_are_reported);
    RUN_BOTH(H8_changed_field_of_the_control_block_is_reported);
    RUN_BOTH(X1_count_of_mapped_pages_that_differs_is_reported);
    RUN_BOTH(X1_page_that_is_mapped_uncounted_is_reported);
    RUN_BOTH(X2_end_that_is_no_page_boundary_of_the_window_is_reported);
    RUN_BOTH(X4_heap_that_takes_itself_for_dense_is_reported);
    RUN_BOTH(X3_unmapped_page_of_a_live_block_is_reported);
    RUN_BOTH(X3_hole_in_a_block_that_is_not_sparse_is_reported);
    return 0;
}
