/* Rules F1 to F5: the frame bitmap, word by word, against the memory map and the frames found in
 * use. */
#include "invariants/check.h"
#include "invariants/eye.h"
#include "invariants/predicates.h"

/* The bitmap's parts, read from its own layout (mmu_x86/frames.h). */
struct bitmap {
    uint32_t summary_at;
    uint32_t free_at;
    uint32_t managed_at;
    struct eye summary_eye;
    struct eye free_eye;
    struct eye managed_eye;
};

static uint32_t bits_count(uint32_t word)
{
    return (uint32_t)__builtin_popcount(word);
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

static bool check_word(const struct scene *scene, struct bitmap *bitmap, uint32_t hint, uint32_t w,
                       struct tally *tally, struct violation *violation)
{
    uint32_t summary = 0;
    uint32_t free = 0;
    uint32_t managed = 0;
    if (!eye_read(&bitmap->summary_eye, bitmap->summary_at + w / SCENE_WORD_BITS * 4u, &summary) ||
        !eye_read(&bitmap->free_eye, bitmap->free_at + w * 4u, &free) ||
        !eye_read(&bitmap->managed_eye, bitmap->managed_at + w * 4u, &managed))
        return violation_set(violation, RULE_P4, bitmap->free_at + w * 4u, 1, 0,
                             "frame bitmap, not mapped,");
    tally->free += bits_count(free);
    tally->managed += bits_count(managed);
    return rule_F5(scene, w, managed, violation) &&
           rule_F1(w * SCENE_WORD_BITS, free, managed, violation) &&
           rule_F2(w * SCENE_WORD_BITS, summary >> w % SCENE_WORD_BITS & 1u, free, hint,
                   violation) &&
           rule_F4(scene, w, free, managed, violation);
}

/* Frames that another user holds are in use, and mapped nowhere. */
static bool mark_held(const struct scene *scene, struct violation *violation)
{
    for (uint32_t w = 0; w < scene_words(scene->frame_count); w++) {
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
    struct bitmap bitmap = {summary_at, free_at,  free_at + word_count * 4u,
                            EYE_OPEN,   EYE_OPEN, EYE_OPEN};
    struct tally tally = {0, 0};
    for (uint32_t w = 0; w < word_count; w++)
        if (!check_word(scene, &bitmap, field[FRAMES_HINT / 4u], w, &tally, violation))
            return false;
    return rule_F3(scene, &tally, field[FRAMES_FREE / 4u], field[FRAMES_MANAGED / 4u], violation);
}
