/* Rules F1 to F5 in a step: the words of the frame bitmap that were written, and the frames whose
 * use has changed. */
#include "invariants/eye.h"
#include "invariants/predicates.h"
#include "invariants/step.h"

/* The bitmap's words, counted from its start (mmu_x86/frames.h). */
struct layout {
    uint32_t summary;
    uint32_t free;
    uint32_t managed;
    uint32_t word_count;
    uint32_t at;
    struct eye eye;
};

static struct layout layout_of(const struct scene *scene)
{
    uint32_t word_count = scene_words(scene->frame_count);
    uint32_t summary = FRAMES_BITS / 4u;
    uint32_t free = summary + scene_words(word_count);
    return (struct layout){summary, free, free + word_count, word_count, scene->frames_at.v,
                           EYE_OPEN};
}

/* A word of the bitmap, which lies where boot has mapped it. */
static uint32_t read_word(struct layout *layout, uint32_t index)
{
    uint32_t word = 0;
    (void)eye_read(&layout->eye, layout->at + 4u * index, &word);
    return word;
}

/* A word of free bits: what has changed in it is looked at frame by frame. */
static bool free_word(struct mirror *mirror, const struct scene *scene, uint32_t w, uint32_t free,
                      struct violation *violation)
{
    uint32_t changed = free ^ mirror->free_words[w];
    mirror->free_frames += (uint32_t)__builtin_popcount(free);
    mirror->free_frames -= (uint32_t)__builtin_popcount(mirror->free_words[w]);
    mirror->free_words[w] = free;
    for (; changed != 0; changed &= changed - 1u)
        mirror_push(mirror, &mirror->frames,
                    w * SCENE_WORD_BITS + (uint32_t)__builtin_ctz(changed));
    return rule_F1(w * SCENE_WORD_BITS, free, scene->managed[w], violation);
}

/* Rule F2 for a word of free bits and its bit of the summary. */
static bool rule_F2_word(const struct mirror *mirror, struct layout *layout, uint32_t w,
                         struct violation *violation)
{
    uint32_t summary = read_word(layout, layout->summary + w / SCENE_WORD_BITS);
    return rule_F2(w * SCENE_WORD_BITS, summary >> w % SCENE_WORD_BITS & 1u, mirror->free_words[w],
                   mirror->hint, violation);
}

/* Rule F2 for a hint that has been raised: nothing is free in what it passes over. */
static bool rule_F2_hint(struct mirror *mirror, struct layout *layout, struct violation *violation)
{
    uint32_t old = mirror->hint;
    mirror->hint = read_word(layout, FRAMES_HINT / 4u);
    for (uint32_t s = old; s < mirror->hint && s < scene_words(layout->word_count); s++)
        for (uint32_t w = s * SCENE_WORD_BITS;
             w < (s + 1u) * SCENE_WORD_BITS && w < layout->word_count; w++)
            if (!rule_F2_word(mirror, layout, w, violation))
                return false;
    return true;
}

/* Rule F4 for one frame: taken exactly if it is in use. */
static bool rule_F4_frame(const struct mirror *mirror, const struct scene *scene, uint32_t frame,
                          struct violation *violation)
{
    if (frame >= scene->frame_count)
        return true;
    uint32_t w = frame / SCENE_WORD_BITS;
    uint32_t bit = 1u << frame % SCENE_WORD_BITS;
    bool held = (scene->held[w] & bit) != 0;
    bool mapped = mirror->users[frame] != 0;
    if (held && mapped)
        return violation_set(violation, RULE_P2, frame, 0, 1,
                             "held by another user and mapped as well: frame");
    bool taken = (scene->managed[w] & ~mirror->free_words[w] & bit) != 0;
    if (taken == (held || mapped))
        return true;
    return violation_set(violation, RULE_F4, frame, held || mapped, taken,
                         taken ? "taken but not in use: frame" : "in use but not taken: frame");
}

bool step_frames(struct mirror *mirror, const struct scene *scene, struct violation *violation)
{
    struct layout layout = layout_of(scene);
    const struct mirror_work *words = &mirror->words;
    for (uint32_t i = 0; i < words->count; i++) {
        uint32_t index = words->items[i];
        uint32_t word = read_word(&layout, index);
        if (index >= layout.managed) {
            if (!rule_F5(scene, index - layout.managed, word, violation))
                return false;
        } else if (index >= layout.free &&
                   !free_word(mirror, scene, index - layout.free, word, violation)) {
            return false;
        }
    }
    if (words->count != 0 && !rule_F2_hint(mirror, &layout, violation))
        return false;
    for (uint32_t i = 0; i < words->count; i++) {
        uint32_t index = words->items[i];
        uint32_t first =
            index < layout.free ? (index - layout.summary) * SCENE_WORD_BITS : index - layout.free;
        uint32_t count = index < layout.free ? SCENE_WORD_BITS : 1u;
        if (index < layout.summary || index >= layout.managed)
            continue;
        for (uint32_t w = first; w < first + count && w < layout.word_count; w++)
            if (!rule_F2_word(mirror, &layout, w, violation))
                return false;
    }
    for (uint32_t i = 0; i < mirror->frames.count; i++)
        if (!rule_F4_frame(mirror, scene, mirror->frames.items[i], violation))
            return false;
    if (words->count == 0)
        return true;
    struct tally tally = {mirror->free_frames, mirror->managed_frames};
    uint32_t covered = read_word(&layout, FRAMES_COUNT / 4u);
    if (covered != scene->frame_count)
        return violation_set(violation, RULE_F3, scene->frames_at.v + FRAMES_COUNT,
                             scene->frame_count, covered, "count of frames covered at");
    return rule_F3(scene, &tally, read_word(&layout, FRAMES_FREE / 4u),
                   read_word(&layout, FRAMES_MANAGED / 4u), violation);
}
