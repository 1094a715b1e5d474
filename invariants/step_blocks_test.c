/* Rules H1 to H4, H7, H8, X1 to X3 and O1 in a step, each broken by what the core writes. */
#include "ci/unit.h"
#include "heap/block.h"
#include "heap/carve.h"
#include "invariants/test_step.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/paging.h"

/* Expects the rule with this tag at both ends of the block, whose size is as it was. */
static void expect_tags_broken(vaddr_t payload, uint32_t tag, enum rule rule)
{
    EXPECT_EQUAL(tag & ~TAG_FLAGS, test_size(payload));
    test_store_tag(test_footer(payload), tag);
    test_store_tag(test_header(payload), tag);
    test_step_expect_broken(rule);
    EXPECT_EQUAL(test_violation.at, test_header(payload));
}

static void expect_tag_broken(uint32_t at, uint32_t tag, enum rule rule)
{
    test_store_tag(at, tag);
    test_step_expect_broken(rule);
}

TEST(H1_flags_that_are_not_legal_are_reported)
{
    test_step_up();
    uint32_t live = test_tag(test_header(test_blocks.large));
    uint32_t free = test_tag(test_header(test_blocks.dense));
    expect_tags_broken(test_blocks.large, live | TAG_RESERVED, RULE_H1);
    expect_tags_broken(test_blocks.dense, free | TAG_RESERVED, RULE_H1);
    expect_tags_broken(test_blocks.large, live | TAG_SPARSE, RULE_H1);
}

TEST(H1_size_that_cannot_be_is_reported)
{
    test_step_up();
    uint32_t header = test_header(test_blocks.between);
    expect_tag_broken(header, 8u | TAG_USED, RULE_H1);
    expect_tag_broken(header, TAG_USED, RULE_H1);
    expect_tag_broken(header, TAG_DEAD, RULE_H1);
    header = test_header(test_blocks.last);
    uint32_t room = test_field(HEAP_END) - 4u - header;
    expect_tag_broken(header, (room + 8u) | TAG_USED, RULE_H1);
    EXPECT_EQUAL(test_violation.expected, room);
    expect_tag_broken(header, ~TAG_FLAGS | TAG_USED, RULE_H1);
    expect_tag_broken(test_header(test_blocks.first), ~TAG_FLAGS | TAG_USED, RULE_H1);
}

TEST(H2_ends_that_differ_are_reported)
{
    test_step_up();
    const vaddr_t blocks[] = {test_blocks.first, test_blocks.row[1], test_blocks.large,
                              test_blocks.hole,  test_blocks.last,   test_blocks.between};
    const uint32_t differences[] = {TAG_USED, TAG_SPARSE, TAG_RESERVED, 8u, 0x80000000u};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        for (uint32_t j = 0; j < sizeof(differences) / sizeof(differences[0]); j++) {
            uint32_t footer = test_footer(blocks[i]);
            expect_tag_broken(footer, test_tag(footer) ^ differences[j], RULE_H2);
            EXPECT_EQUAL(test_violation.at, footer);
        }
    uint32_t header = test_header(test_blocks.large);
    expect_tag_broken(header, test_tag(header) ^ 8u, RULE_H2);
}

/* The tail is behind `last`, and the epilogue behind it. */
TEST(H2_of_the_last_block_before_the_epilogue_is_reported)
{
    test_step_up();
    uint32_t footer = test_field(HEAP_END) - 8u;
    EXPECT_EQUAL(test_tag(footer) & TAG_USED, 0);
    expect_tag_broken(footer, test_tag(footer) ^ 16u, RULE_H2);
}

/* As kfree would do it, if it forgot to merge. */
static void free_without_merging(vaddr_t payload)
{
    uint32_t size = test_size(payload);
    heap_count(&test_heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(&test_heap, HEAP_LIVE_BYTES, 0u - size);
    struct extent extent = extent_of(&test_heap);
    carve_give_back(&test_heap, &extent, (struct stretch){block_of_payload(payload), size, 0});
    test_step_expect_broken(RULE_H3);
}

TEST(H3_free_neighbours_are_reported)
{
    test_step_up();
    free_without_merging(test_blocks.row[2]); /* between two */
    EXPECT_EQUAL(test_violation.at, test_header(test_blocks.row[2]));
    free_without_merging(test_blocks.row[0]); /* before one */
    EXPECT_EQUAL(test_violation.at, test_header(test_blocks.row[1]));
    free_without_merging(test_blocks.row[6]); /* behind one */
    free_without_merging(test_blocks.last);   /* before the tail */
}

TEST(H4_damaged_prologue_and_epilogue_are_reported)
{
    test_step_up();
    uint32_t prologue = TEST_START.v + CONTROL_SIZE;
    uint32_t epilogue = test_field(HEAP_END) - 4u;
    const uint32_t tags[] = {16u | TAG_USED, 0, TAG_DEAD, TAG_USED | TAG_SPARSE};
    for (uint32_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        expect_tag_broken(prologue, tags[i], RULE_H4);
        EXPECT_EQUAL(test_violation.at, prologue);
        expect_tag_broken(epilogue, tags[i], RULE_H4);
        EXPECT_EQUAL(test_violation.at, epilogue);
    }
}

TEST(H7_counters_that_differ_from_the_sums_are_reported)
{
    test_step_up();
    const uint32_t fields[] = {HEAP_LIVE_BLOCKS, HEAP_LIVE_BYTES};
    for (uint32_t i = 0; i < 2u; i++) {
        test_step_expect_store(TEST_START.v + fields[i], test_field(fields[i]) + 1u, RULE_H7);
        EXPECT_EQUAL(test_violation.at, TEST_START.v + fields[i]);
        test_step_expect_store(TEST_START.v + fields[i], test_field(fields[i]) - 1u, RULE_H7);
    }
    const uint32_t peaks[] = {HEAP_PEAK_BYTES, HEAP_PEAK_PAGES, HEAP_PEAK_END};
    for (uint32_t i = 0; i < 3u; i++) {
        test_step_expect_store(TEST_START.v + peaks[i], 0, RULE_H7);
        EXPECT_EQUAL(test_violation.at, TEST_START.v + peaks[i]);
    }
}

TEST(H8_changed_field_of_the_control_block_is_reported)
{
    test_step_up();
    const uint32_t fields[] = {HEAP_MAGIC, HEAP_POLICY, HEAP_KEY, HEAP_FRAMES, HEAP_LIMIT};
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        test_step_expect_store(TEST_START.v + fields[i], test_field(fields[i]) ^ 1u, RULE_H8);
        EXPECT_EQUAL(test_violation.at, TEST_START.v + fields[i]);
    }
}

TEST(X1_count_of_mapped_pages_that_differs_is_reported)
{
    test_step_up();
    uint32_t at = TEST_START.v + HEAP_MAPPED_PAGES;
    test_step_expect_store(at, test_word(at) + 1u, RULE_X1);
    test_step_expect_store(at, test_word(at) - 1u, RULE_X1);
    /* A page of the hole that is mapped is legal as such: only the count knows nothing of it. */
    vaddr_t page = vaddr_of(page_round_up(test_header(test_blocks.hole) + PAGE_SIZE));
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, page, 1, &change), PAGING_OK);
    test_step_expect_broken(RULE_X1);
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, page, 1, &change), PAGING_OK);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    test_step_expect_whole();
}

TEST(X2_end_that_is_no_page_boundary_of_the_window_is_reported)
{
    test_step_up();
    uint32_t at = TEST_START.v + HEAP_END;
    const uint32_t ends[] = {
        test_word(at) + 4u, test_word(at) - 8u,       test_scene.heap_limit.v + PAGE_SIZE,
        TEST_START.v,       TEST_START.v - PAGE_SIZE, 0};
    for (uint32_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        test_step_expect_store(at, ends[i], RULE_X2);
}

/* An end that is a page boundary, but another: what is mapped behind it is rule P3's; what is not
 * mapped before it has no epilogue. */
TEST(an_end_that_moves_alone_is_reported)
{
    test_step_up();
    uint32_t at = TEST_START.v + HEAP_END;
    test_step_expect_store(at, test_word(at) - PAGE_SIZE, RULE_P3);
    test_store(TEST_START.v + HEAP_PEAK_END, test_word(at) + PAGE_SIZE);
    test_step_expect_store(at, test_word(at) + PAGE_SIZE, RULE_H1);
}

static void expect_unmapped_broken(uint32_t page, enum rule rule)
{
    struct paging_change change;
    paging_unmap_range(test_boot.frames_at, vaddr_of(page), 1, &change);
    EXPECT_EQUAL(change.page_count, 1);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 0u - 1u);
    test_step_expect_broken(rule);
    EXPECT_EQUAL(page_round_down(test_violation.at), page);
}

TEST(X3_unmapped_page_outside_the_holes_is_reported)
{
    test_step_up();
    uint32_t large = test_blocks.large.v;
    expect_unmapped_broken(page_round_up(large + PAGE_SIZE), RULE_X3);
    /* Where tags lie these are missed first. */
    expect_unmapped_broken(page_round_down(test_footer(test_blocks.large)), RULE_P1);
    expect_unmapped_broken(page_round_down(test_header(test_blocks.between)), RULE_P1);
    expect_unmapped_broken(page_round_down(test_field(HEAP_END) - 4u), RULE_P1);
}

TEST(X3_hole_in_a_block_that_is_not_sparse_is_reported)
{
    test_step_up();
    uint32_t tag = test_tag(test_header(test_blocks.hole));
    EXPECT(tag & TAG_SPARSE);
    test_store_tag(test_header(test_blocks.hole), tag & ~TAG_SPARSE);
    test_store_tag(test_footer(test_blocks.hole), tag & ~TAG_SPARSE);
    test_step_expect_broken(RULE_X3);
}

/* kmalloc that cuts a live block out of the hole, and forgets to map it. */
TEST(X3_hole_in_a_block_that_has_become_used_is_reported)
{
    test_step_up();
    uint32_t size = test_size(test_blocks.hole);
    test_list_remove(block_of_payload(test_blocks.hole), size);
    test_store_tag(test_header(test_blocks.hole), size | TAG_USED);
    test_store_tag(test_footer(test_blocks.hole), size | TAG_USED);
    heap_count(&test_heap, HEAP_LIVE_BLOCKS, 1);
    heap_count(&test_heap, HEAP_LIVE_BYTES, size);
    heap_raise(&test_heap, HEAP_PEAK_BYTES, test_field(HEAP_LIVE_BYTES));
    test_step_expect_broken(RULE_X3);
}

/* Only a step can see it: what stands in a payload is its owner's. Also where it was the same. */
TEST(O1_word_stored_in_a_live_payload_is_reported)
{
    test_step_up();
    const uint32_t words[] = {test_blocks.large.v,
                              test_blocks.large.v + 4u,
                              test_blocks.large.v + 2u * PAGE_SIZE,
                              test_footer(test_blocks.large) - 8u,
                              test_blocks.first.v + 8u,
                              test_blocks.last.v};
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        test_store(words[i], 0x1234u);
        test_step_expect_differ(RULE_O1, RULE_NONE);
        EXPECT_EQUAL(test_violation.at, words[i] & ~7u);
        test_store(words[i], test_word(words[i]));
        test_step_expect_differ(RULE_O1, RULE_NONE);
    }
}

/* What is written in bulk is not undone: each has a scene of its own. */
static void expect_fill_broken(uint32_t at, uint32_t size_bytes)
{
    machine_fill(vaddr_of(at), 0x5A, size_bytes);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_O1);
    test_step_up();
}

TEST(O1_bulk_write_to_a_new_block_passes)
{
    test_step_up();
    vaddr_t block = test_alloc(10000);
    machine_fill(block, 0x5A, 10000);
    machine_fill(vaddr_add(block, 9999), 0x5A, 1);
    machine_copy(block, test_blocks.large, 9000);
    test_step_expect_whole();
}

TEST(O1_bulk_write_beyond_a_new_block_is_reported)
{
    test_step_up();
    vaddr_t block = test_alloc(10000);
    uint32_t behind = test_footer(block) + 4u;
    EXPECT_EQUAL(test_tag(behind) & TAG_USED, 0);
    expect_fill_broken(behind + 4u + 8u, 8); /* inside the free block behind it */
}

/* To a block that was live before: no call writes there. */
TEST(O1_bulk_write_to_an_old_block_is_reported)
{
    test_step_up();
    uint32_t usable = test_size(test_blocks.large) - BLOCK_OVERHEAD;
    expect_fill_broken(test_blocks.large.v, usable);
    expect_fill_broken(test_blocks.large.v + usable - 1u, 1);
}

/* A look at what was written comes first, so these leave all tags as they are. */
TEST(O1_bulk_write_elsewhere_is_reported)
{
    test_step_up();
    uint32_t hole = test_blocks.hole.v;
    expect_fill_broken(test_blocks.dense.v + 16u, 8);
    expect_fill_broken(hole + 12u, 4);
    expect_fill_broken(TEST_START.v + HEAP_REFUSED_SIZE, 4);
    expect_fill_broken(DEVICE_WINDOW_AT + TEST_DEVICE_FIRST * PAGE_SIZE, 4);
    expect_fill_broken(test_boot.frames_at.v + FRAMES_REFUSED, 4);
}

/* Beyond a payload lie tags, which are found to be damaged before the run is. */
TEST(a_bulk_write_over_tags_is_reported)
{
    test_step_up();
    for (uint32_t i = 0; i < 4u; i++) {
        vaddr_t block = i < 2u ? test_blocks.row[2] : test_blocks.large;
        uint32_t at = i % 2u == 0 ? block.v : test_header(block);
        machine_fill(vaddr_of(at), 0x5A, i % 2u == 0 ? test_footer(block) + 1u - at : 5u);
        EXPECT(!test_step());
        enum rule rule = test_violation.rule;
        EXPECT(rule == RULE_H1 || rule == RULE_H2);
        test_expect_broken(rule);
        test_step_up();
    }
    /* Over several blocks, and the epilogue. */
    uint32_t row = test_header(test_blocks.row[1]);
    machine_fill(vaddr_of(row + 4u), 0x5A, test_header(test_blocks.row[4]) - row);
    EXPECT(!test_step());
    test_expect_broken(test_violation.rule);
    test_step_up();
    machine_fill(vaddr_of(test_field(HEAP_END) - 4u), 0x5A, 4);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_H4);
}

TEST(what_is_written_and_undone_is_no_damage)
{
    test_step_up();
    const uint32_t words[] = {test_header(test_blocks.row[2]),
                              test_footer(test_blocks.large),
                              test_header(test_blocks.dense) + 4u,
                              test_header(test_blocks.dense) + 8u,
                              test_blocks.dense.v + 16u,
                              TEST_START.v + CONTROL_SIZE,
                              test_field(HEAP_END) - 4u,
                              TEST_START.v + HEAP_FREELIST,
                              TEST_START.v + HEAP_END,
                              TEST_START.v + HEAP_LIVE_BLOCKS};
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint32_t whole = test_word(words[i]);
        test_store(words[i], whole); /* the same word */
        test_step_expect_whole();
        test_store(words[i], ~whole);
        test_store(words[i], whole);
        test_step_expect_whole();
    }
}

/* A freed block that was allocated again by the same journal, as an interrupt handler may do. */
TEST(a_block_freed_and_allocated_in_one_journal_is_looked_at)
{
    for (uint32_t damage = 0; damage < 4u; damage++) {
        test_step_up();
        test_scene.interrupted = true;
        kfree(&test_heap, test_blocks.between);
        (void)test_alloc(5000);
        vaddr_t again = test_alloc(90);
        if (damage == 1u)
            test_store_tag(test_footer(again), test_size(again));
        if (damage == 2u)
            heap_count(&test_heap, HEAP_LIVE_BYTES, 8);
        if (damage == 3u)
            test_store(test_header(test_blocks.row[1]) + 8u, 8);
        const enum rule rules[] = {RULE_NONE, RULE_H2, RULE_H7, RULE_H6};
        test_step_expect_differ(rules[damage], rules[damage]);
    }
}

/* Which without a handler no operation does: then it counts as written by nobody who may. */
TEST(O1_is_not_judged_where_a_handler_came_between)
{
    test_step_up();
    kfree(&test_heap, test_blocks.first);
    EXPECT_EQUAL(test_alloc(40).v, test_blocks.first.v);
    test_step_expect_differ(RULE_O1, RULE_NONE);
    test_scene.interrupted = true;
    kfree(&test_heap, test_blocks.first);
    EXPECT_EQUAL(test_alloc(40).v, test_blocks.first.v);
    test_step_expect_whole();
}

/* The tags between two blocks that have become one, put back behind the merge. */
TEST(H9_tags_left_inside_a_merged_block_are_reported)
{
    for (uint32_t at_header = 0; at_header < 2u; at_header++) {
        test_step_up();
        uint32_t header = test_header(test_blocks.between);
        uint32_t at = at_header != 0 ? header : header - 4u;
        uint32_t word = *test_ram(at);
        kfree(&test_heap, test_blocks.between);
        test_store(at, word);
        test_step_expect_differ(RULE_H9, RULE_NONE);
    }
}

/* The footer and the epilogue of an end that has moved down, put back into their frame. */
TEST(H9_tags_left_on_a_page_given_back_are_reported)
{
    for (uint32_t back = 4u; back <= 8u; back += 4u) {
        test_step_up();
        kfree(&test_heap, test_alloc(mirror_largest_free(test_mirror) + PAGE_SIZE));
        EXPECT(test_step());
        uint32_t *place = test_ram(test_field(HEAP_END) - back);
        uint32_t word = *place;
        EXPECT(heap_reclaim(&test_heap, 1) != 0);
        *place = word;
        test_step_expect_differ(RULE_H9, RULE_NONE);
    }
}

/* Blocks that are used and stand beside what was written. */
TEST(used_neighbours_of_what_was_written_are_near)
{
    test_step_up();
    kfree(&test_heap, test_blocks.row[2]);
    EXPECT(test_step());
    uint32_t found = 0;
    for (uint32_t i = 0; i < test_mirror->near_count; i++)
        found |= (test_mirror->near[i] == test_header(test_blocks.row[0]) ? 1u : 0u) |
                 (test_mirror->near[i] == test_header(test_blocks.row[4]) ? 2u : 0u);
    EXPECT_EQUAL(found, 3);
}

/* Without the hole all pages are mapped, and the heap must know. */
TEST(X4_heap_that_does_not_know_whether_it_is_dense_is_reported)
{
    test_step_up();
    uint32_t dense = TEST_START.v + HEAP_DENSE;
    test_step_expect_store(dense, 1, RULE_X4);
    (void)test_alloc(59000);
    (void)test_alloc(60000);
    test_step_expect_whole();
    EXPECT(test_word(dense) != 0);
    test_step_expect_store(dense, 0, RULE_X4);
    test_step_expect_store(dense, test_word(dense) - 1u, RULE_X4);
}

int main(void)
{
    RUN_BOTH(H1_flags_that_are_not_legal_are_reported);
    RUN_BOTH(H1_size_that_cannot_be_is_reported);
    RUN_BOTH(H2_ends_that_differ_are_reported);
    RUN_BOTH(H2_of_the_last_block_before_the_epilogue_is_reported);
    RUN_BOTH(H3_free_neighbours_are_reported);
    RUN_BOTH(H4_damaged_prologue_and_epilogue_are_reported);
    RUN_BOTH(H7_counters_that_differ_from_the_sums_are_reported);
    RUN_BOTH(H8_changed_field_of_the_control_block_is_reported);
    RUN_BOTH(X1_count_of_mapped_pages_that_differs_is_reported);
    RUN_BOTH(X4_heap_that_does_not_know_whether_it_is_dense_is_reported);
    RUN_BOTH(X2_end_that_is_no_page_boundary_of_the_window_is_reported);
    RUN_BOTH(an_end_that_moves_alone_is_reported);
    RUN_BOTH(X3_unmapped_page_outside_the_holes_is_reported);
    RUN_BOTH(X3_hole_in_a_block_that_is_not_sparse_is_reported);
    RUN_BOTH(X3_hole_in_a_block_that_has_become_used_is_reported);
    RUN_BOTH(O1_word_stored_in_a_live_payload_is_reported);
    RUN_BOTH(O1_bulk_write_to_a_new_block_passes);
    RUN_BOTH(O1_bulk_write_beyond_a_new_block_is_reported);
    RUN_BOTH(O1_bulk_write_to_an_old_block_is_reported);
    RUN_BOTH(O1_bulk_write_elsewhere_is_reported);
    RUN_BOTH(a_bulk_write_over_tags_is_reported);
    RUN_BOTH(what_is_written_and_undone_is_no_damage);
    RUN_BOTH(a_block_freed_and_allocated_in_one_journal_is_looked_at);
    RUN_BOTH(O1_is_not_judged_where_a_handler_came_between);
    RUN_BOTH(H9_tags_left_inside_a_merged_block_are_reported);
    RUN_BOTH(H9_tags_left_on_a_page_given_back_are_reported);
    RUN_BOTH(used_neighbours_of_what_was_written_are_near);
    return 0;
}
