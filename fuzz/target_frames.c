/* Frames alone under the fuzzer, against a model of two sets: managed and free.
 *
 * An input is a memory map, the room that the bitmap is given, and operations on it:
 *
 *   usable count, reserved count (one byte), each range: first (2 bytes), count (1 byte)
 *   room (2 bytes)
 *   operations: one byte; give-back has 2 more for the frame, refusal one more for k */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target_property.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/frames.h"
#include "mmu_x86/injection.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RANGES_MAX 4u
#define MODEL_FRAMES 4096u
#define RAM_GARBAGE 0xA5A5A5A5u

PROPERTY(frames, init, "the bitmap is made exactly if it has room")
PROPERTY(frames, bounds, "init writes only the room that it needs")
PROPERTY(frames, take_result, "a frame is refused only if none is free or injection says so")
PROPERTY(frames, take_lowest, "the lowest free frame is taken")
PROPERTY(frames, take_untouched, "a refusal names no frame")
PROPERTY(frames, give_back, "give back answers as the frame's state says")
PROPERTY(frames, counters, "the counters equal the model's")
PROPERTY(frames, free_bits, "free bits equal the model's")
PROPERTY(frames, managed_bits, "managed bits equal the memory map")
PROPERTY(frames, summary, "a summary bit is set exactly where a word is not zero")
PROPERTY(frames, hint, "nothing is free below the hint")

static struct boot_state boot;
static struct {
    uint32_t managed[MODEL_FRAMES / 32u]; /* a bit for each frame */
    uint32_t free[MODEL_FRAMES / 32u];
    uint32_t count; /* frames that the bitmap covers */
    uint32_t managed_count;
    uint32_t free_count;
    uint32_t refused_count;
} model;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (!emulator_power_on(16)) {
        (void)fprintf(stderr, "not enough memory for the machine\n");
        exit(1);
    }
    return 0;
}

/* Ranges lie in the first 2,048 frames, some at the end of what 32 bits can name or beyond. */
static struct frame_range range_read(struct reader *reader)
{
    uint32_t first = read_pair(reader);
    uint32_t count = read_byte(reader);
    if (first < 0xF000u)
        return (struct frame_range){{first % 2048u}, count};
    if (first < 0xF800u)
        return (struct frame_range){{FRAME_COUNT_MAX - first % 256u}, count};
    return (struct frame_range){{~0u - first % 256u}, count | 0xFFFFFF00u};
}

static void map_read(struct reader *reader)
{
    uint32_t counts = read_byte(reader);
    boot.map = (struct memory_map){
        .usable = boot.usable,
        .usable_count = counts % (RANGES_MAX + 1u),
        .reserved = boot.reserved,
        .reserved_count = counts / 16u % (RANGES_MAX + 1u),
    };
    for (uint32_t i = 0; i < boot.map.usable_count; i++)
        boot.usable[i] = range_read(reader);
    for (uint32_t i = 0; i < boot.map.reserved_count; i++)
        boot.reserved[i] = range_read(reader);
}

static uint64_t end_of(const struct frame_range *range)
{
    uint64_t end = (uint64_t)range->first.n + range->count;
    return end < FRAME_COUNT_MAX ? end : FRAME_COUNT_MAX;
}

static bool in_any(const struct frame_range *ranges, uint32_t range_count, uint32_t frame)
{
    for (uint32_t i = 0; i < range_count; i++)
        if (frame >= ranges[i].first.n && frame < end_of(&ranges[i]))
            return true;
    return false;
}

/* The words of a bitmap for the model's frames, by the layout that frames.h states. */
static uint32_t free_words(void)
{
    return (model.count + 31u) / 32u;
}

static uint32_t summary_words(void)
{
    return (free_words() + 31u) / 32u;
}

static uint32_t needed_words(void)
{
    return FRAMES_BITS / 4u + summary_words() + 2u * free_words();
}

static void model_make(void)
{
    memset(&model, 0, sizeof(model));
    for (uint32_t i = 0; i < boot.map.usable_count; i++) {
        const struct frame_range *range = &boot.usable[i];
        if (range->first.n < end_of(range) && end_of(range) > model.count)
            model.count = (uint32_t)end_of(range);
    }
    for (uint32_t frame = 0; frame < model.count && frame < MODEL_FRAMES; frame++) {
        if (in_any(boot.usable, boot.map.usable_count, frame) &&
            !in_any(boot.reserved, boot.map.reserved_count, frame)) {
            model.managed[frame / 32u] |= 1u << frame % 32u;
            model.managed_count++;
        }
    }
    memcpy(model.free, model.managed, sizeof(model.free));
    model.free_count = model.managed_count;
}

static bool has(const uint32_t *set, uint32_t frame)
{
    return frame < model.count && (set[frame / 32u] >> frame % 32u & 1u) != 0;
}

static const uint32_t *words(void)
{
    return probe_page(boot.frames_at);
}

static void check_counters(void)
{
    static const uint32_t fields[] = {FRAMES_COUNT, FRAMES_MANAGED, FRAMES_FREE, FRAMES_REFUSED};
    const uint32_t expected[] = {model.count, model.managed_count, model.free_count,
                                 model.refused_count};
    for (uint32_t i = 0; i < 4; i++)
        if (words()[fields[i] / 4u] != expected[i])
            frames_broken_counters(fields[i], expected[i], words()[fields[i] / 4u]);
}

static void check_bits(void)
{
    const uint32_t *summary = words() + FRAMES_BITS / 4u;
    const uint32_t *free = summary + summary_words();
    const uint32_t *managed = free + free_words();
    for (uint32_t w = 0; w < free_words(); w++) {
        uint32_t free_word = model.free[w];
        uint32_t managed_word = model.managed[w];
        if (free[w] != free_word)
            frames_broken_free_bits(32u * w, free_word, free[w]);
        if (managed[w] != managed_word)
            frames_broken_managed_bits(32u * w, managed_word, managed[w]);
        if ((summary[w / 32u] >> w % 32u & 1u) != (free_word != 0))
            frames_broken_summary(w, free_word != 0, summary[w / 32u]);
        if (free_word != 0 && w / 32u < words()[FRAMES_HINT / 4u])
            frames_broken_hint(w, w / 32u, words()[FRAMES_HINT / 4u]);
    }
}

static void check_bounds(uint32_t first_word)
{
    for (uint32_t i = first_word; i < PAGE_SIZE / 4u; i++)
        if (words()[i] != RAM_GARBAGE)
            frames_broken_bounds(4u * i, RAM_GARBAGE, words()[i]);
}

static void apply_take(void)
{
    bool refused = injection.refuse_countdown == 1;
    bool expected = !refused && model.free_count != 0;
    frame_t frame = {~0u};
    bool taken = frames_take(boot.frames_at, &frame) == FRAMES_OK;
    if (taken != expected)
        frames_broken_take_result(frame.n, expected, taken);
    if (!taken) {
        model.refused_count++;
        if (frame.n != ~0u)
            frames_broken_take_untouched(0, ~0u, frame.n);
        return;
    }
    uint32_t lowest = 0;
    while (!has(model.free, lowest))
        lowest++;
    if (frame.n != lowest)
        frames_broken_take_lowest(0, lowest, frame.n);
    model.free[lowest / 32u] ^= 1u << lowest % 32u;
    model.free_count--;
}

static void apply_give_back(uint32_t frame)
{
    enum frames_result expected = FRAMES_OK;
    if (!has(model.managed, frame))
        expected = FRAMES_NOT_MANAGED;
    else if (has(model.free, frame))
        expected = FRAMES_NOT_TAKEN;
    enum frames_result found = frames_give_back(boot.frames_at, (frame_t){frame});
    if (found != expected)
        frames_broken_give_back(frame, expected, found);
    if (found == FRAMES_OK) {
        model.free[frame / 32u] |= 1u << frame % 32u;
        model.free_count++;
    }
}

/* Half of all operations take, so that memory runs out now and then. */
static void apply(struct reader *reader)
{
    uint32_t op = read_byte(reader);
    if (op < 128u) {
        for (uint32_t i = 0; i <= op % 8u; i++)
            apply_take();
    } else if (op < 224u) {
        uint32_t frame = read_pair(reader);
        apply_give_back(frame < 0xFF00u ? frame % (model.count + 3u) : frame << 16);
    } else {
        injection.refuse_countdown = read_byte(reader);
        injection.refuse_all_after = op >= 240u;
    }
    check_counters();
    check_bits();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = {data, size};
    if (!probe_reset(16, &boot))
        return 0;
    map_read(&reader);
    model_make();
    uint32_t room = read_pair(&reader) % (PAGE_SIZE + 1u);
    bool expected = 4ull * needed_words() <= room;
    enum frames_result result = frames_init(boot.frames_at, room, &boot.map);
    if ((result == FRAMES_OK) != expected)
        frames_broken_init(room, expected, result);
    if (!expected) {
        check_bounds(0);
        return 0;
    }
    check_counters();
    check_bits();
    while (reader.left > 0)
        apply(&reader);
    check_bounds(needed_words());
    return 0;
}
