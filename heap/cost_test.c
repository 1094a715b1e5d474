/* What the headers say that a call costs, in words that the core loads and stores. */
#include "ci/unit.h"
#include "heap/cost.h"
#include "heap/freelist.h"
#include "heap/test_machine.h"

static uint64_t accesses(void)
{
    return probe_counts().loads + probe_counts().stores;
}

static uint64_t cost_of_alloc(uint32_t size_bytes)
{
    uint64_t before = accesses();
    EXPECT(!vaddr_is_null(kmalloc(&test_heap, size_bytes)));
    return accesses() - before;
}

TEST(taking_a_mapped_block_costs_the_same_whatever_its_size)
{
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t size = i == 0 ? 5000 : 1000000;
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
        vaddr_t at = test_alloc(size);
        (void)test_alloc(8);
        kfree(&test_heap, at);
        costs[i] = cost_of_alloc(size);
    }
    EXPECT_EQUAL(costs[0], costs[1]);
}

TEST(growth_costs_the_pages_that_are_missing)
{
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t have = (i == 0 ? 3u : 300u) * PAGE_SIZE;
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
        kfree(&test_heap, test_alloc(have - BLOCK_OVERHEAD));
        costs[i] = cost_of_alloc(have);
    }
    EXPECT_EQUAL(costs[0], costs[1]);
}

/* Of small free blocks, each has a bin below that of the blocks that a page may lie in. */
TEST(small_free_blocks_cost_the_reclaimer_nothing)
{
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        for (uint32_t j = 0; j < 100; j++) {
            vaddr_t at = test_alloc(16 + 8 * j);
            (void)test_alloc(8);
            if (i == 1)
                kfree(&test_heap, at);
        }
        (void)heap_reclaim(&test_heap, UINT32_MAX); /* whole pages at the end */
        uint64_t before = accesses();
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 0);
        costs[i] = accesses() - before;
    }
    EXPECT_EQUAL(costs[0], costs[1]);
}

TEST(a_budget_that_is_used_up_ends_the_reclaimers_way)
{
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
        vaddr_t holes[20];
        for (uint32_t j = 0; j < 20; j++) {
            holes[j] = test_alloc(3u * PAGE_SIZE - BLOCK_OVERHEAD);
            (void)test_alloc(PAGE_SIZE - BLOCK_OVERHEAD);
        }
        for (uint32_t j = i == 0 ? 4u : 20u; j-- != 0;)
            kfree(&test_heap, holes[j]);
        uint64_t before = accesses();
        EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
        costs[i] = accesses() - before;
    }
    EXPECT_EQUAL(costs[0], costs[1]);
}

TEST(a_refusal_for_want_of_frames_writes_to_no_table)
{
    test_heap_up(50, TEST_PAGES);
    uint64_t before = probe_counts().stores;
    uint32_t requests = injection.frame_requests;
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 60u * PAGE_SIZE)));
    EXPECT_EQUAL(probe_counts().stores - before, 1); /* HEAP_REFUSED_FRAMES */
    EXPECT_EQUAL(injection.frame_requests, requests);
}

TEST(growing_into_a_mapped_block_costs_the_same_whatever_its_size)
{
    uint64_t costs[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t size = i == 0 ? 5000 : 1000000;
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
        vaddr_t at = test_alloc(100);
        vaddr_t behind = test_alloc(size);
        (void)test_alloc(8);
        kfree(&test_heap, behind);
        uint64_t before = accesses();
        EXPECT_EQUAL(krealloc(&test_heap, at, size).v, at.v);
        costs[i] = accesses() - before;
    }
    EXPECT_EQUAL(costs[0], costs[1]);
}

static uint64_t cost_of_free(vaddr_t at)
{
    uint64_t before = accesses();
    kfree(&test_heap, at);
    return accesses() - before;
}

/* What the quick calls cost in a heap whose pages are all mapped (heap/verify.h): a call that did
 * its work twice, or asked the page tables, would cost more. */
TEST(calls_in_a_dense_heap_cost_what_they_touch)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t row[8];
    for (uint32_t i = 0; i < 8; i++)
        row[i] = test_alloc(56);
    const struct {
        bool free;
        uint32_t what; /* the block's place in the row, or the size */
        uint32_t cost;
    } calls[] = {
        {true, 1, 20},    /* between used ones, the first of its bin and of its row */
        {true, 5, 17},    /* between used ones, put before another one */
        {true, 4, 28},    /* before a free one, which heads its list */
        {true, 2, 26},    /* behind a free one, which is alone on its list */
        {true, 7, 15},    /* before the last block */
        {false, 90, 28},  /* cut from the head of a higher bin, another one behind that */
        {true, 0, 18},    /* behind the prologue */
        {false, 100, 27}, /* cut from the only one of a higher bin */
        {false, 16, 17},  /* the whole of the only one of its bin */
        {false, 200, 20}, /* cut from the last block */
        {true, 6, 27},    /* between a free one and a used one */
    };
    for (uint32_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        uint64_t cost =
            calls[i].free ? cost_of_free(row[calls[i].what]) : cost_of_alloc(calls[i].what);
        EXPECT_EQUAL(cost, calls[i].cost);
    }
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t all = block_payload(block_first(&test_heap));
    EXPECT_EQUAL(cost_of_alloc(PAGE_SIZE - CONTROL_SIZE - 16u), 16); /* all of the last block */
    EXPECT_EQUAL(cost_of_free(all), 12);                             /* up to the epilogue */
}

/* A search that passes as many blocks as it may and then finds a bin and a row that the block
 * empties, a rest that is the first of its bin and of its row, and a peak that is passed. */
TEST(the_dearest_kmalloc_of_a_dense_heap_keeps_to_its_bound)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t holes[BINS_SCAN + 1u];
    for (uint32_t i = 0; i <= BINS_SCAN; i++) {
        holes[i] = test_alloc(600);
        (void)test_alloc(8);
    }
    vaddr_t large = test_alloc(5000);
    (void)test_alloc(8);
    for (uint32_t i = 0; i <= BINS_SCAN; i++)
        kfree(&test_heap, holes[i]);
    kfree(&test_heap, large);
    (void)test_alloc(20000);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BYTES), test_field(HEAP_PEAK_BYTES));
    uint64_t cost = cost_of_alloc(608);
    EXPECT_EQUAL(cost, 58);
    EXPECT(cost <= COST_ALLOC);
}

int main(void)
{
    RUN_BOTH(taking_a_mapped_block_costs_the_same_whatever_its_size);
    RUN_BOTH(growth_costs_the_pages_that_are_missing);
    test_policy = HEAP_BINS;
    RUN(small_free_blocks_cost_the_reclaimer_nothing);
    RUN_BOTH(a_budget_that_is_used_up_ends_the_reclaimers_way);
    RUN_BOTH(a_refusal_for_want_of_frames_writes_to_no_table);
    RUN_BOTH(growing_into_a_mapped_block_costs_the_same_whatever_its_size);
    test_policy = HEAP_BINS;
    RUN(calls_in_a_dense_heap_cost_what_they_touch);
    RUN(the_dearest_kmalloc_of_a_dense_heap_keeps_to_its_bound);
    return 0;
}
