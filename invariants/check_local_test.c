/* check_local and check_local_freed: they find what is damaged around one block. */
#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"
#include "invariants/test_scene.h"

/* The block that is looked at: live, between two free ones. */
#define MIDDLE (test_blocks.row[2])
#define BEFORE (test_blocks.row[1])
#define BEHIND (test_blocks.row[3])
#define ROW_BYTES (test_size(test_blocks.row[0]))

static bool local(vaddr_t payload)
{
    test_violation = (struct violation){0};
    return check_local(&test_scene, payload, &test_violation);
}

static bool local_freed(vaddr_t payload, uint32_t size_bytes)
{
    test_violation = (struct violation){0};
    return check_local_freed(&test_scene, payload, size_bytes, &test_violation);
}

/* Expects check_local of the middle block, and check_local_freed of one that was freed before it,
 * to find this rule with the word at `at` changed by `difference`. */
static void expect_local(vaddr_t payload, uint32_t at, uint32_t difference, enum rule rule)
{
    *test_ram(at) ^= difference;
    EXPECT(!local(payload));
    EXPECT_EQUAL(test_violation.rule, rule);
    *test_ram(at) ^= difference;
    EXPECT(local(payload));
}

static void expect_freed(vaddr_t payload, uint32_t at, uint32_t difference, enum rule rule)
{
    *test_ram(at) ^= difference;
    EXPECT(!local_freed(payload, ROW_BYTES));
    EXPECT_EQUAL(test_violation.rule, rule);
    *test_ram(at) ^= difference;
    EXPECT(local_freed(payload, ROW_BYTES));
}

TEST(whole_surroundings_of_every_live_block_pass)
{
    test_scene_up();
    const vaddr_t live[] = {test_blocks.first,  test_blocks.row[0], test_blocks.row[2],
                            test_blocks.row[6], test_blocks.large,  test_blocks.between,
                            test_blocks.last};
    for (uint32_t i = 0; i < sizeof(live) / sizeof(live[0]); i++)
        EXPECT(local(live[i]));
}

TEST(local_finds_a_damaged_tag)
{
    test_scene_up();
    expect_local(MIDDLE, test_header(MIDDLE), TAG_RESERVED, RULE_H1);
    expect_local(MIDDLE, test_header(MIDDLE), 0x80000000u, RULE_H1);
    expect_local(MIDDLE, test_header(MIDDLE), 8u, RULE_H2);
    expect_local(MIDDLE, test_footer(MIDDLE), 8u, RULE_H2);
    expect_local(MIDDLE, test_footer(MIDDLE), TAG_USED, RULE_H2);
}

TEST(local_finds_a_damaged_neighbour)
{
    test_scene_up();
    expect_local(MIDDLE, test_header(BEHIND), TAG_RESERVED, RULE_H1);
    expect_local(MIDDLE, test_header(BEHIND), 8u, RULE_H2);
    expect_local(MIDDLE, test_footer(BEHIND), 8u, RULE_H2);
    expect_local(MIDDLE, test_footer(BEFORE), TAG_RESERVED, RULE_H1);
    expect_local(MIDDLE, test_footer(BEFORE), 0x80000000u, RULE_H1);
    expect_local(MIDDLE, test_footer(BEFORE), TAG_SPARSE, RULE_H2);
    expect_local(MIDDLE, test_header(BEFORE), TAG_RESERVED, RULE_H1);
    expect_local(MIDDLE, test_header(BEFORE), TAG_SPARSE, RULE_H2);
}

TEST(local_finds_a_damaged_link_of_a_neighbour)
{
    test_scene_up();
    const vaddr_t neighbours[] = {BEFORE, BEHIND};
    for (uint32_t i = 0; i < 2u; i++) {
        uint32_t block = test_header(neighbours[i]);
        expect_local(MIDDLE, block + 4u, 8u, RULE_H6);
        expect_local(MIDDLE, block + 8u, 8u, RULE_H6);
        expect_local(MIDDLE, block + 4u, 1u, RULE_H6);
        expect_local(MIDDLE, block + 4u, 0x10000000u, RULE_H6);
    }
    /* The links that lead to them, and the head. */
    uint32_t next = *test_ram(test_header(BEHIND) + 4u);
    uint32_t prev = *test_ram(test_header(BEHIND) + 8u);
    expect_local(MIDDLE, next + 8u, 8u, RULE_H6);
    expect_local(MIDDLE, prev + 4u, 8u, RULE_H6);
    uint32_t head = test_policy == HEAP_BINS ? bins_head(ROW_BYTES) : FIRST_FIT_HEAD;
    uint32_t first = test_field(head);
    vaddr_t beside = vaddr_of(first + 4u + ROW_BYTES);
    expect_local(beside, TEST_START.v + head, 8u, RULE_H6);
}

TEST(local_finds_a_damaged_prologue_and_epilogue)
{
    test_scene_up();
    expect_local(test_blocks.first, TEST_START.v + CONTROL_SIZE, 8u, RULE_H4);
    /* A block that takes the whole tail is the last one. */
    vaddr_t tail = vaddr_of(test_footer(test_blocks.last) + 8u);
    uint32_t size_bytes = test_size(tail) - BLOCK_OVERHEAD;
    while (test_alloc(size_bytes).v != tail.v)
        ; /* first fit fills what is free before it */
    EXPECT_EQUAL(test_footer(tail) + 4u, test_field(HEAP_END) - 4u);
    expect_local(tail, test_field(HEAP_END) - 4u, 8u, RULE_H4);
}

TEST(local_finds_a_damaged_control_block)
{
    test_scene_up();
    expect_local(MIDDLE, TEST_START.v + HEAP_KEY, 1u, RULE_H8);
    expect_local(MIDDLE, TEST_START.v + HEAP_END, 4u, RULE_X2);
}

TEST(local_finds_a_page_that_is_gone)
{
    test_scene_up();
    uint32_t *entry = test_entry_of(test_header(test_blocks.between));
    uint32_t whole = *entry;
    *entry = 0;
    EXPECT(!local(test_blocks.between));
    EXPECT_EQUAL(test_violation.rule, RULE_P1);
    *entry = whole;
    EXPECT(local(test_blocks.between));
}

TEST(local_finds_a_live_block_that_is_free)
{
    test_scene_up();
    EXPECT(!local(BEFORE));
    EXPECT_EQUAL(test_violation.rule, RULE_H1);
}

/* As kfree would leave it, if it forgot to merge. */
TEST(local_finds_neighbours_that_are_free)
{
    test_scene_up();
    uint32_t block = test_header(BEHIND);
    uint32_t size = ROW_BYTES;
    freelist_insert(&test_heap, block_of_payload(MIDDLE), size);
    block_tag(&test_heap, block_of_payload(MIDDLE), size, 0);
    EXPECT(!local(MIDDLE));
    EXPECT_EQUAL(test_violation.rule, RULE_H3);
    EXPECT_EQUAL(test_violation.at, block);
    EXPECT(!local_freed(MIDDLE, size));
    EXPECT_EQUAL(test_violation.rule, RULE_H3);
}

TEST(freed_passes_whatever_the_block_was_merged_with)
{
    test_scene_up();
    uint32_t size = ROW_BYTES;
    EXPECT(local_freed(BEHIND, size)); /* with nothing */
    kfree(&test_heap, MIDDLE);
    EXPECT(local_freed(MIDDLE, size)); /* with both */
    kfree(&test_heap, test_blocks.row[6]);
    EXPECT(local_freed(test_blocks.row[6], size)); /* with the one before it */
    kfree(&test_heap, test_blocks.row[0]);
    EXPECT(local_freed(test_blocks.row[0], size)); /* with the one behind it */
    uint32_t last_size = test_size(test_blocks.last);
    kfree(&test_heap, test_blocks.last);
    EXPECT(local_freed(test_blocks.last, last_size));
    test_expect_whole();
}

/* A block of which nothing is left in the extent. */
TEST(freed_passes_where_the_end_has_moved_down)
{
    test_scene_up();
    vaddr_t big = test_alloc(5u * PAGE_SIZE);
    uint32_t size = test_size(big);
    kfree(&test_heap, big);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= 5u);
    EXPECT(local_freed(big, size));
}

TEST(freed_finds_a_damaged_tag)
{
    test_scene_up();
    expect_freed(BEHIND, test_header(BEHIND), TAG_RESERVED, RULE_H1);
    expect_freed(BEHIND, test_header(BEHIND), 0x80000000u, RULE_H1);
    expect_freed(BEHIND, test_header(BEHIND), TAG_SPARSE, RULE_H2);
    expect_freed(BEHIND, test_footer(BEHIND), TAG_SPARSE, RULE_H2);
    /* A footer of another size leads to another header, which is none. */
    expect_freed(BEHIND, test_footer(BEHIND), 8u, RULE_H1);
}

TEST(freed_finds_a_damaged_neighbour)
{
    test_scene_up();
    vaddr_t before = MIDDLE;
    vaddr_t behind = test_blocks.row[4];
    expect_freed(BEHIND, test_header(before), TAG_RESERVED, RULE_H1);
    expect_freed(BEHIND, test_footer(before), TAG_RESERVED, RULE_H1);
    expect_freed(BEHIND, test_header(before), 8u, RULE_H2);
    expect_freed(BEHIND, test_header(behind), TAG_RESERVED, RULE_H1);
    expect_freed(BEHIND, test_header(behind), 8u, RULE_H2);
    expect_freed(BEHIND, test_footer(behind), 8u, RULE_H2);
}

TEST(freed_finds_a_damaged_link)
{
    test_scene_up();
    uint32_t block = test_header(BEHIND);
    uint32_t next = *test_ram(block + 4u);
    uint32_t prev = *test_ram(block + 8u);
    expect_freed(BEHIND, block + 4u, 8u, RULE_H6);
    expect_freed(BEHIND, block + 8u, 8u, RULE_H6);
    expect_freed(BEHIND, next + 8u, 8u, RULE_H6);
    expect_freed(BEHIND, prev + 4u, 8u, RULE_H6);
}

TEST(freed_finds_a_damaged_control_block)
{
    test_scene_up();
    expect_freed(BEHIND, TEST_START.v + HEAP_LIMIT, 0x1000u, RULE_H8);
}

int main(void)
{
    RUN_BOTH(whole_surroundings_of_every_live_block_pass);
    RUN_BOTH(local_finds_a_damaged_tag);
    RUN_BOTH(local_finds_a_damaged_neighbour);
    RUN_BOTH(local_finds_a_damaged_link_of_a_neighbour);
    RUN_BOTH(local_finds_a_damaged_prologue_and_epilogue);
    RUN_BOTH(local_finds_a_damaged_control_block);
    RUN_BOTH(local_finds_a_page_that_is_gone);
    RUN_BOTH(local_finds_a_live_block_that_is_free);
    RUN_BOTH(local_finds_neighbours_that_are_free);
    RUN_BOTH(freed_passes_whatever_the_block_was_merged_with);
    RUN_BOTH(freed_passes_where_the_end_has_moved_down);
    RUN_BOTH(freed_finds_a_damaged_tag);
    RUN_BOTH(freed_finds_a_damaged_neighbour);
    RUN_BOTH(freed_finds_a_damaged_link);
    RUN_BOTH(freed_finds_a_damaged_control_block);
    return 0;
}
