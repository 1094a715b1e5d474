#include "mmu_x86/frames.h"

#include "mmu_x86/machine.h"

#define WORD_BITS 32u

static uint32_t words_for(uint32_t bit_count)
{
    return (bit_count + WORD_BITS - 1u) / WORD_BITS;
}

/* Where the three bitmaps of `frames` lie, for `count` frames covered. */
struct bitmaps {
    vaddr_t summary;
    vaddr_t free;
    vaddr_t managed;
    uint32_t word_count;
};

static struct bitmaps bitmaps_of(vaddr_t frames, uint32_t count)
{
    uint32_t word_count = words_for(count);
    vaddr_t summary = vaddr_add(frames, FRAMES_BITS);
    vaddr_t free = vaddr_add(summary, 4u * words_for(word_count));
    return (struct bitmaps){
        .summary = summary,
        .free = free,
        .managed = vaddr_add(free, 4u * word_count),
        .word_count = word_count,
    };
}

static uint32_t field_load(vaddr_t frames, uint32_t field)
{
    return machine_load(vaddr_add(frames, field));
}

static void field_store(vaddr_t frames, uint32_t field, uint32_t value)
{
    machine_store(vaddr_add(frames, field), value);
}

static vaddr_t word_at(vaddr_t bitmap, uint32_t word)
{
    return vaddr_add(bitmap, 4u * word);
}

static uint32_t bit_of(uint32_t bit)
{
    return 1u << (bit % WORD_BITS);
}

static uint32_t bits_set(uint32_t word)
{
    uint32_t count = 0;
    for (; word != 0; word &= word - 1u)
        count++;
    return count;
}

uint32_t frames_size_bytes(uint32_t frame_count)
{
    uint32_t word_count = words_for(frame_count);
    return FRAMES_BITS + 4u * (words_for(word_count) + 2u * word_count);
}

/* The end of a range, clipped to what 32-bit physical addresses can name. */
static uint32_t range_end(const struct frame_range *range)
{
    if (range->first.n >= FRAME_COUNT_MAX)
        return FRAME_COUNT_MAX;
    uint32_t room = FRAME_COUNT_MAX - range->first.n;
    return range->first.n + (range->count < room ? range->count : room);
}

/* Sets or clears the bits [first, end) of a bitmap, a word at a time. */
static void bits_write(vaddr_t bitmap, uint32_t first, uint32_t end, bool set)
{
    while (first < end) {
        uint32_t low = first % WORD_BITS;
        uint32_t room = WORD_BITS - low;
        uint32_t run = end - first < room ? end - first : room;
        uint32_t mask = (run == WORD_BITS ? ~0u : (1u << run) - 1u) << low;
        vaddr_t at = word_at(bitmap, first / WORD_BITS);
        uint32_t word = machine_load(at);
        machine_store(at, set ? word | mask : word & ~mask);
        first += run;
    }
}

enum frames_result frames_init(vaddr_t frames, uint32_t size_bytes, const struct memory_map *map)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->usable_count; i++) {
        /* A range that is empty, or lies wholly beyond 4 GiB, must not cost room. */
        uint32_t end = range_end(&map->usable[i]);
        if (map->usable[i].first.n < end && end > count)
            count = end;
    }
    if (frames_size_bytes(count) > size_bytes)
        return FRAMES_NO_ROOM;

    machine_fill(frames, 0, frames_size_bytes(count));
    struct bitmaps bitmaps = bitmaps_of(frames, count);
    for (uint32_t i = 0; i < map->usable_count; i++) {
        const struct frame_range *range = &map->usable[i];
        bits_write(bitmaps.free, range->first.n, range_end(range), true);
    }
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        const struct frame_range *range = &map->reserved[i];
        uint32_t end = range_end(range) < count ? range_end(range) : count;
        bits_write(bitmaps.free, range->first.n, end, false);
    }

    uint32_t managed = 0;
    for (uint32_t w = 0; w < bitmaps.word_count; w++) {
        uint32_t word = machine_load(word_at(bitmaps.free, w));
        if (word == 0)
            continue;
        machine_store(word_at(bitmaps.managed, w), word);
        bits_write(bitmaps.summary, w, w + 1u, true);
        managed += bits_set(word);
    }
    field_store(frames, FRAMES_COUNT, count);
    field_store(frames, FRAMES_MANAGED, managed);
    field_store(frames, FRAMES_FREE, managed);
    return FRAMES_OK;
}

static enum frames_result take_refused(vaddr_t frames)
{
    field_store(frames, FRAMES_REFUSED, field_load(frames, FRAMES_REFUSED) + 1u);
    return FRAMES_NONE_FREE;
}

enum frames_result frames_take(vaddr_t frames, frame_t *taken)
{
    uint32_t free_count = field_load(frames, FRAMES_FREE);
    if (!machine_frame_granted() || free_count == 0)
        return take_refused(frames);

    struct bitmaps bitmaps = bitmaps_of(frames, field_load(frames, FRAMES_COUNT));
    uint32_t hint = field_load(frames, FRAMES_HINT);
    uint32_t s = hint;
    uint32_t summary = machine_load(word_at(bitmaps.summary, s));
    while (summary == 0) /* ends: a frame is free, and F2 says that its summary bit is set */
        summary = machine_load(word_at(bitmaps.summary, ++s));

    uint32_t w = s * WORD_BITS + (uint32_t)__builtin_ctz(summary);
    uint32_t word = machine_load(word_at(bitmaps.free, w));
    uint32_t left = word & (word - 1u);
    machine_store(word_at(bitmaps.free, w), left);
    if (left == 0)
        machine_store(word_at(bitmaps.summary, s), summary & ~bit_of(w));
    if (s != hint)
        field_store(frames, FRAMES_HINT, s);
    field_store(frames, FRAMES_FREE, free_count - 1u);
    *taken = (frame_t){w * WORD_BITS + (uint32_t)__builtin_ctz(word)};
    return FRAMES_OK;
}

enum frames_result frames_give_back(vaddr_t frames, frame_t frame)
{
    uint32_t count = field_load(frames, FRAMES_COUNT);
    if (frame.n >= count)
        return FRAMES_NOT_MANAGED;
    struct bitmaps bitmaps = bitmaps_of(frames, count);
    uint32_t w = frame.n / WORD_BITS;
    if ((machine_load(word_at(bitmaps.managed, w)) & bit_of(frame.n)) == 0)
        return FRAMES_NOT_MANAGED;
    uint32_t word = machine_load(word_at(bitmaps.free, w));
    if ((word & bit_of(frame.n)) != 0)
        return FRAMES_NOT_TAKEN;

    machine_store(word_at(bitmaps.free, w), word | bit_of(frame.n));
    uint32_t s = w / WORD_BITS;
    if (word == 0)
        bits_write(bitmaps.summary, w, w + 1u, true);
    if (s < field_load(frames, FRAMES_HINT))
        field_store(frames, FRAMES_HINT, s);
    field_store(frames, FRAMES_FREE, field_load(frames, FRAMES_FREE) + 1u);
    return FRAMES_OK;
}

uint32_t frames_free(vaddr_t frames)
{
    return field_load(frames, FRAMES_FREE);
}
