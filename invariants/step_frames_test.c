/* Rules F1 to F5 in a step, each broken by what the core writes: where a bit changes the counters
 * change with it. */
#include "ci/unit.h"
#include "invariants/test_step.h"
#include "mmu_x86/paging.h"

/* The words of the three bitmaps, by the layout in mmu_x86/frames.h. */
static uint32_t summary_at(uint32_t frame)
{
    return test_boot.frames_at.v + FRAMES_BITS + frame / (SCENE_WORD_BITS * SCENE_WORD_BITS) * 4u;
}

static uint32_t free_at(uint32_t frame)
{
    uint32_t summary_words = scene_words(scene_words(test_scene.frame_count));
    return test_boot.frames_at.v + FRAMES_BITS + 4u * summary_words + frame / SCENE_WORD_BITS * 4u;
}

static uint32_t managed_at(uint32_t frame)
{
    return free_at(frame) + 4u * scene_words(test_scene.frame_count);
}

static uint32_t bit_of(uint32_t frame)
{
    return 1u << frame % SCENE_WORD_BITS;
}

static uint32_t field_at(uint32_t field)
{
    return test_boot.frames_at.v + field;
}

static void add(uint32_t at, uint32_t change)
{
    test_store(at, test_word(at) + change);
}

/* The reserved run and the hole among the frames, which the bitmap covers but does not manage. */
static uint32_t reserved_frame(void)
{
    return test_boot.reserved[1].first.n + 1u;
}

static uint32_t hole_frame(void)
{
    return test_boot.usable[1].first.n - 1u;
}

/* A frame that is free, in a word with others that are. */
static uint32_t free_frame(void)
{
    uint32_t frame = test_scene.frame_count - 2u;
    EXPECT(test_word(free_at(frame)) & bit_of(frame));
    EXPECT((test_word(free_at(frame)) & ~bit_of(frame)) != 0);
    return frame;
}

/* Flips a free bit with all that follows from it. */
static void free_flip(uint32_t frame)
{
    uint32_t free = test_word(free_at(frame)) ^ bit_of(frame);
    uint32_t summary_bit = 1u << frame / SCENE_WORD_BITS % SCENE_WORD_BITS;
    uint32_t summary = test_word(summary_at(frame));
    add(field_at(FRAMES_FREE), (free & bit_of(frame)) != 0 ? 1u : 0u - 1u);
    test_store(free_at(frame), free);
    test_store(summary_at(frame), free != 0 ? summary | summary_bit : summary & ~summary_bit);
}

static void expect_free_flip_broken(uint32_t frame, enum rule rule)
{
    free_flip(frame);
    test_step_expect_broken(rule);
}

TEST(F1_free_frame_that_is_not_managed_is_reported)
{
    test_step_up();
    EXPECT(test_scene.frame_count % SCENE_WORD_BITS != 0);
    const uint32_t frames[] = {reserved_frame(), hole_frame(), 0, test_scene.frame_count};
    for (uint32_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        expect_free_flip_broken(frames[i], RULE_F1);
}

TEST(F2_summary_that_differs_is_reported)
{
    test_step_up();
    uint32_t summary = test_word(summary_at(0));
    for (uint32_t w = 0; w < scene_words(test_scene.frame_count); w++)
        test_step_expect_store(summary_at(0), summary ^ 1u << w, RULE_F2);
}

/* The last free frame of a word is taken, and the summary not told. */
TEST(F2_summary_bit_that_is_left_is_reported)
{
    test_step_up();
    uint32_t at = free_at(0);
    EXPECT_EQUAL(test_word(at), 0);
    free_flip(test_held[0].n); /* the first of a word with no free frame */
    add(field_at(FRAMES_FREE), 0u - 1u);
    test_store(free_at(test_held[0].n), 0);
    test_step_expect_broken(RULE_F2);
}

TEST(F2_hint_beyond_a_free_frame_is_reported)
{
    test_step_up();
    EXPECT_EQUAL(test_mirror->hint, 0);
    test_step_expect_store(field_at(FRAMES_HINT), 1, RULE_F2);
    test_step_expect_store(field_at(FRAMES_HINT), ~0u, RULE_F2);
}

TEST(F3_counters_that_differ_from_the_bits_are_reported)
{
    test_step_up();
    const uint32_t fields[] = {FRAMES_COUNT, FRAMES_MANAGED, FRAMES_FREE};
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint32_t at = field_at(fields[i]);
        test_step_expect_store(at, test_word(at) + 1u, RULE_F3);
        EXPECT_EQUAL(test_violation.at, at);
        test_step_expect_store(at, test_word(at) - 1u, RULE_F3);
    }
}

TEST(F4_frame_that_is_taken_but_not_in_use_is_reported)
{
    test_step_up();
    frame_t lost;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &lost), FRAMES_OK);
    test_step_expect_broken(RULE_F4);
    EXPECT_EQUAL(test_violation.at, lost.n);
    expect_free_flip_broken(free_frame(), RULE_F4);
    EXPECT_EQUAL(test_violation.at, free_frame());
}

TEST(F4_frame_that_is_in_use_but_free_is_reported)
{
    test_step_up();
    const uint32_t frames[] = {
        entry_frame(test_word(test_entry_at(TEST_START.v))).n,
        entry_frame(test_word(test_entry_at(DEVICE_WINDOW_AT + TEST_DEVICE_FIRST * PAGE_SIZE))).n,
        entry_frame(test_word(DIRECTORY_AT + 4u * directory_slot(TEST_START))).n,
        entry_frame(test_word(DIRECTORY_AT + 4u * PROBE_SLOT_DEVICE)).n,
        test_held[0].n,
        test_held[TEST_HELD - 1u].n,
    };
    for (uint32_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        expect_free_flip_broken(frames[i], RULE_F4);
        EXPECT_EQUAL(test_violation.at, frames[i]);
    }
}

/* No bit is written: a page goes, and its frame stays taken. */
TEST(F4_frame_of_a_page_that_has_gone_is_reported)
{
    test_step_up();
    vaddr_t page = vaddr_of(DEVICE_WINDOW_AT + TEST_DEVICE_FIRST * PAGE_SIZE);
    frame_t frame;
    test_device_unmap(TEST_DEVICE_FIRST);
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_F4);
    test_expect_broken(RULE_F4);
    EXPECT(probe_page(page) == NULL);
}

static void expect_mapping_broken(uint32_t frame)
{
    uint32_t page = page_round_up(test_blocks.large.v + PAGE_SIZE);
    uint32_t entry = test_word(test_entry_at(page));
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(entry)), FRAMES_OK);
    test_store_entry(page, entry_of((frame_t){frame}, entry & ENTRY_FLAGS));
    machine_flush_page(vaddr_of(page));
    test_step_expect_broken(RULE_F4);
}

TEST(F4_mapped_frame_that_is_not_managed_is_reported)
{
    test_step_up();
    const uint32_t frames[] = {reserved_frame(), hole_frame(), 0, test_scene.frame_count,
                               FRAME_COUNT_MAX - 1u};
    for (uint32_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        expect_mapping_broken(frames[i]);
}

/* A step knows boot's own pages, so to it they are mapped twice. */
TEST(F4_mapped_frame_of_boots_is_reported)
{
    test_step_up();
    const uint32_t frames[] = {machine_root().n,
                               entry_frame(test_word(test_entry_at(test_boot.frames_at.v))).n};
    for (uint32_t i = 0; i < 2u; i++) {
        uint32_t page = page_round_up(test_header(test_blocks.hole) + PAGE_SIZE);
        test_store_entry(page, entry_of((frame_t){frames[i]}, ENTRY_PRESENT | ENTRY_WRITABLE));
        heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
        heap_raise(&test_heap, HEAP_PEAK_PAGES, test_field(HEAP_MAPPED_PAGES));
        test_step_expect_differ(RULE_P2, RULE_F4);
        EXPECT_EQUAL(test_violation.at, page);
    }
}

/* A managed bit changes together with the free bit and both counters, so that F1, F3 and F4 hold.
 */
static void expect_managed_flip_broken(uint32_t frame)
{
    uint32_t change = (test_word(managed_at(frame)) & bit_of(frame)) != 0 ? 0u - 1u : 1u;
    add(field_at(FRAMES_MANAGED), change);
    test_store(managed_at(frame), test_word(managed_at(frame)) ^ bit_of(frame));
    free_flip(frame);
    test_step_expect_broken(RULE_F5);
}

TEST(F5_managed_frames_that_differ_from_the_memory_map_are_reported)
{
    test_step_up();
    expect_managed_flip_broken(reserved_frame());
    expect_managed_flip_broken(hole_frame());
    expect_managed_flip_broken(test_scene.frame_count);
    expect_managed_flip_broken(free_frame());
}

TEST(what_is_taken_and_given_back_is_no_damage)
{
    test_step_up();
    frame_t frame;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, frame), FRAMES_OK);
    test_step_expect_whole();
    test_store(field_at(FRAMES_FREE), test_word(field_at(FRAMES_FREE)));
    test_store(field_at(FRAMES_REFUSED), 77);
    test_step_expect_whole();
}

/* Another user's frames come and go in the scene; a step is told which. */
TEST(a_frame_that_another_user_gets_or_leaves_is_looked_at)
{
    static uint32_t held[FRAME_COUNT_MAX / SCENE_WORD_BITS];
    test_step_up();
    for (uint32_t w = 0; w < scene_words(test_scene.frame_count); w++)
        held[w] = test_scene.held[w];
    test_scene.held = held;
    uint32_t frame = test_held[3].n;
    held[frame / SCENE_WORD_BITS] &= ~bit_of(frame);
    EXPECT(test_step()); /* not told */
    mirror_frame_changed(test_mirror, (frame_t){frame});
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_F4);
    EXPECT_EQUAL(test_violation.at, frame);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, (frame_t){frame}), FRAMES_OK);
    mirror_take(test_mirror, &test_scene);
    test_step_begin();
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &test_held[3]), FRAMES_OK);
    held[test_held[3].n / SCENE_WORD_BITS] |= bit_of(test_held[3].n);
    test_step_expect_whole();
}

int main(void)
{
    RUN(F1_free_frame_that_is_not_managed_is_reported);
    RUN(F2_summary_that_differs_is_reported);
    RUN(F2_summary_bit_that_is_left_is_reported);
    RUN(F2_hint_beyond_a_free_frame_is_reported);
    RUN(F3_counters_that_differ_from_the_bits_are_reported);
    RUN(F4_frame_that_is_taken_but_not_in_use_is_reported);
    RUN(F4_frame_that_is_in_use_but_free_is_reported);
    RUN(F4_frame_of_a_page_that_has_gone_is_reported);
    RUN(F4_mapped_frame_that_is_not_managed_is_reported);
    RUN(F4_mapped_frame_of_boots_is_reported);
    RUN(F5_managed_frames_that_differ_from_the_memory_map_are_reported);
    RUN(what_is_taken_and_given_back_is_no_damage);
    RUN(a_frame_that_another_user_gets_or_leaves_is_looked_at);
    return 0;
}
