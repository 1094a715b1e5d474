#include "ci/unit.h"
#include "heap/test_machine.h"
#include "mmu_x86/paging.h"

static struct heap_config config_of(uint32_t start, uint32_t limit)
{
    return (struct heap_config){
        .frames = test_boot.frames_at,
        .start = vaddr_of(start),
        .limit = vaddr_of(limit),
        .key = TEST_KEY,
        .policy = test_policy,
    };
}

TEST(a_fresh_heap_is_one_free_block_in_one_page)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    EXPECT(test_heap_fresh());
    test_heap_hold();
    EXPECT_EQUAL(test_field(HEAP_MAGIC), HEAP_MAGIC_WORD);
    EXPECT_EQUAL(test_field(HEAP_POLICY), test_policy);
    EXPECT_EQUAL(test_field(HEAP_KEY), TEST_KEY);
    EXPECT_EQUAL(test_field(HEAP_FRAMES), test_boot.frames_at.v);
    EXPECT_EQUAL(test_field(HEAP_LIMIT), TEST_START.v + TEST_PAGES * PAGE_SIZE);
}

TEST(a_bad_window_is_refused_with_nothing_changed)
{
    static const uint32_t windows[][2] = {
        {HEAP_WINDOW_START + 4u, HEAP_WINDOW_START + 0x10000u},
        {HEAP_WINDOW_START, HEAP_WINDOW_START + 0x10004u},
        {HEAP_WINDOW_START - PAGE_SIZE, HEAP_WINDOW_END},
        {HEAP_WINDOW_START, HEAP_WINDOW_END + PAGE_SIZE},
        {HEAP_WINDOW_START, HEAP_WINDOW_START},
        {HEAP_WINDOW_END, HEAP_WINDOW_START},
        {0, HEAP_WINDOW_END},
        {HEAP_WINDOW_START, 0},
    };
    test_boot_up(TEST_FRAMES);
    uint64_t before = test_state(0, 0);
    for (uint32_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct heap heap;
        struct heap_config config = config_of(windows[i][0], windows[i][1]);
        EXPECT_EQUAL(heap_init(&heap, &config), HEAP_BAD_WINDOW);
        EXPECT_EQUAL(test_state(0, 0), before);
    }
}

TEST(an_unknown_policy_is_refused)
{
    test_boot_up(TEST_FRAMES);
    uint64_t before = test_state(0, 0);
    struct heap heap;
    struct heap_config config = config_of(TEST_START.v, HEAP_WINDOW_END);
    config.policy = (enum heap_policy)(HEAP_FIRST_FIT + 1);
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_BAD_WINDOW);
    EXPECT_EQUAL(test_state(0, 0), before);
}

/* Makes every call there is with interrupts enabled or not, and expects them to stay so. */
TEST(calls_leave_interrupts_as_they_were)
{
    for (uint32_t enabled = 0; enabled < 2; enabled++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        struct heap heap;
        struct heap_stats stats;
        struct heap_config config = config_of(TEST_START.v, HEAP_WINDOW_END);
        vaddr_t at = VADDR_NULL;
        for (uint32_t call = 0; call < 15; call++) {
            machine_interrupts_restore(enabled);
            switch (call) {
            case 0: (void)heap_init(&heap, &config); break;
            case 1: EXPECT(heap_open(&heap, TEST_START)); break;
            case 2: EXPECT(!heap_open(&heap, vaddr_of(0x1000))); break;
            case 3: at = test_alloc(100); break;
            case 4: (void)kmalloc(&test_heap, ~0u); break;
            case 5: (void)kmalloc(&test_heap, TEST_PAGES * PAGE_SIZE); break;
            case 6: at = krealloc(&test_heap, at, 200); break;
            case 7: at = krealloc(&test_heap, at, 20); break;
            case 8: (void)krealloc(&test_heap, vaddr_of(16), 20); break;
            case 9: EXPECT(kmalloc_usable_size(&test_heap, at) >= 20); break;
            case 10: heap_stats(&test_heap, &stats); break;
            case 11: kfree(&test_heap, at); break;
            case 12: kfree(&test_heap, at); break;
            case 13: (void)heap_reclaim(&test_heap, 10); break;
            default: EXPECT(!heap_reclaim_pending(&test_heap)); break;
            }
            EXPECT_EQUAL(machine_interrupts_disable(), enabled);
        }
    }
}

TEST(a_window_whose_start_is_mapped_is_refused)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(100);
    uint64_t before = test_heap_state();
    struct heap heap;
    struct heap_config config = config_of(TEST_START.v, TEST_START.v + PAGE_SIZE);
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_BAD_WINDOW);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_refused_frame_leaves_no_heap_behind)
{
    for (uint32_t k = 1; k <= 2; k++) {
        test_boot_up(TEST_FRAMES);
        uint64_t before = test_state(0, 0);
        injection.refuse_countdown = k;
        struct heap heap;
        struct heap_config config = config_of(TEST_START.v, HEAP_WINDOW_END);
        EXPECT_EQUAL(heap_init(&heap, &config), HEAP_NO_FRAME);
        EXPECT_EQUAL(test_state(0, 0), before);
        EXPECT(!heap_open(&heap, TEST_START));
        EXPECT_EQUAL(heap_init(&heap, &config), HEAP_OK);
    }
}

TEST(a_window_of_one_page_serves_what_fits)
{
    test_heap_up(TEST_FRAMES, 1);
    EXPECT(vaddr_is_null(kmalloc(&test_heap, PAGE_SIZE - CONTROL_SIZE)));
    (void)test_alloc(500);
    test_heap_hold();
}

TEST(open_finds_the_heap_that_init_made)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    struct heap heap;
    EXPECT(heap_open(&heap, TEST_START));
    EXPECT_EQUAL(heap.at.v, test_heap.at.v);
    EXPECT_EQUAL(heap.key, test_heap.key);
    EXPECT_EQUAL(heap.policy, test_heap.policy);
    vaddr_t at = kmalloc(&heap, 100);
    kfree(&test_heap, at);
    EXPECT_EQUAL(test_misuse_count, 0);
}

TEST(open_finds_no_heap_where_there_is_none)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(5000);
    struct heap heap;
    EXPECT(!heap_open(&heap, vaddr_add(TEST_START, 4)));
    EXPECT(!heap_open(&heap, vaddr_add(TEST_START, PAGE_SIZE)));
    EXPECT(!heap_open(&heap, vaddr_add(TEST_START, 10u * PAGE_SIZE)));
    EXPECT(!heap_open(&heap, vaddr_of(0x1000)));
}

TEST(open_takes_no_word_but_its_own_for_a_heap)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t page = page_round_up(test_alloc(3u * PAGE_SIZE).v);
    struct heap heap;
    static const uint32_t words[] = {0, 1, HEAP_MAGIC_WORD - 1u, HEAP_MAGIC_WORD + 1u, ~0u};
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        test_poke(page + HEAP_MAGIC, words[i]);
        EXPECT(!heap_open(&heap, vaddr_of(page)));
    }
    /* Nor its own where no heap can start. */
    test_poke(page + 8u + HEAP_MAGIC, HEAP_MAGIC_WORD);
    EXPECT(!heap_open(&heap, vaddr_of(page + 8u)));
}

int main(void)
{
    RUN_BOTH(a_fresh_heap_is_one_free_block_in_one_page);
    RUN_BOTH(a_bad_window_is_refused_with_nothing_changed);
    RUN_BOTH(an_unknown_policy_is_refused);
    RUN_BOTH(calls_leave_interrupts_as_they_were);
    RUN_BOTH(a_window_whose_start_is_mapped_is_refused);
    RUN_BOTH(a_refused_frame_leaves_no_heap_behind);
    RUN_BOTH(a_window_of_one_page_serves_what_fits);
    RUN_BOTH(open_finds_the_heap_that_init_made);
    RUN_BOTH(open_finds_no_heap_where_there_is_none);
    RUN_BOTH(open_takes_no_word_but_its_own_for_a_heap);
    return 0;
}
