/* Rules F1 to F5, each broken alone: where a bit changes the counters change with it. */
#include "ci/unit.h"
#include "invariants/test_scene.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/paging.h"

/* The words of the three bitmaps, by the layout in mmu_x86/frames.h. */
static uint32_t *summary_word(uint32_t frame)
{
    return test_bitmap(FRAMES_BITS + frame / (SCENE_WORD_BITS * SCENE_WORD_BITS) * 4u);
}

static uint32_t *free_word(uint32_t frame)
{
    uint32_t summary_words = scene_words(scene_words(test_scene.frame_count));
    return test_bitmap(FRAMES_BITS + 4u * summary_words + frame / SCENE_WORD_BITS * 4u);
}

static uint32_t *managed_word(uint32_t frame)
{
    uint32_t words = scene_words(test_scene.frame_count);
    return test_bitmap(FRAMES_BITS + 4u * (scene_words(words) + words + frame / SCENE_WORD_BITS));
}

static uint32_t bit_of(uint32_t frame)
{
    return 1u << frame % SCENE_WORD_BITS;
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

/* A frame that is free, in a word with others that are: the highest ones are never taken here. */
static uint32_t free_frame(void)
{
    uint32_t frame = test_scene.frame_count - 2u;
    EXPECT(*free_word(frame) & bit_of(frame));
    EXPECT((*free_word(frame) & ~bit_of(frame)) != 0);
    return frame;
}

static uint32_t page_frame(uint32_t at)
{
    return entry_frame(*test_entry_of(at)).n;
}

/* Flips a bit of the free bitmap with the count of free frames, and expects the rule. */
static void expect_free_flip_broken(uint32_t frame, enum rule rule)
{
    uint32_t *count = test_bitmap(FRAMES_FREE);
    uint32_t whole = *count;
    *count = (*free_word(frame) & bit_of(frame)) != 0 ? whole - 1u : whole + 1u;
    /* The summary follows where the word becomes or was empty. */
    uint32_t *summary = summary_word(frame);
    uint32_t summary_whole = *summary;
    uint32_t free = *free_word(frame) ^ bit_of(frame);
    uint32_t summary_bit = 1u << frame / SCENE_WORD_BITS % SCENE_WORD_BITS;
    *summary = free != 0 ? summary_whole | summary_bit : summary_whole & ~summary_bit;
    *free_word(frame) = free;
    test_expect_broken(rule);
    *free_word(frame) = free ^ bit_of(frame);
    *summary = summary_whole;
    *count = whole;
    test_expect_whole();
}

TEST(F1_free_frame_that_is_not_managed_is_reported)
{
    test_scene_up();
    expect_free_flip_broken(reserved_frame(), RULE_F1);
    expect_free_flip_broken(hole_frame(), RULE_F1);
    expect_free_flip_broken(0, RULE_F1);
    /* The last word's bits beyond the frames covered. */
    EXPECT(test_scene.frame_count % SCENE_WORD_BITS != 0);
    expect_free_flip_broken(test_scene.frame_count, RULE_F1);
}

TEST(F2_summary_bit_that_is_missing_is_reported)
{
    test_scene_up();
    uint32_t *summary = summary_word(free_frame());
    uint32_t bit = 1u << free_frame() / SCENE_WORD_BITS;
    test_expect_broken_by(summary, *summary & ~bit, RULE_F2);
}

TEST(F2_summary_bit_of_an_empty_word_is_reported)
{
    test_scene_up();
    EXPECT_EQUAL(*free_word(0), 0);
    EXPECT_EQUAL(*summary_word(0) & 1u, 0);
    test_expect_broken_by(summary_word(0), *summary_word(0) | 1u, RULE_F2);
}

TEST(F2_hint_beyond_a_free_frame_is_reported)
{
    test_scene_up();
    uint32_t *hint = test_bitmap(FRAMES_HINT);
    EXPECT_EQUAL(*hint, 0);
    test_expect_broken_by(hint, 1, RULE_F2);
    test_expect_broken_by(hint, ~0u, RULE_F2);
}

TEST(F3_counters_that_differ_from_the_bits_are_reported)
{
    test_scene_up();
    const uint32_t fields[] = {FRAMES_COUNT, FRAMES_MANAGED, FRAMES_FREE};
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint32_t *field = test_bitmap(fields[i]);
        test_expect_broken_by(field, *field + 1u, RULE_F3);
        EXPECT_EQUAL(test_violation.at, test_boot.frames_at.v + fields[i]);
        test_expect_broken_by(field, *field - 1u, RULE_F3);
    }
}

TEST(F4_frame_that_is_taken_but_not_in_use_is_reported)
{
    test_scene_up();
    expect_free_flip_broken(free_frame(), RULE_F4);
    EXPECT_EQUAL(test_violation.at, free_frame());
    /* As a core that loses a frame leaves it. */
    frame_t lost;
    test_core_begin();
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &lost), FRAMES_OK);
    test_expect_broken(RULE_F4);
    EXPECT_EQUAL(test_violation.at, lost.n);
    test_core_undo();
}

TEST(F4_frame_that_is_in_use_but_free_is_reported)
{
    test_scene_up();
    const uint32_t frames[] = {
        page_frame(TEST_START.v),
        page_frame(DEVICE_WINDOW_AT + TEST_DEVICE_FIRST * PAGE_SIZE),
        entry_frame(*test_directory_entry(directory_slot(TEST_START))).n,
        entry_frame(*test_directory_entry(PROBE_SLOT_DEVICE)).n,
        test_held[0].n,
        test_held[TEST_HELD - 1u].n,
    };
    for (uint32_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        expect_free_flip_broken(frames[i], RULE_F4);
        EXPECT_EQUAL(test_violation.at, frames[i]);
    }
}

/* A page gets a frame that is not the core's to map; the frame that it had goes back, and its old
 * translation is flushed. */
static void expect_mapping_broken(uint32_t frame)
{
    vaddr_t page = vaddr_of(page_round_up(test_blocks.large.v + PAGE_SIZE));
    uint32_t *entry = test_entry_of(page.v);
    uint32_t whole = *entry;
    test_core_begin();
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(whole)), FRAMES_OK);
    machine_flush_page(page);
    *entry = entry_of((frame_t){frame}, whole & ENTRY_FLAGS);
    test_expect_broken(RULE_F4);
    *entry = whole;
    test_core_undo();
}

TEST(F4_mapped_frame_that_is_not_managed_is_reported)
{
    test_scene_up();
    expect_mapping_broken(reserved_frame());
    expect_mapping_broken(hole_frame());
    expect_mapping_broken(machine_root().n);
    expect_mapping_broken(0);
}

TEST(F4_mapped_frame_beyond_memory_is_reported)
{
    test_scene_up();
    expect_mapping_broken(test_scene.frame_count);
    expect_mapping_broken(test_scene.frame_count + SCENE_WORD_BITS);
    expect_mapping_broken(FRAME_COUNT_MAX - 1u);
    uint32_t *entry = test_directory_entry(directory_slot(TEST_START));
    uint32_t whole = *entry;
    /* The heap itself cannot be seen without its table, so another one leads astray. */
    test_expect_broken_by(test_directory_entry(900),
                          entry_of((frame_t){test_scene.frame_count}, whole & ENTRY_FLAGS),
                          RULE_F4);
}

/* A managed bit changes together with the free bit and both counters, so that F1, F3 and F4 hold.
 */
static void managed_flip(uint32_t frame)
{
    uint32_t change = (*managed_word(frame) & bit_of(frame)) != 0 ? 0u - 1u : 1u;
    *test_bitmap(FRAMES_MANAGED) += change;
    *test_bitmap(FRAMES_FREE) += change;
    *free_word(frame) ^= bit_of(frame);
    *managed_word(frame) ^= bit_of(frame);
}

static void expect_managed_flip_broken(uint32_t frame)
{
    managed_flip(frame);
    test_expect_broken(RULE_F5);
    managed_flip(frame);
    test_expect_whole();
}

TEST(F5_managed_frame_that_the_memory_map_does_not_give_is_reported)
{
    test_scene_up();
    expect_managed_flip_broken(reserved_frame());
    expect_managed_flip_broken(hole_frame());
    expect_managed_flip_broken(test_scene.frame_count);
}

TEST(F5_frame_of_the_memory_map_that_is_not_managed_is_reported)
{
    test_scene_up();
    expect_managed_flip_broken(free_frame());
}

/* Its page is unmapped and flushed; the bitmap's own entries are boot's. */
TEST(P4_missing_page_of_the_frame_bitmap_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_entry_of(test_boot.frames_at.v);
    machine_flush_page(test_boot.frames_at);
    test_expect_broken_by(entry, 0, RULE_P4);
}

/* Frames whose bitmaps take more than a page each. */
#define MANY_FRAMES 70000u
#define MANY_WORDS (MANY_FRAMES / SCENE_WORD_BITS + 64u)

/* Lets two pages of the bitmap change frames, with what they hold: then the bitmap's pages lie in
 * memory in another order than they are mapped. */
static void pages_swap(uint32_t page)
{
    uint32_t *entries[] = {test_entry_of(page), test_entry_of(page + PAGE_SIZE)};
    uint32_t *words[] = {test_ram(page), test_ram(page + PAGE_SIZE)};
    uint32_t entry = *entries[0];
    *entries[0] = *entries[1];
    *entries[1] = entry;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        uint32_t word = words[0][i];
        words[0][i] = words[1][i];
        words[1][i] = word;
    }
}

/* Every word, whatever page it lies on, and whichever word of summary it has. */
TEST(each_word_of_bitmaps_of_many_pages_is_looked_at)
{
    static uint32_t managed[MANY_WORDS];
    static uint32_t used[MANY_WORDS];
    EXPECT(emulator_power_on(MANY_FRAMES));
    test_boot_up(MANY_FRAMES);
    test_scene = (struct scene){.frames_at = test_boot.frames_at, .managed = managed, .used = used};
    test_scene.frame_count = scene_managed(&test_boot.map, managed);
    uint32_t word_count = scene_words(test_scene.frame_count);
    EXPECT(word_count > PAGE_SIZE / 2u);
    EXPECT(word_count <= MANY_WORDS);
    for (uint32_t page = 0; page + 2u * PAGE_SIZE <= 8u * word_count; page += 2u * PAGE_SIZE)
        pages_swap(test_scene.frames_at.v + page);
    EXPECT(check_frames(&test_scene, &test_violation));
    for (uint32_t w = 0; w < word_count; w++) {
        uint32_t frame = w * SCENE_WORD_BITS;
        *managed_word(frame) ^= bit_of(w);
        EXPECT(!check_frames(&test_scene, &test_violation));
        EXPECT_EQUAL(test_violation.rule, RULE_F5);
        EXPECT_EQUAL(test_violation.at, frame);
        *managed_word(frame) ^= bit_of(w);
        *free_word(frame) ^= bit_of(w);
        EXPECT(!check_frames(&test_scene, &test_violation));
        EXPECT_EQUAL(test_violation.at / SCENE_WORD_BITS, w);
        *free_word(frame) ^= bit_of(w);
        *summary_word(frame) ^= bit_of(w);
        EXPECT(!check_frames(&test_scene, &test_violation));
        EXPECT_EQUAL(test_violation.rule, RULE_F2);
        EXPECT_EQUAL(test_violation.at, frame);
        *summary_word(frame) ^= bit_of(w);
    }
    EXPECT(check_frames(&test_scene, &test_violation));
}

int main(void)
{
    RUN(each_word_of_bitmaps_of_many_pages_is_looked_at); /* first: it powers the machine on */
    RUN(F1_free_frame_that_is_not_managed_is_reported);
    RUN(F2_summary_bit_that_is_missing_is_reported);
    RUN(F2_summary_bit_of_an_empty_word_is_reported);
    RUN(F2_hint_beyond_a_free_frame_is_reported);
    RUN(F3_counters_that_differ_from_the_bits_are_reported);
    RUN(F4_frame_that_is_taken_but_not_in_use_is_reported);
    RUN(F4_frame_that_is_in_use_but_free_is_reported);
    RUN(F4_mapped_frame_that_is_not_managed_is_reported);
    RUN(F4_mapped_frame_beyond_memory_is_reported);
    RUN(F5_managed_frame_that_the_memory_map_does_not_give_is_reported);
    RUN(F5_frame_of_the_memory_map_that_is_not_managed_is_reported);
    RUN(P4_missing_page_of_the_frame_bitmap_is_reported);
    return 0;
}
