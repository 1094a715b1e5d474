#include "mmu_x86/frames.h"

#include "ci/unit.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/paging.h"
#include "mmu_x86/test_boot.h"

/* A place for a bitmap of 4 GiB. */
#define LARGE_AT vaddr_of(0xC0400000u)

/* Makes the bitmap anew over these ranges; at most 4 of each. */
static enum frames_result init_ranges(const struct frame_range *usable, uint32_t usable_count,
                                      const struct frame_range *reserved, uint32_t reserved_count)
{
    struct memory_map map = {usable, usable_count, reserved, reserved_count};
    return frames_init(test_boot.frames_at, test_boot.frames_size_bytes, &map);
}

static void init_first(uint32_t frame_count)
{
    test_boot_up(64);
    struct frame_range usable = {{0}, frame_count};
    EXPECT_EQUAL(init_ranges(&usable, 1, NULL, 0), FRAMES_OK);
}

static uint32_t take(void)
{
    frame_t frame = {~0u};
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    return frame.n;
}

static enum frames_result give_back(uint32_t frame)
{
    return frames_give_back(test_boot.frames_at, (frame_t){frame});
}

static enum frames_result take_result(void)
{
    frame_t frame = {12345};
    enum frames_result result = frames_take(test_boot.frames_at, &frame);
    EXPECT(result == FRAMES_OK || frame.n == 12345u);
    return result;
}

TEST(boot_map_gives_exactly_the_frames_asked_for)
{
    for (uint32_t count = 0; count < 200; count++) {
        test_boot_up(count);
        test_frames_hold();
        EXPECT_EQUAL(frames_free(test_boot.frames_at), count);
    }
}

TEST(holes_and_reserved_ranges_are_not_managed)
{
    test_boot_up(64);
    struct frame_range usable[] = {{{3}, 30}, {{40}, 60}};
    struct frame_range reserved[] = {{{10}, 5}, {{31}, 12}, {{99}, 500}};
    EXPECT_EQUAL(init_ranges(usable, 2, reserved, 3), FRAMES_OK);
    test_frames_hold();
    EXPECT_EQUAL(test_frames_word(FRAMES_COUNT), 100);
    for (uint32_t frame = 0; frame < 120; frame++) {
        bool in = (frame >= 3 && frame < 33) || (frame >= 40 && frame < 100);
        bool out = (frame >= 10 && frame < 15) || (frame >= 31 && frame < 43) || frame >= 99;
        EXPECT_EQUAL(test_frame_managed(frame), in && !out);
    }
}

TEST(ranges_may_overlap_and_come_in_any_order)
{
    test_boot_up(64);
    struct frame_range usable[] = {{{50}, 50}, {{0}, 10}, {{60}, 5}, {{5}, 40}};
    struct frame_range reserved[] = {{{70}, 10}, {{8}, 4}, {{10}, 1}, {{75}, 10}};
    EXPECT_EQUAL(init_ranges(usable, 4, reserved, 4), FRAMES_OK);
    test_frames_hold();
    EXPECT_EQUAL(test_frames_word(FRAMES_MANAGED), 95 - 15 - 4);
}

TEST(empty_ranges_and_no_ranges_manage_nothing)
{
    test_boot_up(64);
    struct frame_range empty[] = {{{7}, 0}, {{0}, 0}, {{FRAME_COUNT_MAX - 1u}, 0}};
    EXPECT_EQUAL(init_ranges(empty, 3, empty, 3), FRAMES_OK);
    test_frames_hold();
    EXPECT_EQUAL(test_frames_word(FRAMES_COUNT), 0);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(init_ranges(NULL, 0, NULL, 0), FRAMES_OK);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(give_back(0), FRAMES_NOT_MANAGED);
}

TEST(usable_memory_beyond_4_gib_costs_no_room)
{
    test_boot_up(64);
    struct frame_range usable[] = {
        {{0}, 10}, {{FRAME_COUNT_MAX}, 100}, {{FRAME_COUNT_MAX + 1u}, 100}, {{~0u}, 1}};
    EXPECT_EQUAL(init_ranges(usable, 4, NULL, 0), FRAMES_OK);
    EXPECT_EQUAL(test_frames_word(FRAMES_COUNT), 10);
    test_frames_hold();
}

TEST(ranges_are_clipped_at_4_gib)
{
    test_boot_up(128);
    uint32_t page_count = page_round_up(frames_size_bytes(FRAME_COUNT_MAX)) / PAGE_SIZE;
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, LARGE_AT, page_count, &change), PAGING_OK);
    struct frame_range usable[] = {{{16}, 16}, {{FRAME_COUNT_MAX - 8u}, ~0u}};
    struct frame_range reserved[] = {{{FRAME_COUNT_MAX - 2u}, ~0u}, {{~0u}, 4}};
    struct memory_map map = {usable, 2, reserved, 2};
    EXPECT_EQUAL(frames_init(LARGE_AT, page_count * PAGE_SIZE, &map), FRAMES_OK);

    test_boot.frames_at = LARGE_AT;
    EXPECT_EQUAL(test_frames_word(FRAMES_COUNT), FRAME_COUNT_MAX);
    test_frames_hold();
    for (uint32_t i = 0; i < 16; i++)
        EXPECT_EQUAL(take(), 16 + i);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_EQUAL(take(), FRAME_COUNT_MAX - 8u + i);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(give_back(20), FRAMES_OK);
    EXPECT_EQUAL(take(), 20);

    /* The way up to the next free frame is gone once. */
    EXPECT_EQUAL(give_back(FRAME_COUNT_MAX - 8u), FRAMES_OK);
    EXPECT_EQUAL(give_back(FRAME_COUNT_MAX - 7u), FRAMES_OK);
    EXPECT_EQUAL(take(), FRAME_COUNT_MAX - 8u);
    uint64_t before = probe_counts().loads;
    EXPECT_EQUAL(take(), FRAME_COUNT_MAX - 7u);
    EXPECT(probe_counts().loads - before < 10u);
}

TEST(too_little_room_is_refused_with_nothing_written)
{
    test_boot_up(64);
    struct frame_range usable = {{0}, 4000};
    struct memory_map map = {&usable, 1, NULL, 0};
    uint64_t before = test_state(0, 0);
    uint32_t needed = frames_size_bytes(4000);
    EXPECT_EQUAL(needed, FRAMES_BITS + 4u * (4u + 2u * 125u));
    EXPECT_EQUAL(frames_init(test_boot.frames_at, needed - 1u, &map), FRAMES_NO_ROOM);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(frames_init(test_boot.frames_at, needed, &map), FRAMES_OK);
}

TEST(init_writes_only_the_bytes_it_asked_for)
{
    test_boot_up(64);
    for (uint32_t count = 1; count < 2100; count += 31) {
        uint32_t behind = test_boot.frames_at.v + frames_size_bytes(count);
        probe_user_store(vaddr_of(behind), 0x12345678u);
        struct frame_range usable = {{0}, count};
        struct frame_range reserved = {{count}, count + 64u};
        EXPECT_EQUAL(init_ranges(&usable, 1, &reserved, 1), FRAMES_OK);
        EXPECT_EQUAL(probe_user_load(vaddr_of(behind)), 0x12345678u);
        test_frames_hold();
    }
}

TEST(take_gives_the_lowest_free_frame)
{
    init_first(100);
    for (uint32_t i = 0; i < 100; i++)
        EXPECT_EQUAL(take(), i);
    EXPECT_EQUAL(give_back(70), FRAMES_OK);
    EXPECT_EQUAL(give_back(3), FRAMES_OK);
    EXPECT_EQUAL(give_back(33), FRAMES_OK);
    test_frames_hold();
    EXPECT_EQUAL(take(), 3);
    EXPECT_EQUAL(take(), 33);
    EXPECT_EQUAL(take(), 70);
}

TEST(the_hint_stays_where_nothing_below_became_free)
{
    init_first(3000);
    for (uint32_t i = 0; i < 1500; i++)
        (void)take();
    EXPECT_EQUAL(test_frames_word(FRAMES_HINT), 1);
    EXPECT_EQUAL(give_back(1030), FRAMES_OK);
    EXPECT_EQUAL(test_frames_word(FRAMES_HINT), 1);
    EXPECT_EQUAL(give_back(1023), FRAMES_OK);
    EXPECT_EQUAL(test_frames_word(FRAMES_HINT), 0);
    test_frames_hold();
}

TEST(exhaustion_is_refused_and_counted)
{
    init_first(40);
    for (uint32_t i = 0; i < 40; i++)
        (void)take();
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(test_frames_word(FRAMES_REFUSED), 2);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(give_back(39), FRAMES_OK);
    EXPECT_EQUAL(take(), 39);
}

TEST(a_frame_cannot_be_given_back_twice)
{
    init_first(40);
    uint32_t frame = take();
    EXPECT_EQUAL(give_back(frame), FRAMES_OK);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(give_back(frame), FRAMES_NOT_TAKEN);
    EXPECT_EQUAL(give_back(39), FRAMES_NOT_TAKEN);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(a_frame_that_is_not_managed_cannot_be_given_back)
{
    test_boot_up(64);
    struct frame_range usable[] = {{{3}, 10}, {{20}, 20}};
    struct frame_range reserved[] = {{{5}, 2}};
    EXPECT_EQUAL(init_ranges(usable, 2, reserved, 1), FRAMES_OK);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(give_back(0), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(give_back(6), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(give_back(15), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(give_back(40), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(give_back(FRAME_COUNT_MAX), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(give_back(~0u), FRAMES_NOT_MANAGED);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(summary_hint_and_counters_hold_through_any_order)
{
    init_first(3000);
    uint32_t random = 1;
    static bool taken[3000];
    for (uint32_t step = 0; step < 20000; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t frame = (random >> 8) % 3000u;
        if ((random & 128u) != 0 && frames_free(test_boot.frames_at) != 0) {
            uint32_t got = take();
            EXPECT(!taken[got]);
            for (uint32_t below = 0; below < got; below++)
                EXPECT(taken[below]);
            taken[got] = true;
        } else {
            EXPECT_EQUAL(give_back(frame), taken[frame] ? FRAMES_OK : FRAMES_NOT_TAKEN);
            taken[frame] = false;
        }
        if (step % 500u == 0)
            test_frames_hold();
    }
    test_frames_hold();
}

TEST(the_kth_request_is_refused_once)
{
    init_first(40);
    injection.refuse_countdown = 3;
    EXPECT_EQUAL(take(), 0);
    EXPECT_EQUAL(take(), 1);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(take(), 2);
    EXPECT_EQUAL(injection.frames_refused, 1);
    EXPECT_EQUAL(injection.frame_requests, 4);
}

TEST(all_requests_from_the_kth_on_are_refused)
{
    init_first(40);
    injection.refuse_countdown = 2;
    injection.refuse_all_after = true;
    EXPECT_EQUAL(take(), 0);
    for (uint32_t i = 0; i < 5; i++)
        EXPECT_EQUAL(take_result(), FRAMES_NONE_FREE);
    EXPECT_EQUAL(injection.frames_refused, 5);
    EXPECT_EQUAL(test_frames_word(FRAMES_REFUSED), 5);
}

int main(void)
{
    RUN(boot_map_gives_exactly_the_frames_asked_for);
    RUN(holes_and_reserved_ranges_are_not_managed);
    RUN(ranges_may_overlap_and_come_in_any_order);
    RUN(empty_ranges_and_no_ranges_manage_nothing);
    RUN(usable_memory_beyond_4_gib_costs_no_room);
    RUN(ranges_are_clipped_at_4_gib);
    RUN(too_little_room_is_refused_with_nothing_written);
    RUN(init_writes_only_the_bytes_it_asked_for);
    RUN(take_gives_the_lowest_free_frame);
    RUN(the_hint_stays_where_nothing_below_became_free);
    RUN(exhaustion_is_refused_and_counted);
    RUN(a_frame_cannot_be_given_back_twice);
    RUN(a_frame_that_is_not_managed_cannot_be_given_back);
    RUN(summary_hint_and_counters_hold_through_any_order);
    RUN(the_kth_request_is_refused_once);
    RUN(all_requests_from_the_kth_on_are_refused);
    return 0;
}
