/* heap_reclaim in slices: what one costs, and where the next one goes on. */
#include "ci/unit.h"
#include "heap/cost.h"
#include "heap/test_machine.h"

#define HOLES 150u
#define HOLE_PAGES 5u
#define HOLE_GIVES 3u /* that lie wholly inside */

static vaddr_t holes[HOLES];

/* A heap with `count` free blocks of HOLE_PAGES pages, all on one list, a live block behind each.
 */
static void holes_up(uint32_t count)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    for (uint32_t i = 0; i < count; i++) {
        holes[i] = test_alloc(HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
        (void)test_alloc(PAGE_SIZE - BLOCK_OVERHEAD);
    }
    for (uint32_t i = 0; i < count; i++)
        kfree(&test_heap, holes[i]);
}

static uint64_t accesses(void)
{
    return probe_counts().loads + probe_counts().stores;
}

/* Makes slices until the pass is over, and returns what they gave back together. */
static uint32_t pass(uint32_t page_count_max)
{
    uint32_t count = 0;
    do {
        count += heap_reclaim(&test_heap, page_count_max);
        test_heap_hold();
    } while (heap_reclaim_pending(&test_heap));
    return count;
}

static vaddr_t cursor(void)
{
    EXPECT(heap_reclaim_pending(&test_heap));
    return vaddr_of(test_field(HEAP_RECLAIM_BLOCK) + 4u);
}

TEST(a_slice_costs_what_it_declares_whatever_the_heaps_size)
{
    holes_up(HOLES);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) >= HOLE_GIVES * HOLES);
    struct cost_terms terms = {.calls = 1, .looks = cost_looks(1) + 2u * COST_LOOKS_BLOCK};
    uint32_t slices = 0;
    do {
        uint64_t before = accesses();
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 0);
        EXPECT(accesses() - before <= cost_bound(&terms));
        slices++;
    } while (heap_reclaim_pending(&test_heap));
    EXPECT(slices >= 5u);
    EXPECT(slices <= HOLES * (COST_LOOKS_BLOCK + HOLE_PAGES) / COST_LOOKS_SLICE + 1u);
}

TEST(a_pass_in_slices_gives_back_what_one_call_does)
{
    static const uint32_t sizes[] = {1, 2, 3, 7, 64, 10000};
    holes_up(HOLES);
    uint32_t whole = heap_reclaim(&test_heap, UINT32_MAX);
    EXPECT(!heap_reclaim_pending(&test_heap));
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        holes_up(HOLES);
        EXPECT_EQUAL(pass(sizes[i]), whole);
        EXPECT_EQUAL(pass(sizes[i]), 0);
    }
}

TEST(small_free_blocks_count_as_well)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    for (uint32_t i = 0; i < HOLES; i++) {
        holes[i] = test_alloc(PAGE_SIZE + 8u - BLOCK_OVERHEAD);
        (void)test_alloc(8);
    }
    for (uint32_t i = 0; i < HOLES; i++)
        kfree(&test_heap, holes[i]);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 0);
    EXPECT(heap_reclaim_pending(&test_heap));
    (void)pass(1);
}

TEST(a_slice_goes_on_within_a_block)
{
    holes_up(1);
    uint32_t first = page_round_up(holes[0].v + BLOCK_SIZE_MIN);
    for (uint32_t page = 0; page < HOLE_GIVES; page++) {
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
        EXPECT_EQUAL(cursor().v, holes[0].v);
        EXPECT_EQUAL(test_field(HEAP_RECLAIM_PAGE), first + (page + 1u) * PAGE_SIZE);
    }
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 0);
    EXPECT(!heap_reclaim_pending(&test_heap));
}

/* What has been done to the cursor's block between two slices: the next one takes the list from its
 * head, and the pass comes to its end with all that is free given back. */
static void expect_pass_goes_on(uint32_t count_least)
{
    EXPECT(pass(2) >= count_least);
    EXPECT_EQUAL(test_misuse_count, 0);
    EXPECT_EQUAL(heap_reclaim(&test_heap, UINT32_MAX), 0);
}

TEST(the_cursors_block_may_be_allocated)
{
    holes_up(3);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 5);
    vaddr_t at = cursor();
    /* One after the other, until it is that one. */
    vaddr_t taken = VADDR_NULL;
    while (taken.v != at.v)
        taken = test_alloc(HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
    test_write(at, 7);
    (void)pass(2);
    EXPECT_EQUAL(test_misuse_count, 0);
    test_expect(at, 7, HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
    kfree(&test_heap, at);
    EXPECT_EQUAL(pass(2), HOLE_GIVES);
}

TEST(the_cursors_block_may_be_merged_away_and_become_payload)
{
    for (uint32_t step = 0; step < 2; step++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t before = test_alloc(PAGE_SIZE);
        vaddr_t hole = test_alloc(HOLE_PAGES * PAGE_SIZE);
        (void)test_alloc(8);
        kfree(&test_heap, hole);
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
        EXPECT_EQUAL(cursor().v, hole.v);
        kfree(&test_heap, before);
        if (step == 1) {
            EXPECT_EQUAL(test_alloc((HOLE_PAGES + 1u) * PAGE_SIZE).v, before.v);
            test_write(before, 3);
            EXPECT_EQUAL(pass(2), 0);
            test_expect(before, 3, (HOLE_PAGES + 1u) * PAGE_SIZE);
            EXPECT_EQUAL(test_misuse_count, 0);
        } else {
            expect_pass_goes_on(HOLE_GIVES);
        }
    }
}

/* It grows, and is on another list, at the same place. What lies behind the cursor's page in it is
 * met again. */
TEST(the_cursors_block_may_have_moved_to_another_list)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t hole = test_alloc(HOLE_PAGES * PAGE_SIZE);
    vaddr_t behind = test_alloc(2u * HOLE_PAGES * PAGE_SIZE);
    (void)test_alloc(8);
    vaddr_t other = test_alloc(HOLE_PAGES * PAGE_SIZE + 8u);
    (void)test_alloc(8);
    kfree(&test_heap, hole);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT_EQUAL(cursor().v, hole.v);
    kfree(&test_heap, behind);
    kfree(&test_heap, other);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT_EQUAL(cursor().v, test_policy == HEAP_BINS ? other.v : hole.v);
    expect_pass_goes_on(3u * HOLE_PAGES - 2u);
}

/* What was cut off it has been taken, so that it is on the list of a smaller size, at the same
 * place. The pass goes on with the list that it was in, and leaves that one to the next. */
TEST(the_cursors_block_may_have_shrunk)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t other = test_alloc(2u * HOLE_PAGES * PAGE_SIZE);
    (void)test_alloc(8);
    vaddr_t hole = test_alloc(2u * HOLE_PAGES * PAGE_SIZE);
    (void)test_alloc(8);
    kfree(&test_heap, other);
    kfree(&test_heap, hole);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    vaddr_t first = cursor();
    other = first.v == other.v ? hole : other;
    EXPECT_EQUAL(test_alloc(2u * HOLE_PAGES * PAGE_SIZE).v, first.v);
    EXPECT_EQUAL(krealloc(&test_heap, first, HOLE_PAGES * PAGE_SIZE).v, first.v);
    (void)test_alloc(HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
    kfree(&test_heap, first);
    EXPECT_EQUAL(test_size(first), HOLE_PAGES * PAGE_SIZE + BLOCK_OVERHEAD);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT_EQUAL(cursor().v, test_policy == HEAP_BINS ? other.v : first.v);
    EXPECT(pass(2) >= 2u * HOLE_PAGES - 3u);
    EXPECT_EQUAL(test_misuse_count, 0);
    /* By first fit there is one list: only the page behind the cursor is left. */
    uint32_t left = test_policy == HEAP_BINS ? HOLE_PAGES - 1u : 1u;
    EXPECT_EQUAL(heap_reclaim(&test_heap, UINT32_MAX), left);
}

/* The last block is on no list; what stands there are no links. */
TEST(the_cursors_block_may_become_the_last_one)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE);
    vaddr_t hole = test_alloc(HOLE_PAGES * PAGE_SIZE);
    vaddr_t behind = test_alloc(8);
    kfree(&test_heap, hole);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT_EQUAL(cursor().v, hole.v);
    kfree(&test_heap, behind);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT(heap_reclaim_pending(&test_heap));
    EXPECT(heap_reclaim(&test_heap, 100) >= HOLE_GIVES - 1u);
    EXPECT_EQUAL(test_misuse_count, 0);
    EXPECT(!heap_reclaim_pending(&test_heap));
}

/* The pages before the cursor's, mapped again, are left to the next pass. */
TEST(pages_behind_the_cursor_are_left_to_the_next_pass)
{
    holes_up(1);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 2), 2);
    vaddr_t part = test_alloc(2u * PAGE_SIZE);
    EXPECT_EQUAL(part.v, holes[0].v);
    kfree(&test_heap, part);
    EXPECT_EQUAL(cursor().v, holes[0].v);
    EXPECT_EQUAL(pass(2), 1);
    EXPECT_EQUAL(pass(2), 2);
}

TEST(a_whole_pass_begins_at_the_start)
{
    holes_up(2);
    EXPECT_EQUAL(heap_reclaim(&test_heap, HOLE_GIVES + 1u), HOLE_GIVES + 1u);
    vaddr_t done = test_alloc(HOLE_PAGES * PAGE_SIZE - BLOCK_OVERHEAD);
    EXPECT(done.v != cursor().v);
    kfree(&test_heap, done);
    EXPECT_EQUAL(heap_reclaim(&test_heap, UINT32_MAX), 2u * HOLE_GIVES - 1u);
    EXPECT(!heap_reclaim_pending(&test_heap));
}

TEST(a_budget_used_up_at_the_end_leaves_the_lists_to_the_next_slice)
{
    holes_up(2);
    kfree(&test_heap, test_alloc(10u * PAGE_SIZE));
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 5);
    EXPECT(heap_reclaim_pending(&test_heap));
    EXPECT(pass(5) >= 5u + 2u * HOLE_GIVES);
}

TEST(a_budget_of_0_leaves_the_pass_where_it_is)
{
    holes_up(2);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 2), 2);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 0), 0);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_block_that_is_damaged_where_the_pass_goes_on_ends_it)
{
    holes_up(3);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 5);
    vaddr_t at = cursor();
    test_poke(at.v, test_word(at.v) ^ 0x100u);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 0);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    EXPECT(!heap_reclaim_pending(&test_heap));
}

TEST(a_damaged_end_ends_the_pass)
{
    holes_up(3);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 5);
    EXPECT(heap_reclaim_pending(&test_heap));
    uint32_t at = test_field(HEAP_END) - 4u;
    test_poke(at, test_word(at) ^ 64u);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 5), 0);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT(!heap_reclaim_pending(&test_heap));
}

int main(void)
{
    RUN_BOTH(a_slice_costs_what_it_declares_whatever_the_heaps_size);
    RUN_BOTH(a_pass_in_slices_gives_back_what_one_call_does);
    RUN_BOTH(small_free_blocks_count_as_well);
    RUN_BOTH(a_slice_goes_on_within_a_block);
    RUN_BOTH(the_cursors_block_may_be_allocated);
    RUN_BOTH(the_cursors_block_may_be_merged_away_and_become_payload);
    RUN_BOTH(the_cursors_block_may_have_moved_to_another_list);
    RUN_BOTH(the_cursors_block_may_have_shrunk);
    RUN_BOTH(the_cursors_block_may_become_the_last_one);
    RUN_BOTH(pages_behind_the_cursor_are_left_to_the_next_pass);
    RUN_BOTH(a_whole_pass_begins_at_the_start);
    RUN_BOTH(a_budget_used_up_at_the_end_leaves_the_lists_to_the_next_slice);
    RUN_BOTH(a_budget_of_0_leaves_the_pass_where_it_is);
    RUN_BOTH(a_block_that_is_damaged_where_the_pass_goes_on_ends_it);
    RUN_BOTH(a_damaged_end_ends_the_pass);
    return 0;
}
