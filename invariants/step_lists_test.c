/* Rules H5 and H6 in a step, each broken by what the core writes. Where a block is off its list,
 * check_all misses it in the sums (H5), a step already sees that its own links lead astray (H6). */
#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"
#include "invariants/test_step.h"

#define BOTH_RULES(bins, first_fit) (test_policy == HEAP_BINS ? (bins) : (first_fit))
#define LIST_BYTES 200u

/* Free blocks of one size that are alone in their bin, as their list has them: bins are last in,
 * first out, first fit's list is in the order of addresses, and has others before and behind. */
static uint32_t member[4];
/* A live block of that size between live ones. */
static vaddr_t spare;
/* A larger free block, alone in its bin. */
static uint32_t alone;

static uint32_t head_field(uint32_t size)
{
    return TEST_START.v + (test_policy == HEAP_BINS ? bins_head(size) : FIRST_FIT_HEAD);
}

static uint32_t next_of(uint32_t block)
{
    return test_word(block + 4u);
}

static uint32_t prev_of(uint32_t block)
{
    return test_word(block + 8u);
}

static void store_next(uint32_t block, uint32_t next)
{
    test_store(block + 4u, next);
}

static void store_prev(uint32_t block, uint32_t prev)
{
    test_store(block + 8u, prev);
}

static void link_both(uint32_t before, uint32_t after)
{
    store_next(before, after);
    store_prev(after, before);
}

/* The head of the members' list leads to `block`. */
static void store_head(uint32_t block)
{
    test_store(head_field(test_tag(member[0]) & ~7u), block);
}

static struct mirror_node *node_of(uint32_t block)
{
    return &test_mirror->nodes[mirror_granule(test_mirror, block)];
}

static void lists_up(void)
{
    vaddr_t blocks[11];
    test_step_up();
    vaddr_t larger = test_alloc(3000);
    (void)test_alloc(3000);
    for (uint32_t i = 0; i < 11u; i++) {
        blocks[i] = test_alloc(LIST_BYTES);
        EXPECT_EQUAL(test_size(blocks[i]), test_size(blocks[0]));
    }
    for (uint32_t i = 0; i < 4u; i++)
        kfree(&test_heap, blocks[BOTH_RULES(6u - 2u * i, 2u * i)]);
    kfree(&test_heap, larger);
    alone = test_header(larger);
    spare = blocks[9];
    member[0] =
        test_policy == HEAP_BINS ? test_word(head_field(test_size(spare))) : test_header(blocks[0]);
    for (uint32_t i = 1; i < 4u; i++)
        member[i] = next_of(member[i - 1u]);
    for (uint32_t i = 0; i < 4u; i++)
        EXPECT_EQUAL(test_tag(member[i]), test_size(spare));
    test_step_expect_whole();
}

TEST(H5_free_block_on_no_list_is_reported)
{
    lists_up();
    const uint32_t blocks[] = {member[0], member[1], member[3]};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        test_list_remove(block_at(blocks[i]), test_tag(blocks[i]));
        test_step_expect_differ(RULE_H6, RULE_H5);
    }
    /* The only one of its bin is missed at once. */
    test_list_remove(block_at(alone), test_tag(alone));
    test_step_expect_differ(BOTH_RULES(RULE_H5, RULE_H6), RULE_H5);
}

TEST(H5_head_that_is_no_free_block_is_reported)
{
    lists_up();
    store_head(test_header(spare));
    test_step_expect_broken(RULE_H5);
    store_head(0);
    test_step_expect_differ(RULE_H5, BOTH_RULES(RULE_H6, RULE_H5)); /* the bin's bit as well */
    store_head(4);
    test_step_expect_differ(RULE_H5, RULE_H6); /* it cannot even be read */
}

/* Links and bits are right, only the head is another list's: under bins that block is in order
 * where it is. */
TEST(H5_head_that_heads_another_list_is_reported)
{
    lists_up();
    store_head(test_header(test_blocks.row[5]));
    test_step_expect_broken(BOTH_RULES(RULE_H5, RULE_H6));
}

TEST(H5_block_in_the_wrong_bin_is_reported)
{
    lists_up();
    uint32_t size = test_tag(member[1]);
    test_list_remove(block_at(member[1]), size);
    bins_insert(&test_heap, block_at(member[1]), size + 8u);
    test_step_expect_broken(RULE_H5);
    /* Into a bin with other members. */
    test_list_remove(block_at(member[1]), size);
    bins_insert(&test_heap, block_at(member[1]), test_size(test_blocks.row[1]));
    test_step_expect_broken(RULE_H5);
    EXPECT_EQUAL(test_violation.at, member[1]);
}

/* Two neighbours on the list change places, with all links right. Bins are in no order. */
TEST(H5_list_out_of_the_order_of_addresses_is_reported)
{
    lists_up();
    link_both(member[0], member[2]);
    link_both(member[2], member[1]);
    link_both(member[1], member[3]);
    if (test_policy == HEAP_BINS)
        test_step_expect_whole();
    else
        test_step_expect_broken(RULE_H5);
}

/* The members off the list lead round in a circle, each link with its link back. */
static void expect_circle_broken(uint32_t from, uint32_t to)
{
    uint32_t behind = next_of(member[3]);
    uint32_t before = prev_of(member[0]);
    if (from == 0) {
        /* The list goes on without them. */
        if (before == 0)
            store_head(behind);
        else
            store_next(before, behind);
        if (behind != 0)
            store_prev(behind, before);
    } else {
        store_next(member[from - 1u], to == 3u ? behind : member[to + 1u]);
        if (to != 3u)
            store_prev(member[to + 1u], member[from - 1u]);
        else if (behind != 0)
            store_prev(behind, member[from - 1u]);
    }
    link_both(member[to], member[from]);
}

TEST(H5_detached_circle_is_reported)
{
    lists_up();
    expect_circle_broken(1, 3);
    test_step_expect_broken(RULE_H5);
    expect_circle_broken(1, 2);
    test_step_expect_broken(RULE_H5);
    for (uint32_t i = 1; i < 4u; i++) {
        expect_circle_broken(i, i); /* into itself */
        test_step_expect_broken(RULE_H5);
    }
    /* All of them: the head says that there is none. */
    expect_circle_broken(0, 3);
    test_step_expect_differ(RULE_H5, BOTH_RULES(RULE_H6, RULE_H5));
}

/* The last of the blocks is new to the list and has no order yet. */
TEST(H5_circle_through_a_new_block_is_reported)
{
    lists_up();
    kfree(&test_heap, spare);
    uint32_t added = test_header(spare);
    uint32_t before = prev_of(added);
    uint32_t behind = next_of(added);
    if (before != 0)
        store_next(before, behind);
    else
        store_head(behind);
    if (behind != 0)
        store_prev(behind, before);
    link_both(added, added);
    test_step_expect_broken(RULE_H5);
    kfree(&test_heap, spare);
    if (test_policy == HEAP_FIRST_FIT) {
        test_step_expect_whole();
        return;
    }
    /* head -> member 0, and member 1 -> 2 -> 3 -> added -> 1 */
    store_head(member[0]);
    store_prev(member[0], 0);
    store_next(member[0], 0);
    link_both(member[3], added);
    link_both(added, member[1]);
    test_step_expect_broken(RULE_H5);
}

TEST(H6_head_that_skips_a_block_is_reported)
{
    lists_up();
    store_head(member[1]); /* which still links back to the one that is skipped */
    test_step_expect_broken(RULE_H6);
    store_head(member[2]);
    store_prev(member[2], 0);
    test_step_expect_differ(RULE_H6, BOTH_RULES(RULE_H5, RULE_H5));
}

/* Put at the head as a core does that forgets one of the links. */
TEST(H6_block_put_before_the_head_that_does_not_link_on_is_reported)
{
    lists_up();
    kfree(&test_heap, spare);
    uint32_t added = test_header(spare);
    EXPECT_EQUAL(next_of(added), member[0]);
    store_next(added, 0);
    store_prev(member[0], 0);
    test_step_expect_differ(RULE_H6, RULE_H5);
    kfree(&test_heap, spare);
    store_next(added, member[1]);
    test_step_expect_broken(RULE_H6);
    kfree(&test_heap, spare);
    store_prev(member[0], 0);
    test_step_expect_broken(RULE_H6);
}

/* As kfree would free a block if it put it where the head is and forgot what was there: what was
 * the head is not written at all. */
TEST(H6_head_that_was_lost_is_reported)
{
    lists_up();
    uint32_t added = test_header(spare);
    uint32_t size = test_size(spare);
    test_store_tag(added, size);
    test_store_tag(added + size - 4u, size);
    store_next(added, 0);
    store_prev(added, 0);
    store_head(added);
    heap_count(&test_heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(&test_heap, HEAP_LIVE_BYTES, 0u - size);
    test_step_expect_differ(RULE_H6, RULE_H5);
}

/* The last of the row's blocks moves to the end of the members' list, all links right. */
TEST(H5_link_to_a_block_of_another_bin_is_reported)
{
    lists_up();
    uint32_t other = test_header(test_blocks.row[1]);
    EXPECT_EQUAL(next_of(other), 0);
    store_next(prev_of(other), 0);
    link_both(member[3], other);
    test_step_expect_broken(RULE_H5);
}

static void become_used(uint32_t block)
{
    uint32_t size = test_tag(block) & ~7u;
    test_store_tag(block, size | 1u);
    test_store_tag(block + size - 4u, size | 1u);
    heap_count(&test_heap, HEAP_LIVE_BLOCKS, 1);
    heap_count(&test_heap, HEAP_LIVE_BYTES, size);
    heap_raise(&test_heap, HEAP_PEAK_BYTES, test_field(HEAP_LIVE_BYTES));
}

/* As kmalloc would leave it, if it forgot to take what it found off its list. */
TEST(H5_block_that_becomes_used_on_its_list_is_reported)
{
    lists_up();
    become_used(member[0]);
    test_step_expect_differ(BOTH_RULES(RULE_H5, RULE_H6), RULE_H5);
    become_used(member[2]);
    test_step_expect_differ(RULE_H6, RULE_H5);
    /* The only one of its bin, whose head nobody has written. */
    become_used(alone);
    test_step_expect_differ(BOTH_RULES(RULE_H5, RULE_H6), RULE_H5);
}

TEST(H6_links_that_do_not_agree_are_reported)
{
    lists_up();
    for (uint32_t i = 0; i < 4u; i++) {
        store_prev(member[i], member[i] ^ 0x40u);
        test_step_expect_broken(RULE_H6);
    }
    store_prev(member[1], 0);
    test_step_expect_broken(RULE_H6);
    store_next(member[0], member[2]); /* leaves one out */
    test_step_expect_broken(RULE_H6);
    store_next(member[1], member[1] + 4u);
    test_step_expect_differ(RULE_H6, RULE_H5); /* a free block by chance is none of H5's */
}

TEST(H6_link_to_what_is_not_mapped_or_aligned_is_reported)
{
    lists_up();
    const uint32_t links[] = {page_round_up(test_header(test_blocks.hole) + 9u * PAGE_SIZE) + 4u,
                              test_field(HEAP_END) + 4u, 4u, TABLES_AT - 4u, member[2] + 1u};
    for (uint32_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        store_next(member[1], links[i]);
        test_step_expect_broken(RULE_H6);
    }
}

/* Leads into itself in one direction, or back to the head. */
TEST(H6_circle_of_the_list_is_reported)
{
    lists_up();
    store_next(member[1], member[1]);
    test_step_expect_differ(RULE_H6, BOTH_RULES(RULE_H6, RULE_H5));
    store_next(member[2], member[0]);
    test_step_expect_differ(RULE_H6, BOTH_RULES(RULE_H6, RULE_H5));
    if (test_policy == HEAP_FIRST_FIT)
        return;
    link_both(member[3], member[0]); /* with the link back */
    test_step_expect_broken(RULE_H6);
    link_both(member[0], member[0]);
    test_step_expect_broken(RULE_H6);
}

TEST(H6_bits_that_differ_are_reported)
{
    lists_up();
    uint32_t rows = TEST_START.v + BINS_ROW_BITMAP;
    for (uint32_t row = 0; row < BINS_ROWS; row++) {
        uint32_t bitmap = TEST_START.v + BINS_BITMAPS + 4u * row;
        for (uint32_t column = 0; column < BINS_COLUMNS; column += 31u)
            test_step_expect_store(bitmap, test_word(bitmap) ^ 1u << column, RULE_H6);
        test_step_expect_store(rows, test_word(rows) ^ 1u << row, RULE_H6);
    }
    uint32_t bitmap = TEST_START.v + BINS_BITMAPS;
    test_step_expect_store(bitmap, 0, RULE_H6);
    test_step_expect_store(rows, test_word(rows) | 1u << BINS_ROWS, RULE_H6);
    test_step_expect_store(rows, test_word(rows) | 1u << 31, RULE_H6);
}

/* A whole list that is ordered anew when there is no room before its head. */
TEST(a_list_without_room_before_its_head_is_ordered_anew)
{
    lists_up();
    node_of(member[0])->order = 1;
    kfree(&test_heap, spare);
    EXPECT_EQUAL(next_of(test_header(spare)), member[0]);
    test_step_expect_whole(); /* which looks at all orders */
    EXPECT(node_of(member[0])->order > 1u);
}

/* Puts the new head behind `before` instead. */
static void move_head_behind(uint32_t before)
{
    uint32_t added = test_header(spare);
    uint32_t behind = next_of(before);
    store_head(member[0]);
    store_prev(member[0], 0);
    link_both(before, added);
    store_next(added, behind);
    if (behind != 0)
        store_prev(behind, added);
}

TEST(a_list_without_room_between_two_is_ordered_anew)
{
    lists_up();
    node_of(member[2])->order = node_of(member[1])->order + 1u;
    kfree(&test_heap, spare);
    move_head_behind(member[1]);
    test_step_expect_whole();
    EXPECT(node_of(member[2])->order > node_of(member[1])->order + 1u);
}

TEST(a_list_without_room_at_its_end_is_ordered_anew)
{
    lists_up();
    node_of(member[3])->order = MIRROR_UNLISTED - 1u;
    kfree(&test_heap, spare);
    move_head_behind(member[3]);
    test_step_expect_whole();
    EXPECT(node_of(member[3])->order < MIRROR_UNLISTED - 1u);
}

/* Between neighbours with room no order but the new ones changes. */
TEST(new_blocks_are_placed_without_touching_the_others)
{
    lists_up();
    uint32_t orders[4];
    for (uint32_t i = 0; i < 4u; i++)
        orders[i] = node_of(member[i])->order;
    kfree(&test_heap, spare);
    move_head_behind(member[2]);
    test_step_expect_whole();
    for (uint32_t i = 0; i < 4u; i++)
        EXPECT_EQUAL(node_of(member[i])->order, orders[i]);
}

/* Many at once, so that a run of blocks without an order is placed; none was on that list before.
 */
TEST(a_list_that_is_made_in_one_step_is_placed)
{
    vaddr_t blocks[20];
    lists_up();
    for (uint32_t i = 0; i < 20u; i++)
        blocks[i] = test_alloc(700);
    test_step_expect_whole();
    for (uint32_t i = 0; i < 20u; i += 2u)
        kfree(&test_heap, blocks[i]);
    test_step_expect_whole();
    for (uint32_t i = 1; i < 20u; i += 2u)
        kfree(&test_heap, blocks[i]);
    test_step_expect_whole();
}

int main(void)
{
    RUN_BOTH(H5_free_block_on_no_list_is_reported);
    RUN_BOTH(H5_head_that_is_no_free_block_is_reported);
    RUN_BOTH(H5_head_that_heads_another_list_is_reported);
    RUN_BOTH(H5_list_out_of_the_order_of_addresses_is_reported);
    RUN_BOTH(H5_detached_circle_is_reported);
    RUN_BOTH(H5_circle_through_a_new_block_is_reported);
    RUN_BOTH(H6_head_that_skips_a_block_is_reported);
    RUN_BOTH(H5_block_that_becomes_used_on_its_list_is_reported);
    RUN_BOTH(H6_links_that_do_not_agree_are_reported);
    RUN_BOTH(H6_link_to_what_is_not_mapped_or_aligned_is_reported);
    RUN_BOTH(H6_circle_of_the_list_is_reported);
    RUN_BOTH(a_list_that_is_made_in_one_step_is_placed);
    test_policy = HEAP_BINS;
    RUN(H5_block_in_the_wrong_bin_is_reported);
    RUN(H6_block_put_before_the_head_that_does_not_link_on_is_reported);
    RUN(H6_head_that_was_lost_is_reported);
    RUN(H5_link_to_a_block_of_another_bin_is_reported);
    RUN(H6_bits_that_differ_are_reported);
    RUN(a_list_without_room_before_its_head_is_ordered_anew);
    RUN(a_list_without_room_between_two_is_ordered_anew);
    RUN(a_list_without_room_at_its_end_is_ordered_anew);
    RUN(new_blocks_are_placed_without_touching_the_others);
    return 0;
}
