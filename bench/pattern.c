/* Patterns: loads that are made up, each of them hard on a kind of heap, and always the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load.h"
#include "bench/memory.h"
#include "bench/player.h"
#include "fuzz/random.h"

#define PATTERN_OPS 1000000u
#define PATTERN_LIVE 20000u
#define LIVE_OPS 400000u /* of live:N, once its objects are there */
#define LIVE_MAX 2000000u

static struct random dice;

/* 8 to 4096 bytes, as many between 8 and 16 as between 2048 and 4096. */
static uint32_t any_size(struct load *load)
{
    (void)load;
    uint32_t least = 8u << random_below(&dice, 9);
    return least + random_below(&dice, least + 1u);
}

static uint32_t page_size(struct load *load)
{
    (void)load;
    return 4096;
}

static uint32_t one_size(struct load *load)
{
    (void)load;
    return 64;
}

static uint32_t *slots_make(uint32_t count)
{
    return memory_make(count * sizeof(uint32_t));
}

/* All of `count` objects come, then all go: the first one first, or the last one first. */
static void waves(struct load *load, uint32_t count, bool reverse)
{
    uint32_t *slots = slots_make(count);
    while (load->op_count < PATTERN_OPS) {
        for (uint32_t i = 0; i < count; i++)
            slots[i] = load_alloc(load, any_size(load));
        for (uint32_t i = 0; i < count; i++)
            load_free(load, slots[reverse ? count - 1u - i : i]);
    }
    memory_give_back(slots, count * sizeof(uint32_t));
}

static void sawtooth(struct load *load)
{
    waves(load, 2000, false);
}

static void reverse_free(struct load *load)
{
    waves(load, PATTERN_LIVE, true);
}

/* Buffers that grow by half, in turns, so that each stands in another's way. */
static void growing_realloc(struct load *load)
{
    enum { BUFFERS = 64 };
    uint32_t slots[BUFFERS];
    while (load->op_count < PATTERN_OPS / 4u) {
        for (uint32_t i = 0; i < BUFFERS; i++)
            slots[i] = load_alloc(load, 16);
        for (uint32_t size = 24; size <= 65536u; size += size / 2u)
            for (uint32_t i = 0; i < BUFFERS; i++)
                load_resize(load, slots[i], size + random_below(&dice, 16));
        for (uint32_t i = 0; i < BUFFERS; i++)
            load_free(load, slots[i]);
    }
}

/* Holes that are just too small for what comes next. */
static void every_second_free(struct load *load)
{
    enum { COUNT = PATTERN_LIVE };
    uint32_t *slots = slots_make(COUNT);
    while (load->op_count < PATTERN_OPS) {
        for (uint32_t i = 0; i < COUNT; i++)
            slots[i] = load_alloc(load, 40u + 8u * random_below(&dice, 8));
        for (uint32_t i = 0; i < COUNT; i += 2u)
            load_free(load, slots[i]);
        for (uint32_t i = 0; i < COUNT; i += 2u)
            slots[i] = load_alloc(load, 128u + 8u * random_below(&dice, 8));
        for (uint32_t i = 0; i < COUNT; i++)
            load_free(load, slots[i]);
    }
    memory_give_back(slots, COUNT * sizeof(uint32_t));
}

/* `count` objects, of which a random one is freed and another one allocated, and so on. */
static void replaced(struct load *load, uint32_t count, uint32_t op_count,
                     uint32_t (*size_of)(struct load *))
{
    uint32_t *slots = slots_make(count);
    for (uint32_t i = 0; i < count; i++)
        slots[i] = load_alloc(load, size_of(load));
    load->measured_from = load->op_count;
    while (load->op_count - load->measured_from < op_count) {
        uint32_t i = random_below(&dice, count);
        load_free(load, slots[i]);
        slots[i] = load_alloc(load, size_of(load));
    }
    memory_give_back(slots, count * sizeof(uint32_t));
}

static void page_sized(struct load *load)
{
    replaced(load, 4000, PATTERN_OPS, page_size);
}

static void one_sized(struct load *load)
{
    replaced(load, PATTERN_LIVE, PATTERN_OPS, one_size);
}

static void random_load(struct load *load)
{
    replaced(load, PATTERN_LIVE, PATTERN_OPS, any_size);
}

static const struct {
    const char *name;
    void (*make)(struct load *load);
} patterns[] = {
    {"sawtooth", sawtooth},         {"growing-realloc", growing_realloc},
    {"reverse-free", reverse_free}, {"every-second-free", every_second_free},
    {"page-sized", page_sized},     {"one-size", one_sized},
    {"random", random_load},
};

bool pattern_make(struct load *load, const char *name)
{
    dice = (struct random){1};
    for (uint32_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (strcmp(name, patterns[i].name) == 0) {
            patterns[i].make(load);
            return true;
        }
    if (strncmp(name, "live:", 5) != 0)
        return false;
    char *end;
    unsigned long count = strtoul(name + 5, &end, 10);
    if (*end != '\0' || count == 0 || count > LIVE_MAX)
        player_fail(BENCH_NO_LOAD, name, "not live:1 to live:2000000");
    replaced(load, (uint32_t)count, LIVE_OPS, any_size);
    return true;
}

void pattern_names(void)
{
    for (uint32_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        (void)printf(" %s", patterns[i].name);
    (void)printf(" live:N");
}
