#include "heap/kmalloc.h"

#include "ci/unit.h"
#include "heap/test_machine.h"

/* The payload of a block that just fills the first page. */
#define FIRST_PAGE_PAYLOAD (PAGE_SIZE - CONTROL_SIZE - 8u - BLOCK_OVERHEAD)

TEST(zero_bytes_are_null_and_no_refusal)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 0)));
    EXPECT(vaddr_is_null(kcalloc(&test_heap, 0, 100)));
    EXPECT(vaddr_is_null(kmalloc_aligned(&test_heap, 0, 64)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_SIZE), 0);
}

TEST(a_block_is_rounded_up_to_8_and_to_16_at_least)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    static const uint32_t sizes[][2] = {{1, 8},   {7, 8},   {8, 8},    {9, 16},
                                        {16, 16}, {17, 24}, {100, 104}};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        vaddr_t at = test_alloc(sizes[i][0]);
        EXPECT_EQUAL(kmalloc_usable_size(&test_heap, at), sizes[i][1]);
        EXPECT_EQUAL(test_size(at), sizes[i][1] + BLOCK_OVERHEAD);
        EXPECT(test_used(at));
    }
    test_heap_hold();
}

TEST(every_small_size_is_served_and_kept_apart)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    static vaddr_t blocks[600];
    for (uint32_t size = 1; size < 600; size++) {
        blocks[size] = test_alloc(size);
        test_write(blocks[size], size);
    }
    test_heap_hold();
    for (uint32_t size = 1; size < 600; size++)
        test_expect(blocks[size], size, size);
    for (uint32_t size = 1; size < 600; size += 2)
        kfree(&test_heap, blocks[size]);
    test_heap_hold();
    for (uint32_t size = 2; size < 600; size += 2)
        kfree(&test_heap, blocks[size]);
    test_heap_hold();
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), 0);
}

TEST(sizes_that_can_never_be_served_are_refused_and_counted)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, KMALLOC_SIZE_MAX + 1u)));
    EXPECT(vaddr_is_null(kmalloc(&test_heap, ~0u)));
    EXPECT(vaddr_is_null(kmalloc(&test_heap, ~0u - 7u)));
    EXPECT(vaddr_is_null(kcalloc(&test_heap, 0x10000u, 0x10000u)));
    EXPECT(vaddr_is_null(kcalloc(&test_heap, ~0u, ~0u)));
    EXPECT(vaddr_is_null(kcalloc(&test_heap, 3, 0x55555556u)));
    EXPECT(vaddr_is_null(kmalloc_aligned(&test_heap, ~0u, 4096)));
    EXPECT(vaddr_is_null(kmalloc_aligned(&test_heap, KMALLOC_SIZE_MAX + 1u, 8)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_SIZE), 8);
}

TEST(the_largest_size_is_refused_by_a_full_window)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, KMALLOC_SIZE_MAX)));
    EXPECT(vaddr_is_null(kmalloc_aligned(&test_heap, KMALLOC_SIZE_MAX, KMALLOC_ALIGN_MAX)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_WINDOW), 2);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_SIZE), 0);
}

TEST(a_free_block_is_split_and_its_rest_stays_free)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(100);
    EXPECT_EQUAL(at.v, TEST_START.v + CONTROL_SIZE + 8u);
    EXPECT(!test_used(vaddr_add(at, test_size(at))));
    vaddr_t second = test_alloc(100);
    EXPECT_EQUAL(second.v, at.v + test_size(at));
    test_heap_hold();
}

TEST(a_rest_too_small_for_a_block_stays_with_the_allocation)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(FIRST_PAGE_PAYLOAD - 8u);
    EXPECT_EQUAL(kmalloc_usable_size(&test_heap, at), FIRST_PAGE_PAYLOAD);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BYTES), FIRST_PAGE_PAYLOAD + BLOCK_OVERHEAD);
    test_heap_hold();
}

TEST(a_rest_of_just_the_smallest_block_stays_free)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(FIRST_PAGE_PAYLOAD - BLOCK_SIZE_MIN);
    EXPECT_EQUAL(kmalloc_usable_size(&test_heap, at), FIRST_PAGE_PAYLOAD - BLOCK_SIZE_MIN);
    EXPECT_EQUAL(test_alloc(8).v, at.v + test_size(at));
    test_heap_hold();
}

TEST(a_block_that_fits_exactly_needs_no_growth)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(FIRST_PAGE_PAYLOAD);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 1);
    test_heap_hold();
    (void)test_alloc(1);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 2);
    test_heap_hold();
}

TEST(growth_uses_the_free_block_at_the_end)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(FIRST_PAGE_PAYLOAD + 8u);
    EXPECT_EQUAL(at.v, TEST_START.v + CONTROL_SIZE + 8u);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), 2);
    test_heap_hold();
}

TEST(growth_crosses_page_tables)
{
    test_heap_up(3000, 3000);
    vaddr_t large = test_alloc(5u << 20);
    test_poke(large.v + (5u << 20) - 4u, 1);
    EXPECT_EQUAL(test_field(HEAP_PEAK_PAGES), test_field(HEAP_MAPPED_PAGES));
    test_heap_hold();
}

TEST(the_window_can_be_filled_to_its_last_byte)
{
    test_heap_up(TEST_FRAMES, 3);
    (void)test_alloc(FIRST_PAGE_PAYLOAD + 2u * PAGE_SIZE);
    EXPECT_EQUAL(test_field(HEAP_END), test_field(HEAP_LIMIT));
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 1)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_WINDOW), 1);
    test_heap_hold();
}

TEST(a_byte_more_than_the_window_is_refused)
{
    test_heap_up(TEST_FRAMES, 3);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, FIRST_PAGE_PAYLOAD + 2u * PAGE_SIZE + 1u)));
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_window_up_to_the_page_tables_can_be_grown_into)
{
    test_boot_up(TEST_FRAMES);
    struct heap_config config = {
        test_boot.frames_at,
        vaddr_of(HEAP_WINDOW_END - 2u * PAGE_SIZE),
        vaddr_of(HEAP_WINDOW_END),
        TEST_KEY,
        test_policy,
    };
    struct heap heap;
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_OK);
    vaddr_t at = kmalloc(&heap, PAGE_SIZE);
    EXPECT(!vaddr_is_null(at));
    EXPECT(vaddr_is_null(kmalloc(&heap, PAGE_SIZE)));
    kfree(&heap, at);
    EXPECT_EQUAL(heap_reclaim(&heap, 10), 1);
}

TEST(memory_that_ran_out_is_refused_with_nothing_changed)
{
    test_heap_up(10, TEST_PAGES);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 10u * PAGE_SIZE)));
    EXPECT_EQUAL(test_heap_state(), before);
    EXPECT_EQUAL(test_field(HEAP_REFUSED_FRAMES), 1);
    (void)test_alloc(8u * PAGE_SIZE);
    test_heap_hold();
}

/* A heap with a live block at the end of its first pages, and a sparse hole before it. */
static void sparse_up(void)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    (void)test_alloc(3000);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, 1000) >= 18);
    test_heap_hold();
}

TEST(whichever_frame_is_refused_nothing_changes)
{
    static const uint32_t requests[][2] = {{30000, 8}, {5u << 20, 8}, {100, 65536}, {70000, 8192}};
    for (uint32_t r = 0; r < sizeof(requests) / sizeof(requests[0]); r++) {
        for (uint32_t k = 1;; k += r == 1 ? 101 : 1) {
            sparse_up();
            uint64_t before = test_heap_state();
            uint32_t asked = injection.frame_requests;
            injection.refuse_countdown = k;
            vaddr_t at = kmalloc_aligned(&test_heap, requests[r][0], requests[r][1]);
            test_heap_hold();
            if (injection.frames_refused == 0) {
                EXPECT(!vaddr_is_null(at));
                EXPECT(injection.frame_requests - asked < k);
                break;
            }
            EXPECT(vaddr_is_null(at));
            EXPECT_EQUAL(test_heap_state(), before);
            EXPECT_EQUAL(test_field(HEAP_REFUSED_FRAMES), 1);
        }
    }
}

TEST(kcalloc_zeroes_every_usable_byte)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t dirty = test_alloc(3000);
    test_write(dirty, 7);
    kfree(&test_heap, dirty);
    vaddr_t at = kcalloc(&test_heap, 3, 333);
    EXPECT(!vaddr_is_null(at));
    for (uint32_t i = 0; i < kmalloc_usable_size(&test_heap, at); i += 4)
        EXPECT_EQUAL(test_word(at.v + i), 0);
    test_heap_hold();
}

TEST(usable_size_of_null_is_0)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    EXPECT_EQUAL(kmalloc_usable_size(&test_heap, VADDR_NULL), 0);
    EXPECT_EQUAL(test_misuse_count, 0);
}

TEST(two_heaps_live_side_by_side)
{
    test_heap_up(TEST_FRAMES, 10);
    struct heap_config config = {
        test_boot.frames_at,
        vaddr_add(TEST_START, 10u * PAGE_SIZE),
        vaddr_add(TEST_START, 20u * PAGE_SIZE),
        99,
        test_policy,
    };
    struct heap second;
    EXPECT_EQUAL(heap_init(&second, &config), HEAP_OK);
    vaddr_t here = test_alloc(5000);
    vaddr_t there = kmalloc(&second, 5000);
    EXPECT_EQUAL(there.v - here.v, 10u * PAGE_SIZE);
    kfree(&second, here);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_FOREIGN);
    kfree(&test_heap, here);
    kfree(&second, there);
    EXPECT_EQUAL(test_misuse_count, 1);
}

static vaddr_t interrupt_block;

static void interrupt_allocates(void)
{
    interrupt_block = kmalloc(&test_heap, 500);
}

TEST(an_interrupt_handler_may_allocate)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    injection.interrupt_handler = interrupt_allocates;
    injection.interrupt_countdown = 1;
    interrupt_block = VADDR_NULL;
    vaddr_t at = test_alloc(500);
    EXPECT(!vaddr_is_null(interrupt_block));
    EXPECT(interrupt_block.v != at.v);
    injection.interrupt_handler = NULL;
    test_heap_hold();
}

TEST(growth_leaves_no_tag_where_the_end_was)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(test_tag(end - 4u), TAG_EPILOGUE);
    (void)test_alloc(FIRST_PAGE_PAYLOAD + 8u);
    EXPECT_EQUAL(test_tag(end - 8u), TAG_DEAD);
    EXPECT_EQUAL(test_tag(end - 4u), TAG_DEAD);
}

int main(void)
{
    RUN_BOTH(zero_bytes_are_null_and_no_refusal);
    RUN_BOTH(a_block_is_rounded_up_to_8_and_to_16_at_least);
    RUN_BOTH(every_small_size_is_served_and_kept_apart);
    RUN_BOTH(sizes_that_can_never_be_served_are_refused_and_counted);
    RUN_BOTH(the_largest_size_is_refused_by_a_full_window);
    RUN_BOTH(a_free_block_is_split_and_its_rest_stays_free);
    RUN_BOTH(a_rest_too_small_for_a_block_stays_with_the_allocation);
    RUN_BOTH(a_rest_of_just_the_smallest_block_stays_free);
    RUN_BOTH(a_block_that_fits_exactly_needs_no_growth);
    RUN_BOTH(growth_uses_the_free_block_at_the_end);
    RUN_BOTH(growth_crosses_page_tables);
    RUN_BOTH(the_window_can_be_filled_to_its_last_byte);
    RUN_BOTH(a_byte_more_than_the_window_is_refused);
    RUN_BOTH(a_window_up_to_the_page_tables_can_be_grown_into);
    RUN_BOTH(memory_that_ran_out_is_refused_with_nothing_changed);
    RUN_BOTH(whichever_frame_is_refused_nothing_changes);
    RUN_BOTH(kcalloc_zeroes_every_usable_byte);
    RUN_BOTH(usable_size_of_null_is_0);
    RUN_BOTH(two_heaps_live_side_by_side);
    RUN_BOTH(an_interrupt_handler_may_allocate);
    RUN_BOTH(growth_leaves_no_tag_where_the_end_was);
    return 0;
}
