#include "boot/latency.h"

#include <stddef.h>

#include "boot/memory.h"
#include "boot/probe.h"
#include "boot/serial.h"
#include "boot/stage.h"
#include "fuzz/random.h"

#define SIZE_LEAST 8u
#define SIZE_GREATEST 65536u
#define SAMPLES 1000u /* of each state, call and size */

/* The heap's frames: 32 MiB of them are full within a second even where QEMU translates. */
#define FRAMES 8192u
#define BLOCKS_MAX 65536u

/* Blocks of the measured size that live at once in the full heap; they are freed in random order,
 * so that a block's neighbours are now used and now free. */
#define HELD_MAX 32u

/* Sizes of what fills the heap: powers of two up to this, and anything between them. */
#define FILL_POWERS 10u

enum call { CALL_KMALLOC, CALL_KFREE, CALL_COUNT };

struct samples {
    uint32_t ticks[SAMPLES];
    uint32_t count;
    uint32_t refused;
};

struct latency {
    struct heap heap;
    struct random random;
    vaddr_t *blocks; /* what fills the heap; null where nothing is */
    uint32_t block_count;
    uint64_t nothing; /* ticks between two looks at the counter */
    uint64_t operation_count;
    struct samples samples[CALL_COUNT];
};

static void sample(struct latency *latency, enum call call, uint64_t ticks)
{
    struct samples *samples = &latency->samples[call];
    ticks = ticks > latency->nothing ? ticks - latency->nothing : 0;
    samples->ticks[samples->count++] = ticks > ~0u ? ~0u : (uint32_t)ticks;
    latency->operation_count++;
}

static void sort(uint32_t *words, uint32_t count)
{
    for (uint32_t gap = count / 2u; gap > 0; gap /= 2u)
        for (uint32_t i = gap; i < count; i++) {
            uint32_t word = words[i];
            uint32_t j = i;
            for (; j >= gap && words[j - gap] > word; j -= gap)
                words[j] = words[j - gap];
            words[j] = word;
        }
}

static uint32_t fill_size(struct latency *latency)
{
    uint32_t power = SIZE_LEAST << random_below(&latency->random, FILL_POWERS);
    return power + random_below(&latency->random, power);
}

/* Fills the heap until it refuses, and frees half of the blocks, at random. */
static void fill(struct latency *latency)
{
    while (latency->block_count < BLOCKS_MAX) {
        vaddr_t block = kmalloc(&latency->heap, fill_size(latency));
        if (vaddr_is_null(block))
            break;
        latency->blocks[latency->block_count++] = block;
    }
    for (uint32_t i = 0; i < latency->block_count; i++)
        if (random_below(&latency->random, 2) == 0) {
            kfree(&latency->heap, latency->blocks[i]);
            latency->blocks[i] = VADDR_NULL;
        }
}

/* Of what fills the heap, a block goes or comes, so that no two samples meet the same heap. */
static void stir(struct latency *latency)
{
    if (latency->block_count == 0)
        return;
    vaddr_t *block = &latency->blocks[random_below(&latency->random, latency->block_count)];
    if (vaddr_is_null(*block)) {
        *block = kmalloc(&latency->heap, fill_size(latency));
    } else {
        kfree(&latency->heap, *block);
        *block = VADDR_NULL;
    }
}

static void measure_kfree(struct latency *latency, vaddr_t *block)
{
    if (vaddr_is_null(*block))
        return;
    uint64_t before = ticks_now();
    kfree(&latency->heap, *block);
    sample(latency, CALL_KFREE, ticks_now() - before);
    *block = VADDR_NULL;
}

static void measure_kmalloc(struct latency *latency, uint32_t size_bytes, vaddr_t *block)
{
    uint64_t before = ticks_now();
    *block = kmalloc(&latency->heap, size_bytes);
    uint64_t ticks = ticks_now() - before;
    if (vaddr_is_null(*block))
        latency->samples[CALL_KMALLOC].refused++;
    else
        sample(latency, CALL_KMALLOC, ticks);
}

static void measure(struct latency *latency, uint32_t size_bytes, uint32_t held_count)
{
    vaddr_t held[HELD_MAX];
    for (uint32_t call = 0; call < CALL_COUNT; call++)
        latency->samples[call].count = latency->samples[call].refused = 0;
    for (uint32_t i = 0; i < held_count; i++)
        held[i] = VADDR_NULL;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        vaddr_t *block = &held[random_below(&latency->random, held_count)];
        measure_kfree(latency, block);
        stir(latency);
        measure_kmalloc(latency, size_bytes, block);
    }
    for (uint32_t i = 0; i < held_count; i++)
        measure_kfree(latency, &held[i]);
}

static void number(struct line *line, const char *name, uint32_t value)
{
    line_text(line, name);
    line_decimal(line, value);
}

static void begin(struct line *line, const char *state, enum call call, uint32_t size_bytes)
{
    line_clear(line);
    line_text(line, "latency ");
    line_text(line, state);
    line_text(line, call == CALL_KMALLOC ? " kmalloc" : " kfree");
    number(line, " ", size_bytes);
}

/* The numbers in a bucket have their highest bit and the three below it in common. */
static uint32_t bucket_width(uint32_t ticks)
{
    uint32_t width = 1;
    while (ticks / width >= 16u)
        width *= 2u;
    return width;
}

static void print(struct samples *samples, const char *state, enum call call, uint32_t size_bytes)
{
    struct line line;
    uint32_t count = samples->count;
    sort(samples->ticks, count);
    begin(&line, state, call, size_bytes);
    number(&line, " calls=", count);
    number(&line, " refused=", samples->refused);
    if (count != 0) {
        number(&line, " p50=", samples->ticks[(count - 1u) / 2u]);
        number(&line, " p99=", samples->ticks[(count - 1u) * 99u / 100u]);
        number(&line, " worst=", samples->ticks[count - 1u]);
    }
    serial_line(&line);
    for (uint32_t i = 0; i < count;) {
        uint32_t first = i;
        uint32_t width = bucket_width(samples->ticks[i]);
        uint32_t from = samples->ticks[i] / width * width;
        while (i < count && samples->ticks[i] - from < width)
            i++;
        begin(&line, state, call, size_bytes);
        number(&line, " from=", from);
        number(&line, " to=", from + (width - 1u));
        number(&line, " count=", i - first);
        serial_line(&line);
    }
}

static const char *run(struct latency *latency, const char *state, bool full)
{
    const struct op_config config = {HEAP_BINS, FRAMES, OP_WINDOW_PAGES_MAX};
    const char *error = stage_heap(&latency->heap, &config, HEAP_BINS);
    if (error != NULL)
        return error;
    latency->random = (struct random){1};
    if (full)
        fill(latency);
    for (uint32_t size = SIZE_LEAST; size <= SIZE_GREATEST; size *= 2u) {
        measure(latency, size, full ? HELD_MAX : 1u);
        for (uint32_t call = 0; call < CALL_COUNT; call++)
            print(&latency->samples[call], state, (enum call)call, size);
    }
    return NULL;
}

enum exit_value latency_run(const struct multiboot_info *info)
{
    static struct latency latency;
    struct line line;
    uint64_t longest;
    (void)info;
    latency.blocks = memory_carve(BLOCKS_MAX * sizeof(vaddr_t), &longest);
    const char *error = "too little memory for the blocks' table";
    if (latency.blocks != NULL && probe_start()) {
        uint64_t before = ticks_now();
        latency.nothing = ticks_now() - before;
        error = run(&latency, "empty", false);
        if (error == NULL)
            error = run(&latency, "full", true);
    }
    line_clear(&line);
    if (error != NULL) {
        line_text(&line, "kheap: error: ");
        line_text(&line, error);
        serial_line(&line);
        return EXIT_LITTLE_MEMORY;
    }
    line_text(&line, "kheap: 0 inputs timed, ");
    line_decimal(&line, latency.operation_count);
    line_text(&line, " operations");
    serial_line(&line);
    return EXIT_OK;
}
