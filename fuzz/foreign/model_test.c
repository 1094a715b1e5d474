/* The model's tree against a list that is searched from end to end. */
#include "fuzz/foreign/model.h"

#include <stddef.h>
#include <string.h>

#include "ci/unit.h"
#include "fuzz/foreign/contents.h"
#include "fuzz/random.h"

#define SLOTS 200u
#define ROOM 16384u

static uint8_t memory[ROOM];
static struct model_block slots[SLOTS];
static struct model model;
static struct violation violation;

static uintptr_t place(uintptr_t offset)
{
    return (uintptr_t)memory + offset;
}

static void fresh(void)
{
    model = (struct model){.slots = slots, .slot_count = SLOTS, .slots_used = SLOTS};
    model_clear(&model);
    EXPECT_EQUAL(model.slots_used, 0);
    violation = (struct violation){0};
}

static const struct model_block *list_at_or_below(uintptr_t at)
{
    const struct model_block *found = NULL;
    for (uint32_t s = 0; s < SLOTS; s++)
        if (slots[s].at != 0 && slots[s].usable_bytes != 0 && slots[s].at <= at &&
            (found == NULL || slots[s].at > found->at))
            found = &slots[s];
    return found;
}

static const struct model_block *list_above(uintptr_t at)
{
    const struct model_block *found = NULL;
    for (uint32_t s = 0; s < SLOTS; s++)
        if (slots[s].at != 0 && slots[s].usable_bytes != 0 && slots[s].at > at &&
            (found == NULL || slots[s].at < found->at))
            found = &slots[s];
    return found;
}

static const struct model_block *list_empty_within(uintptr_t from, uintptr_t to)
{
    const struct model_block *found = NULL;
    for (uint32_t s = 0; s < SLOTS; s++)
        if (slots[s].at >= from && slots[s].at < to && slots[s].usable_bytes == 0 &&
            (found == NULL || slots[s].at < found->at))
            found = &slots[s];
    return found;
}

static bool list_overlaps(uintptr_t at, uintptr_t size_bytes)
{
    for (uint32_t s = 0; s < SLOTS; s++)
        if (slots[s].at != 0 && slots[s].usable_bytes != 0 && size_bytes != 0 &&
            slots[s].at < at + size_bytes && at < slots[s].at + slots[s].usable_bytes)
            return true;
    return false;
}

static uint32_t list_count(void)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < SLOTS; s++)
        count += slots[s].at != 0;
    return count;
}

struct walked {
    uint32_t count;
    uint32_t count_max;
    uintptr_t last;
};

static bool walk(void *context, const struct model_block *block)
{
    struct walked *walked = context;
    EXPECT(block->at > walked->last && block->usable_bytes != 0);
    walked->last = block->at;
    return ++walked->count < walked->count_max;
}

static void expect_same(struct random *random)
{
    uintptr_t at = place(random_below(random, ROOM));
    EXPECT(model_at_or_below(&model, at) == list_at_or_below(at));
    EXPECT(model_above(&model, at) == list_above(at));
    EXPECT(model_empty_within(&model, at, at + 300u) == list_empty_within(at, at + 300u));
    EXPECT_EQUAL(model.live_count, list_count());
    EXPECT(model_all_intact(&model, &violation));
    EXPECT(model_neighbours_intact(&model, &violation));
}

/* After a block came to `at`, or went from there. */
static void expect_beside(uintptr_t at)
{
    const struct model_block *below = model.beside[0] != 0 ? &slots[model.beside[0] - 1u] : NULL;
    const struct model_block *above = model.beside[1] != 0 ? &slots[model.beside[1] - 1u] : NULL;
    EXPECT(below == list_at_or_below(at - 1u));
    EXPECT(above == list_above(at));
}

TEST(random_blocks_are_found_as_in_a_list)
{
    struct random random = {3};
    uint32_t refused = 0;
    fresh();
    for (uint32_t n = 0; n < 60000u; n++) {
        uint32_t slot = random_below(&random, SLOTS);
        uintptr_t at = place(random_below(&random, ROOM - 600u));
        uintptr_t size = random_below(&random, n % 4u == 0 ? 600u : 40u);
        struct model_block block;
        if (model_live(&model, slot) && n % 5u == 0) {
            model_rewrite(&model, slot);
        } else if (model_live(&model, slot)) {
            block = slots[slot];
            uintptr_t freed_at = block.usable_bytes != 0 ? block.at : 0;
            model_leave(&model, slot, &block);
            EXPECT(!model_live(&model, slot));
            EXPECT_EQUAL(slots[slot].freed_at, freed_at);
            expect_beside(block.at);
            if (n % 7u == 0) {
                model_return(&model, slot, &block);
                expect_beside(block.at);
            }
        } else if (list_overlaps(at, size)) {
            EXPECT(!model_rule_A2(&model, at, size, &violation));
            EXPECT_EQUAL(violation.rule, RULE_A2);
            refused++;
        } else {
            EXPECT(model_rule_A2(&model, at, size, &violation));
            model_enter(&model, slot, at, size, size);
            expect_beside(at);
        }
        expect_same(&random);
    }
    struct walked walked = {0, UINT32_MAX, 0};
    model_walk(&model, walk, &walked);
    uint32_t with_bytes = 0;
    for (uint32_t s = 0; s < SLOTS; s++)
        with_bytes += slots[s].at != 0 && slots[s].usable_bytes != 0;
    EXPECT_EQUAL(walked.count, with_bytes);
    walked = (struct walked){0, 2, 0};
    model_walk(&model, walk, &walked);
    EXPECT_EQUAL(walked.count, 2);
    EXPECT(refused > 1000u);
}

/* Blocks by rising address, a list if the tree were none: its depth must stay small. */
TEST(the_tree_stays_flat)
{
    enum { COUNT = 100000 };
    struct model_block *many = calloc(COUNT, sizeof(*many));
    EXPECT(many != NULL);
    static uint8_t bytes[COUNT];
    struct model large = {.slots = many, .slot_count = COUNT};
    for (uint32_t s = 0; s < COUNT; s++)
        model_enter(&large, s, (uintptr_t)&bytes[s], 1, 1);
    uint32_t deepest = 0;
    for (uint32_t s = 0; s < COUNT; s += 97u) {
        uint32_t depth = 0;
        for (uint32_t link = large.root; link != s + 1u; depth++)
            link = many[link - 1u].at < many[s].at ? many[link - 1u].above : many[link - 1u].below;
        deepest = depth > deepest ? depth : deepest;
    }
    EXPECT(deepest < 64u);
    free(many);
}

TEST(blocks_that_touch_do_not_overlap_and_a_shared_byte_is_rule_A2)
{
    fresh();
    model_enter(&model, 0, place(100), 50, 50);
    EXPECT(model_rule_A2(&model, place(90), 10, &violation));
    EXPECT(model_rule_A2(&model, place(150), 10, &violation));
    EXPECT(model_rule_A2(&model, place(120), 0, &violation));
    const uintptr_t bad[][2] = {{90, 11}, {149, 1}, {100, 50}, {99, 100}, {120, 1}};
    for (uint32_t i = 0; i < 5u; i++) {
        violation = (struct violation){0};
        EXPECT(!model_rule_A2(&model, place(bad[i][0]), bad[i][1], &violation));
        EXPECT_EQUAL(violation.rule, RULE_A2);
        EXPECT_EQUAL(violation.found, (uint32_t)place(100));
    }
}

TEST(a_byte_that_differs_is_rule_A3_with_its_address)
{
    fresh();
    model_enter(&model, 0, place(0), 40, 48);
    model_enter(&model, 1, place(64), 40, 40);
    EXPECT(model_all_intact(&model, &violation));
    memory[64 + 20] ^= 1u;
    EXPECT(!model_all_intact(&model, &violation));
    EXPECT_EQUAL(violation.rule, RULE_A3);
    EXPECT_EQUAL(violation.at, (uint32_t)place(64 + 20));
    EXPECT_EQUAL(violation.expected, contents_word(slots[1].seed, 20));
    EXPECT_EQUAL(violation.found, contents_word(slots[1].seed, 20) ^ 1u);
    model_enter(&model, 2, place(110), 10, 10);
    EXPECT(!model_neighbours_intact(&model, &violation));
    struct model_block block;
    model_leave(&model, 2, &block);
    EXPECT(!model_neighbours_intact(&model, &violation));
    EXPECT(model_rule_A3(&slots[1], slots[1].at, 20, &violation));
    EXPECT(!model_rule_A3(&slots[1], slots[1].at, 21, &violation));
    model_rewrite(&model, 1);
    EXPECT(model_all_intact(&model, &violation));
    /* The usable bytes are written and read, too. */
    memory[47] ^= 1u;
    EXPECT(!model_all_intact(&model, &violation));
}

TEST(what_has_moved_is_read_where_it_is_now)
{
    struct model_block block;
    fresh();
    model_enter(&model, 0, place(0), 100, 100);
    model_leave(&model, 0, &block);
    memcpy(memory + 1000, memory, 100);
    memset(memory, 0, 100);
    EXPECT(model_rule_A3(&block, place(1000), 100, &violation));
    memory[1030] ^= 1u;
    EXPECT(model_rule_A3(&block, place(1000), 30, &violation));
    EXPECT(!model_rule_A3(&block, place(1000), 100, &violation));
    EXPECT_EQUAL(violation.at, (uint32_t)place(1028));
}

int main(void)
{
    RUN(random_blocks_are_found_as_in_a_list);
    RUN(the_tree_stays_flat);
    RUN(blocks_that_touch_do_not_overlap_and_a_shared_byte_is_rule_A2);
    RUN(a_byte_that_differs_is_rule_A3_with_its_address);
    RUN(what_has_moved_is_read_where_it_is_now);
    return 0;
}
