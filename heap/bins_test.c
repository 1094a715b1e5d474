#include "heap/freelist.h"

#include "ci/unit.h"
#include "heap/test_machine.h"

/* The largest size that heap code asks a bin for: the whole window, and an alignment's slack. */
#define SIZE_MAX_ASKED (KMALLOC_SIZE_MAX + KMALLOC_ALIGN_MAX + 64u)

/* The sizes to try: all up to 1 MiB, and above it those around each power of two and some hundreds
 * between. */
static uint32_t size_after(uint32_t size)
{
    if (size < (1u << 20))
        return size + 8u;
    uint32_t power = 1u << (31 - __builtin_clz(size));
    uint32_t low = size & (power - 1u);
    uint32_t step = low < 256u || power - low <= 256u ? 8u : (power / 517u) & ~7u;
    return low < power - 256u && low + step > power - 256u ? 2u * power - 256u : size + step;
}

static uint32_t list_of(uint32_t size_bytes)
{
    return (bins_head(size_bytes) - BINS_HEADS) / 4u;
}

TEST(bins_are_monotone_and_inside_the_control_block)
{
    uint32_t previous = 0;
    for (uint32_t size = BLOCK_SIZE_MIN; size <= SIZE_MAX_ASKED; size = size_after(size)) {
        EXPECT(bins_head(size) >= BINS_HEADS && bins_head(size) < BINS_END);
        EXPECT(list_of(size) >= previous);
        previous = list_of(size);
    }
}

TEST(sizes_below_256_have_a_bin_each)
{
    for (uint32_t size = BLOCK_SIZE_MIN; size < BINS_EXACT_END; size += 8)
        EXPECT(list_of(size + 8u) > list_of(size));
}

TEST(a_bin_spans_less_than_a_32nd_of_its_sizes_and_than_an_8th_from_256_kib_on)
{
    uint32_t first = BLOCK_SIZE_MIN;
    for (uint32_t size = BLOCK_SIZE_MIN; size <= SIZE_MAX_ASKED; size = size_after(size)) {
        if (list_of(size) != list_of(first))
            first = size;
        EXPECT(size - first <= first / (first < 0x40000u ? 32u : 8u));
    }
}

/* A heap whose only free block on a list has `have` bytes, or 8 more where the end of a page leaves
 * no room for a block of its own. Returns that block. */
static block_t free_block_up(uint32_t have)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    vaddr_t at = test_alloc(have - BLOCK_OVERHEAD);
    (void)test_alloc(8); /* the last block is on no list */
    kfree(&test_heap, at);
    return block_of_payload(at);
}

TEST(a_block_found_is_large_enough_and_none_much_larger_is_missed)
{
    for (uint32_t want = BLOCK_SIZE_MIN; want < 2000000u; want += want / 9u / 8u * 8u + 8u) {
        block_t block = free_block_up(want);
        uint32_t have = test_size(block_payload(block));
        uint32_t low = have - have / 8u;
        low = low < BLOCK_SIZE_MIN ? BLOCK_SIZE_MIN : low & ~7u;
        for (uint32_t size = low; size < have + have / 8u + 64u; size += 8u + (have >> 9 & ~7u)) {
            struct member found = {.block = block_at(0)};
            enum freelist_answer answer = freelist_find(&test_heap, size, &found);
            EXPECT(answer != FREELIST_DAMAGED);
            if (answer == FREELIST_FOUND) {
                EXPECT_EQUAL(found.block.at, block.at);
                EXPECT(have >= size);
            } else {
                EXPECT(have < size + size / 32u + 8u);
            }
        }
    }
}

TEST(a_block_of_exactly_the_size_is_found_first_in_its_bin)
{
    for (uint32_t want = BLOCK_SIZE_MIN; want < 5000u; want += 8u) {
        block_t block = free_block_up(want);
        struct member found;
        uint32_t have = test_size(block_payload(block));
        EXPECT_EQUAL(freelist_find(&test_heap, have, &found), FREELIST_FOUND);
        EXPECT_EQUAL(found.block.at, block.at);
    }
}

TEST(the_scan_of_a_bin_is_bounded)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t blocks[BINS_SCAN + 3];
    uint32_t count = BINS_SCAN + 3u;
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = test_alloc(i == 0 ? 4216 - 8 : 4104 - 8);
        (void)test_alloc(8);
    }
    EXPECT_EQUAL(bins_head(4104), bins_head(4216));
    for (uint32_t i = 0; i < count; i++)
        kfree(&test_heap, blocks[i]);
    struct member found = {.block = block_at(0)};
    enum freelist_answer answer = freelist_find(&test_heap, 4216, &found);
    EXPECT(answer == FREELIST_NONE || found.block.at != blocks[0].v - 4u);
    test_heap_hold();
}

/* A bin that holds some blocks of its largest size behind others of its smallest, in a heap whose
 * other free blocks are smaller. Returns those in the order of the list. */
static void mixed_bin_up(uint32_t large_at, uint32_t count, vaddr_t *blocks)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = test_alloc(i == large_at ? 4216 - 8 : 4104 - 8);
        (void)test_alloc(8);
    }
    vaddr_t end = vaddr_add(blocks[count - 1u], test_size(blocks[count - 1u]) + BLOCK_SIZE_MIN);
    while (test_size(end) > 64u) {
        (void)test_alloc(24);
        end = vaddr_add(end, 32);
    }
    for (uint32_t i = count; i-- != 0;)
        kfree(&test_heap, blocks[i]);
}

TEST(the_first_blocks_of_a_bin_are_looked_at)
{
    vaddr_t blocks[BINS_SCAN + 2];
    for (uint32_t large_at = 0; large_at < BINS_SCAN + 2u; large_at++) {
        mixed_bin_up(large_at, BINS_SCAN + 2u, blocks);
        struct member found = {.block = block_at(0)};
        enum freelist_answer answer = freelist_find(&test_heap, 4216, &found);
        EXPECT_EQUAL(answer, large_at < BINS_SCAN ? FREELIST_FOUND : FREELIST_NONE);
        EXPECT(answer != FREELIST_FOUND || found.block.at == blocks[large_at].v - 4u);
    }
}

/* kmalloc's quick way takes what the precise search finds, and each block that it passes costs it
 * as much as the first one: tag, footer and links, and what the next link leads to. */
TEST(the_quick_search_finds_what_the_precise_one_does)
{
    vaddr_t blocks[BINS_SCAN + 2];
    uint64_t costs[BINS_SCAN + 2];
    for (uint32_t large_at = 0; large_at < BINS_SCAN + 2u; large_at++) {
        mixed_bin_up(large_at, BINS_SCAN + 2u, blocks);
        uint64_t before = probe_counts().loads;
        vaddr_t at = kmalloc(&test_heap, 4216 - 8);
        costs[large_at] = probe_counts().loads - before;
        EXPECT_EQUAL(at.v == blocks[large_at].v, large_at < BINS_SCAN);
        test_heap_hold();
    }
    for (uint32_t i = 2; i < BINS_SCAN; i++)
        EXPECT_EQUAL(costs[i] - costs[i - 1u], 6);
}

/* A heap whose free blocks on lists have these sizes, and nothing else that would fit. Returns the
 * first one's payload; *second is the other's. */
static vaddr_t two_free_blocks_up(uint32_t first_size, uint32_t second_size, vaddr_t *second)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    vaddr_t first = test_alloc(first_size - BLOCK_OVERHEAD);
    (void)test_alloc(8);
    *second = test_alloc(second_size - BLOCK_OVERHEAD);
    (void)test_alloc(8);
    kfree(&test_heap, first);
    kfree(&test_heap, *second);
    EXPECT_EQUAL(test_size(first), first_size);
    EXPECT_EQUAL(test_size(*second), second_size);
    return first;
}

/* What a request for a block of size_bytes is served from. */
static void expect_served_from(uint32_t size_bytes, vaddr_t at)
{
    struct member found;
    EXPECT_EQUAL(freelist_find(&test_heap, size_bytes, &found), FREELIST_FOUND);
    EXPECT_EQUAL(found.block.at, at.v - 4u);
    EXPECT_EQUAL(kmalloc(&test_heap, size_bytes - BLOCK_OVERHEAD).v, at.v);
}

TEST(a_block_a_granule_larger_is_taken_only_if_there_is_no_other)
{
    for (uint32_t size = BLOCK_SIZE_MIN; size < BINS_STEP_END - 8u; size += 8) {
        vaddr_t second;
        (void)two_free_blocks_up(size + 8u, size + 80u, &second);
        expect_served_from(size, second);
        EXPECT_EQUAL(test_size(second), size);
        vaddr_t first = two_free_blocks_up(size + 8u, size + 8u, &second);
        expect_served_from(size, second);
        expect_served_from(size, first);
    }
}

/* Where a bin's sizes lie further apart, or are several, it is the next one that serves. */
TEST(the_next_bin_that_is_not_empty_serves)
{
    for (uint32_t size = BINS_STEP_END - 8u; size < 5000u; size += 8) {
        uint32_t above = size;
        while (list_of(above) == list_of(size))
            above += 8u;
        vaddr_t second;
        vaddr_t first = two_free_blocks_up(above + 8u, 2u * above, &second);
        expect_served_from(size, first);
    }
}

TEST(going_through_the_free_blocks_misses_none)
{
    vaddr_t blocks[BINS_SCAN + 2];
    for (uint32_t large_at = 0; large_at < BINS_SCAN + 2u; large_at++) {
        mixed_bin_up(large_at, BINS_SCAN + 2u, blocks);
        struct member found;
        EXPECT_EQUAL(freelist_first(&test_heap, verify_list(&test_heap, 4104), &found),
                     FREELIST_FOUND);
        for (uint32_t i = 0; i < BINS_SCAN + 1u; i++) {
            EXPECT_EQUAL(found.block.at, blocks[i].v - 4u);
            EXPECT_EQUAL(freelist_after(&test_heap, &found), FREELIST_FOUND);
        }
        EXPECT_EQUAL(freelist_after(&test_heap, &found), FREELIST_NONE);
    }
}

TEST(a_list_that_becomes_empty_leaves_no_bit)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    EXPECT_EQUAL(test_field(BINS_ROW_BITMAP), 0);
    for (uint32_t row = 0; row < BINS_ROWS; row++)
        EXPECT_EQUAL(test_field(BINS_BITMAPS + 4u * row), 0);
    struct member found;
    EXPECT_EQUAL(freelist_find(&test_heap, 16, &found), FREELIST_NONE);
    EXPECT_EQUAL(freelist_first(&test_heap, verify_list(&test_heap, BLOCK_SIZE_MIN), &found),
                 FREELIST_NONE);
}

int main(void)
{
    RUN(bins_are_monotone_and_inside_the_control_block);
    RUN(sizes_below_256_have_a_bin_each);
    RUN(a_bin_spans_less_than_a_32nd_of_its_sizes_and_than_an_8th_from_256_kib_on);
    RUN(a_block_found_is_large_enough_and_none_much_larger_is_missed);
    RUN(a_block_of_exactly_the_size_is_found_first_in_its_bin);
    RUN(the_scan_of_a_bin_is_bounded);
    RUN(the_first_blocks_of_a_bin_are_looked_at);
    RUN(the_quick_search_finds_what_the_precise_one_does);
    RUN(a_block_a_granule_larger_is_taken_only_if_there_is_no_other);
    RUN(the_next_bin_that_is_not_empty_serves);
    RUN(going_through_the_free_blocks_misses_none);
    RUN(a_list_that_becomes_empty_leaves_no_bit);
    return 0;
}
