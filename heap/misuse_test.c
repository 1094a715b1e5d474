#include "heap/misuse.h"

#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"
#include "heap/test_machine.h"

/* A block between two others, and what stands beside them. */
static vaddr_t previous;
static vaddr_t block;
static vaddr_t next;
static vaddr_t last;

/* A fresh heap with three blocks in a row and a used one behind; then what is asked for is freed.
 */
static void row_up(bool previous_free, bool next_free)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)test_alloc(24);
    previous = test_alloc(80);
    block = test_alloc(200);
    next = test_alloc(120);
    (void)test_alloc(8);
    vaddr_t far = test_alloc(120);
    (void)test_alloc(8);
    last = test_alloc(600);
    (void)test_alloc(8);
    kfree(&test_heap, far);
    if (previous_free)
        kfree(&test_heap, previous);
    if (next_free)
        kfree(&test_heap, next);
    test_write(block, 1);
    test_heap_hold();
}

/* The calls that take a pointer. */
enum call { CALL_KFREE, CALL_KREALLOC_GROW, CALL_KREALLOC_SHRINK, CALL_USABLE_SIZE, CALL_COUNT };

static enum misuse_call call_make(enum call call, vaddr_t at)
{
    if (call == CALL_KFREE) {
        kfree(&test_heap, at);
        return MISUSE_KFREE;
    }
    if (call == CALL_USABLE_SIZE) {
        EXPECT_EQUAL(kmalloc_usable_size(&test_heap, at), 0);
        return MISUSE_USABLE_SIZE;
    }
    EXPECT(vaddr_is_null(krealloc(&test_heap, at, call == CALL_KREALLOC_GROW ? 2000 : 20)));
    return MISUSE_KREALLOC;
}

/* Makes one call with `at` and expects one report and no change. */
static void expect_one_report(enum call call, vaddr_t at)
{
    uint64_t before = test_heap_state();
    uint32_t count = test_misuse_count;
    uint32_t counter = test_field(HEAP_MISUSES);
    enum misuse_call expected = call_make(call, at);
    EXPECT_EQUAL(test_misuse_count, count + 1);
    EXPECT_EQUAL(test_field(HEAP_MISUSES), counter + 1);
    EXPECT_EQUAL(test_misuse.call, expected);
    EXPECT_EQUAL(test_misuse.at.v, at.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* Expects every call to refuse `at` for this reason. */
static void expect_refused(vaddr_t at, enum misuse_reason reason)
{
    for (enum call call = 0; call < CALL_COUNT; call++) {
        expect_one_report(call, at);
        EXPECT_EQUAL(test_misuse.reason, reason);
    }
}

TEST(a_second_free_is_reported)
{
    row_up(false, false);
    kfree(&test_heap, block);
    expect_refused(block, MISUSE_DOUBLE_FREE);
    test_heap_hold();
}

TEST(a_misaligned_pointer_is_reported)
{
    row_up(false, false);
    for (uint32_t offset = 1; offset < 8; offset++)
        expect_refused(vaddr_add(block, offset), MISUSE_MISALIGNED);
    expect_refused(vaddr_of(1), MISUSE_MISALIGNED);
    expect_refused(vaddr_of(~0u), MISUSE_MISALIGNED);
}

TEST(a_pointer_outside_the_extent_is_reported)
{
    row_up(false, false);
    static const uint32_t outside[] = {
        8, 0x1000, 0xBFFFFFF8u, HEAP_WINDOW_START - 8u, HEAP_WINDOW_END, 0xFFFFFFF8u};
    for (uint32_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        expect_refused(vaddr_of(outside[i]), MISUSE_FOREIGN);
    expect_refused(TEST_START, MISUSE_FOREIGN);
    expect_refused(vaddr_add(TEST_START, CONTROL_SIZE), MISUSE_FOREIGN);
    expect_refused(vaddr_of(test_field(HEAP_END)), MISUSE_FOREIGN);
    expect_refused(vaddr_of(test_field(HEAP_END) + 8u), MISUSE_FOREIGN);
}

TEST(the_inside_of_a_block_is_reported)
{
    row_up(false, false);
    for (uint32_t offset = 8; offset < 200; offset += 8)
        expect_refused(vaddr_add(block, offset), MISUSE_NOT_A_BLOCK);
}

TEST(a_pointer_that_was_merged_away_is_reported)
{
    row_up(true, false);
    kfree(&test_heap, block);
    uint64_t before = test_heap_state();
    kfree(&test_heap, block);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_pointer_into_pages_that_were_given_back_is_reported)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t hole = test_alloc(20u * PAGE_SIZE);
    (void)test_alloc(100);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    for (uint32_t offset = 8; offset < 20u * PAGE_SIZE; offset += 504)
        expect_refused(vaddr_add(hole, offset), MISUSE_NOT_A_BLOCK);
    test_heap_hold();
}

TEST(a_copied_tag_is_no_tag_elsewhere)
{
    row_up(false, false);
    uint32_t size = test_size(block);
    test_poke(block.v + 4u, test_word(block.v - 4u));
    test_poke(block.v + 4u + size - 4u, test_word(block.v + size - 8u));
    uint64_t before = test_heap_state();
    kfree(&test_heap, vaddr_add(block, 8));
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* A word that a call verifies, as a place beside `block`. */
enum place {
    PLACE_HEADER,
    PLACE_FOOTER,
    PLACE_NEXT_HEADER,
    PLACE_NEXT_FOOTER,
    PLACE_PREVIOUS_FOOTER,
    PLACE_PREVIOUS_HEADER,
    PLACE_FREE_NEXT, /* from here on: links of the free neighbours */
    PLACE_FREE_PREV,
    PLACE_FREE_PREVIOUS_NEXT,
    PLACE_FREE_PREVIOUS_PREV,
    PLACE_COUNT
};

static uint32_t place_at(enum place place)
{
    switch (place) {
    case PLACE_HEADER: return block.v - 4u;
    case PLACE_FOOTER: return block.v + test_size(block) - 8u;
    case PLACE_NEXT_HEADER: return next.v - 4u;
    case PLACE_NEXT_FOOTER: return next.v + test_size(next) - 8u;
    case PLACE_PREVIOUS_FOOTER: return block.v - 8u;
    case PLACE_PREVIOUS_HEADER: return previous.v - 4u;
    case PLACE_FREE_NEXT: return next.v;
    case PLACE_FREE_PREV: return next.v + 4u;
    case PLACE_FREE_PREVIOUS_NEXT: return previous.v;
    case PLACE_FREE_PREVIOUS_PREV: return previous.v + 4u;
    case PLACE_COUNT: break;
    }
    return 0;
}

/* Damages one word, expects a call to report it and change nothing, and repairs it. */
static void damage(enum place place, uint32_t bits, enum call call)
{
    uint32_t at = place_at(place);
    uint32_t word = test_word(at);
    test_poke(at, word ^ bits);
    expect_one_report(call, block);
    test_poke(at, word);
}

/* True if the place is looked at only because a neighbour is free and about to be merged. */
static bool is_merged(enum place place)
{
    return place >= PLACE_FREE_NEXT || place == PLACE_NEXT_FOOTER || place == PLACE_PREVIOUS_HEADER;
}

static bool is_of_next(enum place place)
{
    return place == PLACE_NEXT_HEADER || place == PLACE_NEXT_FOOTER || place == PLACE_FREE_NEXT ||
           place == PLACE_FREE_PREV;
}

/* True if the tag beside the block would read, damaged, as a used block's that fits: then it is
 * believed. */
static bool is_believed(enum place place, uint32_t bits)
{
    uint32_t at = place_at(place);
    uint32_t tag = test_tag(at) ^ bits;
    uint32_t room = place == PLACE_NEXT_HEADER ? test_field(HEAP_END) - 4u - at
                                               : at + 8u - TEST_START.v - CONTROL_SIZE;
    uint32_t least = place == PLACE_NEXT_HEADER ? 0 : 8u;
    return (place == PLACE_NEXT_HEADER || place == PLACE_PREVIOUS_FOOTER) && (tag & 7u) == 1u &&
           (tag & ~7u) >= least && (tag & ~7u) <= room;
}

/* Damages every place that is verified in this neighbourhood. */
static void damage_all(bool previous_free, bool next_free, uint32_t bits, enum call call)
{
    for (enum place place = 0; place < PLACE_COUNT; place++) {
        bool neighbour_free = is_of_next(place) ? next_free : previous_free;
        if ((!is_merged(place) || neighbour_free) && !is_believed(place, bits))
            damage(place, bits, call);
    }
}

TEST(every_flip_of_a_bit_is_reported_and_changes_nothing)
{
    for (uint32_t neighbours = 0; neighbours < 4; neighbours++) {
        bool previous_free = (neighbours & 1u) != 0;
        bool next_free = (neighbours & 2u) != 0;
        row_up(previous_free, next_free);
        for (uint32_t bit = 0; bit < 32; bit++) {
            damage_all(previous_free, next_free, 1u << bit, CALL_KFREE);
            damage_all(previous_free, next_free, 1u << bit, CALL_KREALLOC_GROW);
            damage_all(previous_free, next_free, 1u << bit, CALL_KREALLOC_SHRINK);
        }
        test_heap_hold();
        kfree(&test_heap, block);
        test_heap_hold();
    }
}

TEST(every_flip_of_two_bits_is_reported_and_changes_nothing)
{
    for (uint32_t neighbours = 0; neighbours < 4; neighbours += 3) {
        row_up(neighbours != 0, neighbours != 0);
        for (uint32_t high = 1; high < 32; high++)
            for (uint32_t low = 0; low < high; low++)
                damage_all(neighbours != 0, neighbours != 0, 1u << high | 1u << low, CALL_KFREE);
    }
}

TEST(tags_that_agree_but_no_block_can_have_are_reported)
{
    row_up(false, false);
    uint32_t header = block.v - 4u;
    uint32_t size = test_size(block);
    static const uint32_t flags[] = {TAG_SPARSE, TAG_RESERVED, TAG_SPARSE | TAG_RESERVED};
    for (uint32_t i = 0; i < 3; i++) {
        test_poke(header, test_word(header) ^ flags[i]);
        test_poke(header + size - 4u, test_word(header + size - 4u) ^ flags[i]);
        expect_refused(block, MISUSE_NOT_A_BLOCK);
        test_poke(header, test_word(header) ^ flags[i]);
        test_poke(header + size - 4u, test_word(header + size - 4u) ^ flags[i]);
    }
    static const uint32_t small_flags[] = {TAG_USED, 0, TAG_SPARSE};
    for (uint32_t small = 0; small < BLOCK_SIZE_MIN; small += 8) {
        for (uint32_t i = 0; i < 3; i++) {
            test_poke(header, (small | small_flags[i]) ^ TEST_KEY ^ header);
            expect_refused(block, MISUSE_NOT_A_BLOCK);
        }
    }
}

TEST(flips_among_blocks_of_one_size_are_reported)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t row[60];
    for (uint32_t i = 0; i < 60; i++)
        row[i] = test_alloc(8);
    for (uint32_t i = 0; i < 60; i += 2)
        kfree(&test_heap, row[i]);
    test_heap_hold();
    previous = row[40];
    block = row[41];
    next = row[42];
    for (uint32_t bit = 0; bit < 32; bit++)
        damage_all(true, true, 1u << bit, CALL_KFREE);
    previous = row[39];
    block = row[40];
    next = row[41];
    test_heap_hold();
}

TEST(the_tags_at_both_ends_of_the_extent_are_verified)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t all = test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    uint32_t ends[] = {TEST_START.v + CONTROL_SIZE, test_field(HEAP_END) - 4u};
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t word = test_word(ends[i]);
        for (uint32_t bit = 0; bit < 32; bit++) {
            test_poke(ends[i], word ^ 1u << bit);
            expect_one_report(CALL_KFREE, all);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
        }
        test_poke(ends[i], word);
    }
}

/* The head of the list that a free block of size_bytes is on. */
static uint32_t head_of(uint32_t size_bytes)
{
    return TEST_START.v + (test_policy == HEAP_BINS ? bins_head(size_bytes) : FIRST_FIT_HEAD);
}

TEST(kmalloc_reports_a_damaged_free_block)
{
    row_up(false, true);
    uint32_t at = test_word(head_of(test_size(next)));
    uint32_t places[] = {at, at + 4u, at + 8u, at + (test_tag(at) & ~7u) - 4u};
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t word = test_word(places[i]);
        for (uint32_t bit = 0; bit < 32; bit++) {
            test_poke(places[i], word ^ 1u << bit);
            uint64_t before = test_heap_state();
            uint32_t count = test_misuse_count;
            EXPECT(vaddr_is_null(kmalloc(&test_heap, 120)));
            EXPECT_EQUAL(test_misuse_count, count + 1);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
            EXPECT_EQUAL(test_misuse.call, MISUSE_KMALLOC);
            EXPECT_EQUAL(test_heap_state(), before);
        }
        test_poke(places[i], word);
    }
    (void)test_alloc(120);
    test_heap_hold();
}

/* The first block on the list is too small, the second, which is damaged, would do. */
TEST(kmalloc_reports_a_damaged_second_block)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t small = test_alloc(1088);
    (void)test_alloc(8);
    vaddr_t large = test_alloc(1104);
    (void)test_alloc(8);
    kfree(&test_heap, large);
    kfree(&test_heap, small);
    uint32_t at = large.v - 4u;
    EXPECT_EQUAL(test_word(head_of(1112)), small.v - 4u);
    EXPECT_EQUAL(test_word(small.v), at);
    uint32_t places[] = {at, at + 4u, at + 8u};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t word = test_word(places[i]);
        for (uint32_t bit = 0; bit < 32; bit++) {
            test_poke(places[i], word ^ 1u << bit);
            uint32_t count = test_misuse_count;
            EXPECT(vaddr_is_null(kmalloc(&test_heap, 1104)));
            EXPECT_EQUAL(test_misuse_count, count + 1);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
        }
        test_poke(places[i], word);
    }
    EXPECT_EQUAL(test_alloc(1104).v, large.v);
}

TEST(kmalloc_reports_a_damaged_end)
{
    row_up(false, false);
    uint32_t at = test_field(HEAP_END) - 4u;
    test_poke(at, test_word(at) ^ 64u);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 5000)));
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
    EXPECT_EQUAL(test_misuse.at.v, at + 4u);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* The last block's tags, and what stands for the end behind them. */
TEST(kmalloc_reports_a_damaged_last_block)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    uint32_t epilogue = test_field(HEAP_END) - 4u;
    uint32_t places[] = {epilogue - (test_tag(epilogue - 4u) & ~7u), epilogue - 4u, epilogue};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t word = test_word(places[i]);
        /* A footer that says used is believed. */
        for (uint32_t bit = i == 1 ? 1 : 0; bit < 32; bit++) {
            test_poke(places[i], word ^ 1u << bit);
            uint64_t before = test_heap_state();
            uint32_t count = test_misuse_count;
            EXPECT(vaddr_is_null(kmalloc(&test_heap, 120)));
            EXPECT_EQUAL(test_misuse_count, count + 1);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
            EXPECT_EQUAL(test_heap_state(), before);
        }
        test_poke(places[i], word);
    }
    (void)test_alloc(120);
    test_heap_hold();
}

TEST(reclaim_reports_a_damaged_end)
{
    row_up(false, false);
    uint32_t at = test_field(HEAP_END) - 4u;
    test_poke(at, test_word(at) ^ 64u);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 100), 0);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.call, MISUSE_RECLAIM);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
    EXPECT_EQUAL(test_misuse.at.v, at + 4u);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(reclaim_reports_a_damaged_free_block)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t hole = test_alloc(5u * PAGE_SIZE);
    (void)test_alloc(3000);
    kfree(&test_heap, hole);
    test_poke(hole.v, test_word(hole.v) ^ 0x100u);
    uint64_t before = test_heap_state();
    EXPECT_EQUAL(heap_reclaim(&test_heap, 100), 0);
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.call, MISUSE_RECLAIM);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    /* By first fit the last block is on the same list, and is looked at first. */
    EXPECT(test_misuse.at.v == hole.v || test_policy == HEAP_FIRST_FIT);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(a_damaged_link_to_the_edge_of_mapped_memory_does_not_fault)
{
    row_up(false, true);
    uint32_t links[] = {next.v, next.v + 4u};
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t word = test_word(links[i]);
        for (uint32_t back = 0; back < 32; back += 4) {
            test_poke(links[i], test_field(HEAP_END) - back);
            if (test_word(links[i]) != word)
                expect_one_report(CALL_KFREE, block);
        }
        test_poke(links[i], word);
    }
}

/* Makes every list that is not empty begin at `at`. */
static void heads_poke(uint32_t at)
{
    uint32_t first = test_policy == HEAP_BINS ? BINS_HEADS : FIRST_FIT_HEAD;
    uint32_t end = test_policy == HEAP_BINS ? BINS_END : FIRST_FIT_HEAD + 4u;
    for (uint32_t field = first; field < end; field += 4)
        if (test_field(field) != 0)
            test_poke(TEST_START.v + field, at);
}

/* Has a hole of unmapped pages in a free block, and returns the block behind that. */
static vaddr_t hole_up(vaddr_t *hole)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    *hole = test_alloc(20u * PAGE_SIZE);
    vaddr_t behind = test_alloc(5u * PAGE_SIZE);
    kfree(&test_heap, *hole);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    return behind;
}

static void expect_damaged_head(uint32_t at)
{
    heads_poke(at);
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 40000)));
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    EXPECT_EQUAL(test_misuse.at.v, at + 4u);
}

TEST(a_link_to_a_false_block_before_a_hole_does_not_fault)
{
    vaddr_t hole;
    vaddr_t behind = hole_up(&hole);
    uint32_t at = page_round_up(hole.v) - 4u;
    EXPECT(probe_page(vaddr_of(at + 4u)) == NULL);
    uint32_t size = behind.v + 804u - at;
    uint32_t footer = at + size - 4u;
    test_poke(at, size ^ TEST_KEY ^ at);
    test_poke(footer, size ^ TEST_KEY ^ footer);
    expect_damaged_head(at);
}

TEST(a_head_that_leads_to_the_last_word_of_a_hole_does_not_fault)
{
    vaddr_t hole;
    uint32_t at = page_round_down(hole_up(&hole).v) - 4u;
    EXPECT(probe_page(vaddr_of(page_round_down(at))) == NULL);
    EXPECT(probe_page(vaddr_of(at + 4u)) != NULL);
    expect_damaged_head(at);
}

TEST(a_head_that_leads_out_of_the_heap_does_not_fault)
{
    row_up(false, true);
    uint32_t end = test_field(HEAP_END);
    const uint32_t heads[] = {4u,        0xBFFFFFFCu, TEST_START.v + 4u, next.v - 3u, next.v,
                              end - 12u, end - 4u,    end + 4u,          ~3u};
    for (uint32_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        heads_poke(heads[i]);
        uint64_t before = test_heap_state();
        EXPECT(vaddr_is_null(kmalloc(&test_heap, 120)));
        EXPECT_EQUAL(test_misuse_count, i + 1);
        EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
        EXPECT_EQUAL(test_misuse.at.v, heads[i] + 4u);
        EXPECT_EQUAL(test_heap_state(), before);
    }
}

TEST(freeing_beside_a_damaged_list_writes_nowhere_else)
{
    for (uint32_t i = 0; i < 4; i++) {
        row_up(false, true);
        uint32_t targets[] = {block.v + 4u, previous.v - 4u, next.v - 4u,
                              test_field(HEAP_END) - 4u};
        uint32_t words[] = {test_word(block.v + 8u), test_word(block.v + 12u),
                            test_word(previous.v), test_word(previous.v + 4u)};
        test_poke(next.v, targets[i]);
        kfree(&test_heap, last);
        EXPECT(!test_used(last));
        EXPECT_EQUAL(test_word(block.v + 8u), words[0]);
        EXPECT_EQUAL(test_word(block.v + 12u), words[1]);
        EXPECT_EQUAL(test_word(previous.v), words[2]);
        EXPECT_EQUAL(test_word(previous.v + 4u), words[3]);
    }
}

/* The list's head is looked at before anything is written to it, where first fit walks from it. */
TEST(freeing_with_a_damaged_head_writes_nowhere_else)
{
    row_up(false, true);
    uint32_t target = block.v + 4u;
    uint32_t words[] = {test_word(target + 4u), test_word(target + 8u)};
    heads_poke(target);
    kfree(&test_heap, last);
    EXPECT_EQUAL(test_word(target + 4u), words[0]);
    EXPECT_EQUAL(test_word(target + 8u), words[1]);
}

/* Three free blocks of one size; links of the one in the middle of their list are damaged so that
 * each by itself could be right. */
TEST(links_that_are_wrong_only_for_this_place_in_the_list_are_reported)
{
    for (uint32_t to_itself = 0; to_itself < 2; to_itself++) {
        test_heap_up(TEST_FRAMES, TEST_PAGES);
        vaddr_t row[9];
        for (uint32_t i = 0; i < 9; i++)
            row[i] = test_alloc(48);
        for (uint32_t i = 1; i < 9; i += 3)
            kfree(&test_heap, row[i]);
        uint32_t middle = row[4].v - 4u;
        EXPECT(test_word(middle + 4u) != 0 && test_word(middle + 8u) != 0);
        if (to_itself != 0)
            test_poke(middle + 4u, middle);
        test_poke(middle + 8u, to_itself != 0 ? middle : 0);
        uint64_t before = test_heap_state();
        kfree(&test_heap, row[3]);
        EXPECT_EQUAL(test_misuse_count, 1);
        EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
        EXPECT_EQUAL(test_heap_state(), before);
    }
}

TEST(a_list_that_begins_with_a_used_block_is_reported)
{
    row_up(false, true);
    test_poke(block.v, 0);
    test_poke(block.v + 4u, 0);
    heads_poke(block.v - 4u);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 100)));
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    EXPECT_EQUAL(test_misuse.at.v, block.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

TEST(the_reason_tells_the_neighbours_tags_from_their_links)
{
    for (uint32_t neighbours = 0; neighbours < 2; neighbours++) {
        row_up(neighbours != 0, neighbours != 0);
        for (enum place place = PLACE_NEXT_HEADER; place < PLACE_FREE_NEXT; place++) {
            if (is_merged(place) && neighbours == 0)
                continue;
            damage(place, neighbours == 0 ? 0x44u : 0x40u, CALL_KFREE);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_NEIGHBOUR);
        }
        for (enum place place = PLACE_FREE_NEXT; neighbours != 0 && place < PLACE_COUNT; place++) {
            damage(place, 0x40u, CALL_KFREE);
            EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
        }
    }
}

TEST(a_report_shows_the_words_around_the_block)
{
    row_up(false, false);
    uint32_t footer_at = block.v + test_size(block) - 8u;
    test_poke(footer_at, 0x12345678u);
    kfree(&test_heap, block);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_TAGS_DISAGREE);
    EXPECT_EQUAL(test_misuse.header, test_word(block.v - 4u));
    EXPECT_EQUAL(test_misuse.footer, 0x12345678u);
    EXPECT_EQUAL(test_misuse.previous_footer, test_word(block.v - 8u));
    EXPECT_EQUAL(test_misuse.next_header, test_word(next.v - 4u));
    kfree(&test_heap, vaddr_of(16));
    EXPECT_EQUAL(test_misuse.header, 0);
    EXPECT_EQUAL(test_misuse.next_header, 0);
}

TEST(every_reason_and_call_has_a_text_of_its_own)
{
    for (enum misuse_reason a = 0; a <= MISUSE_DAMAGED_LINK; a++)
        EXPECT(misuse_reason_text(a) != NULL && misuse_reason_text(a)[0] != '\0');
    for (enum misuse_call a = 0; a <= MISUSE_STATS; a++)
        EXPECT(misuse_call_text(a) != NULL && misuse_call_text(a)[0] != '\0');
    for (enum misuse_reason a = 0; a <= MISUSE_DAMAGED_LINK; a++)
        for (enum misuse_reason b = 0; b < a; b++)
            EXPECT(misuse_reason_text(a) != misuse_reason_text(b));
    for (enum misuse_call a = 0; a <= MISUSE_STATS; a++)
        for (enum misuse_call b = 0; b < a; b++)
            EXPECT(misuse_call_text(a) != misuse_call_text(b));
    EXPECT(misuse_reason_text((enum misuse_reason)99)[0] == 'u');
    EXPECT(misuse_call_text((enum misuse_call)99)[0] == 'u');
}

/* A free block whose links lead to itself, at the head of its list, must not be gone round for
 * ever. */
TEST(a_list_that_leads_back_into_itself_is_reported)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(5000);
    (void)test_alloc(8);
    kfree(&test_heap, at);
    test_poke(at.v, at.v - 4u);
    test_poke(at.v + 4u, at.v - 4u);
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 5000)));
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    (void)heap_reclaim(&test_heap, 1000);
    EXPECT_EQUAL(test_misuse_count, 2);
    struct heap_stats stats;
    heap_stats(&test_heap, &stats);
    EXPECT_EQUAL(test_misuse_count, 3);
}

int main(void)
{
    RUN_BOTH(a_second_free_is_reported);
    RUN_BOTH(a_misaligned_pointer_is_reported);
    RUN_BOTH(a_pointer_outside_the_extent_is_reported);
    RUN_BOTH(the_inside_of_a_block_is_reported);
    RUN_BOTH(a_pointer_that_was_merged_away_is_reported);
    RUN_BOTH(a_pointer_into_pages_that_were_given_back_is_reported);
    RUN_BOTH(a_copied_tag_is_no_tag_elsewhere);
    RUN_BOTH(every_flip_of_a_bit_is_reported_and_changes_nothing);
    RUN_BOTH(every_flip_of_two_bits_is_reported_and_changes_nothing);
    RUN_BOTH(tags_that_agree_but_no_block_can_have_are_reported);
    RUN_BOTH(flips_among_blocks_of_one_size_are_reported);
    RUN_BOTH(the_tags_at_both_ends_of_the_extent_are_verified);
    RUN_BOTH(kmalloc_reports_a_damaged_free_block);
    RUN_BOTH(kmalloc_reports_a_damaged_second_block);
    RUN_BOTH(kmalloc_reports_a_damaged_end);
    RUN_BOTH(kmalloc_reports_a_damaged_last_block);
    RUN_BOTH(reclaim_reports_a_damaged_end);
    RUN_BOTH(reclaim_reports_a_damaged_free_block);
    RUN_BOTH(a_damaged_link_to_the_edge_of_mapped_memory_does_not_fault);
    RUN_BOTH(a_link_to_a_false_block_before_a_hole_does_not_fault);
    RUN_BOTH(a_head_that_leads_to_the_last_word_of_a_hole_does_not_fault);
    RUN_BOTH(a_head_that_leads_out_of_the_heap_does_not_fault);
    RUN_BOTH(freeing_beside_a_damaged_list_writes_nowhere_else);
    RUN_BOTH(a_list_that_begins_with_a_used_block_is_reported);
    RUN_BOTH(the_reason_tells_the_neighbours_tags_from_their_links);
    RUN_BOTH(a_report_shows_the_words_around_the_block);
    RUN_BOTH(every_reason_and_call_has_a_text_of_its_own);
    RUN_BOTH(a_list_that_leads_back_into_itself_is_reported);
    RUN_BOTH(links_that_are_wrong_only_for_this_place_in_the_list_are_reported);
    test_policy = HEAP_FIRST_FIT;
    RUN(freeing_with_a_damaged_head_writes_nowhere_else);
    return 0;
}
