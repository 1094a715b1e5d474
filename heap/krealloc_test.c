#include "heap/kmalloc.h"

#include "ci/unit.h"
#include "heap/test_machine.h"

#define FIRST_PAGE_PAYLOAD (PAGE_SIZE - CONTROL_SIZE - 8u - BLOCK_OVERHEAD)

/* A block with contents, and a used block behind it. */
static vaddr_t enclosed_up(uint32_t size_bytes)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(size_bytes);
    (void)test_alloc(40);
    test_write(at, 5);
    return at;
}

TEST(null_allocates)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = krealloc(&test_heap, VADDR_NULL, 100);
    EXPECT(!vaddr_is_null(at));
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 1);
    EXPECT(vaddr_is_null(krealloc(&test_heap, VADDR_NULL, 0)));
    test_heap_hold();
}

TEST(size_0_frees)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    EXPECT(vaddr_is_null(krealloc(&test_heap, at, 0)));
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 0);
    EXPECT(test_heap_fresh());
}

TEST(a_size_that_rounds_to_the_same_block_changes_nothing)
{
    vaddr_t at = enclosed_up(100);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(krealloc(&test_heap, at, 97).v, at.v);
    EXPECT_EQUAL(krealloc(&test_heap, at, 104).v, at.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* Nor does it change the order of the list that the block behind is on. */
TEST(a_size_that_stays_leaves_a_free_block_behind_in_its_place)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t row[5];
    for (uint32_t i = 0; i < 5; i++)
        row[i] = test_alloc(100);
    (void)test_alloc(8);
    kfree(&test_heap, row[1]);
    kfree(&test_heap, row[3]);
    uint64_t before = test_heap_state();
    for (uint32_t i = 0; i < 3; i += 2) {
        EXPECT_EQUAL(krealloc(&test_heap, row[i], 104).v, row[i].v);
        EXPECT_EQUAL(test_heap_state(), before);
    }
}

TEST(shrinking_by_less_than_a_block_changes_nothing)
{
    vaddr_t at = enclosed_up(104);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(krealloc(&test_heap, at, 96).v, at.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(shrinking_gives_the_tail_back)
{
    vaddr_t at = enclosed_up(1000);
    EXPECT_EQUAL(krealloc(&test_heap, at, 96).v, at.v);
    EXPECT_EQUAL(test_size(at), 104);
    EXPECT(!test_used(vaddr_add(at, 104)));
    test_expect(at, 5, 96);
    test_heap_hold();
}

TEST(shrinking_merges_the_tail_with_a_free_block_behind)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(104);
    uint32_t rest = test_size(vaddr_add(at, 112));
    EXPECT_EQUAL(krealloc(&test_heap, at, 96).v, at.v);
    EXPECT_EQUAL(test_size(at), 104);
    EXPECT_EQUAL(test_size(vaddr_add(at, 104)), rest + 8);
    test_heap_hold();
}

TEST(shrinking_before_a_sparse_block_keeps_it_sparse)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(3000);
    vaddr_t hole = test_alloc(10u * PAGE_SIZE);
    (void)test_alloc(100);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, 100) >= 8);
    EXPECT_EQUAL(krealloc(&test_heap, at, 100).v, at.v);
    EXPECT_EQUAL(test_tag(at.v - 4u + test_size(at)) & TAG_FLAGS, TAG_SPARSE);
    test_heap_hold();
}

TEST(growing_takes_a_free_block_behind)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    vaddr_t next = test_alloc(200);
    (void)test_alloc(40);
    test_write(at, 5);
    kfree(&test_heap, next);
    EXPECT_EQUAL(krealloc(&test_heap, at, 250).v, at.v);
    test_expect(at, 5, 100);
    test_heap_hold();
    EXPECT_EQUAL(krealloc(&test_heap, at, 312).v, at.v);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 2);
    test_heap_hold();
}

TEST(growing_at_the_end_grows_the_heap_in_place)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    test_write(at, 5);
    EXPECT_EQUAL(krealloc(&test_heap, at, 100000).v, at.v);
    test_expect(at, 5, 100);
    test_heap_hold();
    EXPECT_EQUAL(krealloc(&test_heap, at, 5u << 20).v, at.v);
    test_heap_hold();
}

TEST(growing_a_last_block_that_fills_the_extent_grows_the_heap)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(FIRST_PAGE_PAYLOAD);
    EXPECT_EQUAL(krealloc(&test_heap, at, FIRST_PAGE_PAYLOAD + 1u).v, at.v);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 2);
    test_heap_hold();
}

TEST(growing_into_a_sparse_block_maps_what_it_needs)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    (void)test_alloc(100);
    test_write(at, 5);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
    EXPECT_EQUAL(krealloc(&test_heap, at, 5u * PAGE_SIZE).v, at.v);
    EXPECT(test_field(HEAP_MAPPED_PAGES) <= mapped + 6u);
    test_expect(at, 5, 100);
    test_write(at, 6);
    test_heap_hold();
    EXPECT_EQUAL(krealloc(&test_heap, at, 20u * PAGE_SIZE + 100u).v, at.v);
    test_expect(at, 6, 5u * PAGE_SIZE);
    test_heap_hold();
}

TEST(growing_past_an_emptied_hole_at_the_end_leaves_no_hole)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    vaddr_t last = test_alloc(100);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    kfree(&test_heap, last);
    EXPECT_EQUAL(krealloc(&test_heap, at, 30u * PAGE_SIZE).v, at.v);
    vaddr_t rest = vaddr_add(at, test_size(at));
    EXPECT(rest.v < test_field(HEAP_END) && !test_used(rest));
    EXPECT_EQUAL(test_tag(rest.v - 4u) & TAG_SPARSE, 0);
    test_heap_hold();
}

TEST(growing_into_a_sparse_block_maps_only_the_start_of_its_rest)
{
    for (uint32_t size = 3u * PAGE_SIZE - 64u; size < 4u * PAGE_SIZE + 64u; size += 8) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t at = test_alloc(100);
        vaddr_t hole = test_alloc(20u * PAGE_SIZE);
        (void)test_alloc(100);
        kfree(&test_heap, hole);
        EXPECT(heap_reclaim(&test_heap, 100) >= 18);
        EXPECT_EQUAL(krealloc(&test_heap, at, size).v, at.v);
        uint32_t hold_end = at.v - 4u + test_size(at) + BLOCK_SIZE_MIN + 4u;
        EXPECT(probe_page(vaddr_of(page_round_up(hold_end))) == NULL);
        test_heap_hold();
    }
}

TEST(growing_past_a_used_block_moves_with_all_usable_bytes)
{
    vaddr_t at = enclosed_up(100);
    vaddr_t moved = krealloc(&test_heap, at, 500);
    EXPECT(!vaddr_is_null(moved));
    EXPECT(moved.v != at.v);
    EXPECT(!test_used(at));
    test_expect(moved, 5, 104);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 2);
    test_heap_hold();
}

TEST(a_refused_size_keeps_the_block)
{
    vaddr_t at = enclosed_up(100);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(krealloc(&test_heap, at, KMALLOC_SIZE_MAX + 1u)));
    EXPECT(vaddr_is_null(krealloc(&test_heap, at, ~0u)));
    EXPECT(vaddr_is_null(krealloc(&test_heap, at, KMALLOC_SIZE_MAX)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_SIZE), 2);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_WINDOW), 1);
}

/* Sets a heap up in which the next krealloc of the block needs frames: 0: it is the last block; 1:
 * a sparse block is behind it; 2: it must move. */
static vaddr_t needy_up(uint32_t layout)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    test_write(at, 5);
    if (layout == 0)
        return at;
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    (void)test_alloc(100);
    if (layout == 1) {
        kfree(&test_heap, hole);
        EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    }
    return at;
}

TEST(whichever_frames_are_refused_the_block_stays_as_it_was)
{
    for (uint32_t layout = 0; layout < 3; layout++) {
        for (uint32_t k = 1;; k++) {
            vaddr_t at = needy_up(layout);
            uint64_t before = test_heap_state();
            injection.refuse_countdown = k;
            injection.refuse_all_after = true;
            vaddr_t result = krealloc(&test_heap, at, 18u * PAGE_SIZE);
            test_heap_hold();
            if (injection.frames_refused == 0) {
                EXPECT_EQUAL(result.v == at.v, layout < 2);
                test_expect(result, 5, 104);
                break;
            }
            EXPECT(vaddr_is_null(result));
            EXPECT_EQUAL(test_heap_state(), before);
            EXPECT_EQUAL(test_field(HEAP_REFUSED_FRAMES), 1);
        }
    }
}

TEST(a_block_that_cannot_grow_in_place_for_want_of_a_frame_may_move)
{
    vaddr_t at = needy_up(1);
    injection.refuse_countdown = 1;
    vaddr_t moved = krealloc(&test_heap, at, 18u * PAGE_SIZE);
    EXPECT(!vaddr_is_null(moved));
    test_expect(moved, 5, 104);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_FRAMES), 0);
    test_heap_hold();
}

TEST(contents_survive_any_chain_of_sizes)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t random = 3;
    vaddr_t other = test_alloc(50);
    vaddr_t at = test_alloc(8);
    uint32_t size = 8;
    for (uint32_t step = 0; step < 400; step++) {
        test_write(at, step);
        random = random * 1664525u + 1013904223u;
        uint32_t new_size = 1 + (random >> 8) % (step % 3 == 0 ? 40000u : 400u);
        at = krealloc(&test_heap, at, new_size);
        EXPECT(!vaddr_is_null(at));
        EXPECT(kmalloc_usable_size(&test_heap, at) >= new_size);
        test_expect(at, step, new_size < size ? new_size : size);
        size = new_size;
        if (step % 5 == 0) {
            kfree(&test_heap, other);
            other = test_alloc(30 + step);
        }
        test_heap_hold();
    }
}

/* What was a header before the merge is no block any more, whatever is asked of it. */
static void expect_dead(vaddr_t at)
{
    test_misuse_count = 0;
    kfree(&test_heap, at);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_NOT_A_BLOCK);
}

TEST(a_neighbour_swallowed_by_growth_leaves_no_header)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    vaddr_t next = test_alloc(100);
    (void)test_alloc(8);
    kfree(&test_heap, next);
    EXPECT_EQUAL(krealloc(&test_heap, at, 216).v, at.v);
    expect_dead(next);
}

TEST(a_neighbour_merged_with_a_shrunk_tail_leaves_no_header)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(200);
    vaddr_t next = test_alloc(100);
    (void)test_alloc(8);
    kfree(&test_heap, next);
    EXPECT_EQUAL(krealloc(&test_heap, at, 50).v, at.v);
    expect_dead(next);
}

TEST(an_end_swallowed_by_growth_leaves_no_tag)
{
    for (uint32_t last_free = 0; last_free < 2; last_free++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t at = test_alloc(FIRST_PAGE_PAYLOAD - 200u * last_free);
        uint32_t end = test_field(HEAP_END);
        EXPECT_EQUAL(test_tag(end - 4u), TAG_EPILOGUE);
        EXPECT_EQUAL(krealloc(&test_heap, at, 2u * PAGE_SIZE).v, at.v);
        EXPECT_EQUAL(test_tag(end - 8u), TAG_DEAD);
        EXPECT_EQUAL(test_tag(end - 4u), TAG_DEAD);
    }
}

int main(void)
{
    RUN_BOTH(null_allocates);
    RUN_BOTH(size_0_frees);
    RUN_BOTH(a_size_that_rounds_to_the_same_block_changes_nothing);
    RUN_BOTH(a_size_that_stays_leaves_a_free_block_behind_in_its_place);
    RUN_BOTH(shrinking_by_less_than_a_block_changes_nothing);
    RUN_BOTH(shrinking_gives_the_tail_back);
    RUN_BOTH(shrinking_merges_the_tail_with_a_free_block_behind);
    RUN_BOTH(shrinking_before_a_sparse_block_keeps_it_sparse);
    RUN_BOTH(growing_takes_a_free_block_behind);
    RUN_BOTH(growing_at_the_end_grows_the_heap_in_place);
    RUN_BOTH(growing_a_last_block_that_fills_the_extent_grows_the_heap);
    RUN_BOTH(growing_into_a_sparse_block_maps_what_it_needs);
    RUN_BOTH(growing_past_an_emptied_hole_at_the_end_leaves_no_hole);
    RUN_BOTH(growing_into_a_sparse_block_maps_only_the_start_of_its_rest);
    RUN_BOTH(growing_past_a_used_block_moves_with_all_usable_bytes);
    RUN_BOTH(a_refused_size_keeps_the_block);
    RUN_BOTH(whichever_frames_are_refused_the_block_stays_as_it_was);
    RUN_BOTH(a_block_that_cannot_grow_in_place_for_want_of_a_frame_may_move);
    RUN_BOTH(contents_survive_any_chain_of_sizes);
    RUN_BOTH(a_neighbour_swallowed_by_growth_leaves_no_header);
    RUN_BOTH(a_neighbour_merged_with_a_shrunk_tail_leaves_no_header);
    RUN_BOTH(an_end_swallowed_by_growth_leaves_no_tag);
    return 0;
}
