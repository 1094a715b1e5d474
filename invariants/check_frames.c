/* Rules F1 to F5: the frame bitmap, word by word, against the memory map and the frames found in
 * use. */
#include "invariants/check.h"
#include "invariants/eye.h"
#include "invariants/predicates.h"

#include <stddef.h>

/* The bitmap's parts, read from its own layout (mmu_x86/frames.h). */
struct bitmap {
    uint32_t summary_at;
    uint32_t free_at;
    uint32_t managed_at;
    struct eye summary_eye;
    struct eye free_eye;
    struct eye managed_eye;
    uint32_t word_count;
    uint32_t hint;
    struct tally tally; /* of the words that have been looked at */
};

/* Nearly all words are of one kind of bit, and an i386 counts by many instructions. */
static uint32_t bits_count(uint32_t word)
{
    return word == 0 || word == ~0u ? word & SCENE_WORD_BITS : (uint32_t)__builtin_popcount(word);
}

bool rule_F1(uint32_t frame, uint32_t free, uint32_t managed, struct violation *violation)
{
    if ((free & ~managed) == 0)
        return true;
    return violation_set(violation, RULE_F1, frame, managed, free, "free bits from frame");
}

bool rule_F2(uint32_t frame, uint32_t summary_bit, uint32_t free, uint32_t hint,
             struct violation *violation)
{
    if ((summary_bit != 0) != (free != 0))
        return violation_set(violation, RULE_F2, frame, free != 0, summary_bit != 0,
                             "summary bit of the word from frame");
    if (free != 0 && frame / (SCENE_WORD_BITS * SCENE_WORD_BITS) < hint)
        return violation_set(violation, RULE_F2, frame, hint, free, "free below the hint: frame");
    return true;
}

bool rule_F3(const struct scene *scene, const struct tally *tally, uint32_t free_count,
             uint32_t managed_count, struct violation *violation)
{
    if (free_count != tally->free)
        return violation_set(violation, RULE_F3, scene->frames_at.v + FRAMES_FREE, tally->free,
                             free_count, "count of free frames at");
    if (managed_count != tally->managed)
        return violation_set(violation, RULE_F3, scene->frames_at.v + FRAMES_MANAGED,
                             tally->managed, managed_count, "count of managed frames at");
    return true;
}

/* A managed frame is not free exactly if it was found in use; nothing else may be in use. */
static bool rule_F4(const struct scene *scene, uint32_t w, uint32_t free, uint32_t managed,
                    struct violation *violation)
{
    uint32_t taken = managed & ~free;
    uint32_t differ = taken ^ scene->used[w];
    if (differ == 0)
        return true;
    uint32_t bit = (uint32_t)__builtin_ctz(differ);
    uint32_t used = scene->used[w] >> bit & 1u;
    return violation_set(violation, RULE_F4, w * SCENE_WORD_BITS + bit, used, taken >> bit & 1u,
                         used != 0 ? "in use but not taken: frame" : "taken but not in use: frame");
}

bool rule_F5(const struct scene *scene, uint32_t w, uint32_t managed, struct violation *violation)
{
    if (managed == scene->managed[w])
        return true;
    return violation_set(violation, RULE_F5, w * SCENE_WORD_BITS, scene->managed[w], managed,
                         "managed bits from frame");
}

/* Words of `free` and of `managed` from one page each, from number w up to end, and their word of
 * summary. */
struct words {
    const uint32_t *free;
    const uint32_t *managed;
    uint32_t w;
    uint32_t end;
    uint32_t summary; /* its lowest bit is that of word w */
};

/* Counts, and goes on, while all is well with a word, which is one question; what is wrong with it
 * are four. */
CHECK_LOOP static void pass_well(const struct scene *scene, struct bitmap *bitmap,
                                 struct words *words)
{
    bool below_hint = words->w / SCENE_WORD_BITS < bitmap->hint;
    const uint32_t *expected = &scene->managed[words->w];
    const uint32_t *used = &scene->used[words->w];
    uint32_t summary = words->summary;
    uint32_t count = words->end - words->w;
    struct tally tally = {0, 0};
    uint32_t i = 0;
    for (; i < count; i++, summary >>= 1u) {
        uint32_t free = words->free[i];
        uint32_t managed = words->managed[i];
        if (managed != expected[i] || (free & ~managed) != 0 || (managed & ~free) != used[i] ||
            (summary & 1u) != (free != 0) || (free != 0 && below_hint))
            break;
        tally.free += bits_count(free);
        tally.managed += bits_count(managed);
    }
    bitmap->tally.free += tally.free;
    bitmap->tally.managed += tally.managed;
    *words = (struct words){words->free + i, words->managed + i, words->w + i, words->end, summary};
}

/* The rules for the first of the words, in their order. */
static bool check_first(const struct scene *scene, const struct bitmap *bitmap,
                        const struct words *words, struct violation *violation)
{
    uint32_t w = words->w;
    return rule_F5(scene, w, *words->managed, violation) &&
           rule_F1(w * SCENE_WORD_BITS, *words->free, *words->managed, violation) &&
           rule_F2(w * SCENE_WORD_BITS, words->summary & 1u, *words->free, bitmap->hint,
                   violation) &&
           rule_F4(scene, w, *words->free, *words->managed, violation);
}

/* Requires that all of [w, end) lies as struct words says. */
static bool check_words(const struct scene *scene, struct bitmap *bitmap, uint32_t w, uint32_t end,
                        struct violation *violation)
{
    uint32_t summary = 0;
    struct words words = {
        .free = eye_words(&bitmap->free_eye, bitmap->free_at + w * 4u),
        .managed = eye_words(&bitmap->managed_eye, bitmap->managed_at + w * 4u),
        .w = w,
        .end = end,
    };
    if (words.free == NULL || words.managed == NULL ||
        !eye_read(&bitmap->summary_eye, bitmap->summary_at + w / SCENE_WORD_BITS * 4u, &summary))
        return violation_set(violation, RULE_P4, bitmap->free_at + w * 4u, 1, 0,
                             "frame bitmap, not mapped,");
    words.summary = summary >> w % SCENE_WORD_BITS;
    pass_well(scene, bitmap, &words);
    return words.w == end || check_first(scene, bitmap, &words, violation);
}

/* Where the words from w on that check_words takes at once end. */
static uint32_t words_end(const struct bitmap *bitmap, uint32_t w)
{
    uint32_t count = SCENE_WORD_BITS - w % SCENE_WORD_BITS;
    uint32_t free_left = (PAGE_SIZE - ((bitmap->free_at + w * 4u) & PAGE_MASK)) / 4u;
    uint32_t managed_left = (PAGE_SIZE - ((bitmap->managed_at + w * 4u) & PAGE_MASK)) / 4u;
    count = count < free_left ? count : free_left;
    count = count < managed_left ? count : managed_left;
    return w + count < bitmap->word_count ? w + count : bitmap->word_count;
}

/* Frames that another user holds are in use, and mapped nowhere. */
static bool mark_held(const struct scene *scene, struct violation *violation)
{
    uint32_t word_count = scene->held_count != 0 ? scene_words(scene->frame_count) : 0;
    for (uint32_t w = 0; w < word_count; w++) {
        uint32_t both = scene->used[w] & scene->held[w];
        if (both != 0)
            return violation_set(violation, RULE_P2,
                                 w * SCENE_WORD_BITS + (uint32_t)__builtin_ctz(both), 0, 1,
                                 "held by another user and mapped as well: frame");
        scene->used[w] |= scene->held[w];
    }
    return true;
}

bool check_frames(const struct scene *scene, struct violation *violation)
{
    if (!mark_held(scene, violation))
        return false;
    struct eye eye = EYE_OPEN;
    uint32_t field[FRAMES_BITS / 4u];
    for (uint32_t i = 0; i < FRAMES_BITS / 4u; i++)
        if (!eye_read(&eye, scene->frames_at.v + 4u * i, &field[i]))
            return violation_set(violation, RULE_P4, scene->frames_at.v, 1, 0,
                                 "frame bitmap, not mapped,");
    if (field[FRAMES_COUNT / 4u] != scene->frame_count)
        return violation_set(violation, RULE_F3, scene->frames_at.v + FRAMES_COUNT,
                             scene->frame_count, field[FRAMES_COUNT / 4u],
                             "count of frames covered at");
    uint32_t word_count = scene_words(scene->frame_count);
    uint32_t summary_at = scene->frames_at.v + FRAMES_BITS;
    uint32_t free_at = summary_at + scene_words(word_count) * 4u;
    struct bitmap bitmap = {
        .summary_at = summary_at,
        .free_at = free_at,
        .managed_at = free_at + word_count * 4u,
        .summary_eye = eye, /* a small bitmap's parts lie on one page */
        .free_eye = eye,
        .managed_eye = eye,
        .word_count = word_count,
        .hint = field[FRAMES_HINT / 4u],
    };
    for (uint32_t w = 0, end; w < word_count; w = end) {
        end = words_end(&bitmap, w);
        if (!check_words(scene, &bitmap, w, end, violation))
            return false;
    }
    return rule_F3(scene, &bitmap.tally, field[FRAMES_FREE / 4u], field[FRAMES_MANAGED / 4u],
                   violation);
}
