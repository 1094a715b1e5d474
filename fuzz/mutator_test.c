#include "fuzz/mutator.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/mutation_pick.h"
#include "fuzz/op_list.h"
#include "heap/kmalloc.h"

_Static_assert(PICK_CONTROL_BYTES == CONTROL_SIZE && PICK_WINDOW_AT == HEAP_WINDOW_START,
               "the mutator knows where the heap lies");

#define SIZE_MAX_BYTES 400u

static const struct mutator_input nothing = {(const uint8_t *)"", 0};

/* Writes a random input to exactly so many bytes. */
static void random_bytes(struct random *random, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)random_next(random);
}

/* Expects bytes that are what their own decoding encodes to: whole operations, shortest forms. */
static void expect_canonical(const uint8_t *data, size_t size)
{
    struct op_list ops = {0};
    struct op_config config;
    uint8_t again[SIZE_MAX_BYTES];
    EXPECT(size != 0 && size <= SIZE_MAX_BYTES);
    EXPECT(op_list_decode(&ops, &config, data, (uint32_t)size));
    EXPECT_EQUAL(op_list_encode(&ops, &config, again, sizeof again), size);
    EXPECT(memcmp(data, again, size) == 0);
    op_list_free(&ops);
}

TEST(mutations_are_whole_operations_within_the_room)
{
    struct random random = {6};
    struct mutator *mutator = mutator_make();
    EXPECT(mutator != NULL);
    for (unsigned seed = 0; seed < 20000u; seed++) {
        uint8_t bytes[SIZE_MAX_BYTES];
        uint8_t other[SIZE_MAX_BYTES];
        size_t size_max = OP_SLOTS + random_below(&random, SIZE_MAX_BYTES - OP_SLOTS + 1u);
        struct mutator_input inputs[2] = {{bytes, random_below(&random, (uint32_t)size_max + 1u)},
                                          {other, random_below(&random, SIZE_MAX_BYTES)}};
        random_bytes(&random, bytes, inputs[0].size_bytes);
        random_bytes(&random, other, inputs[1].size_bytes);
        uint8_t *out = malloc(size_max);
        EXPECT(out != NULL);
        size_t size = mutator_mutate(mutator, inputs[0], inputs[1], out, size_max, seed);
        EXPECT(size <= size_max);
        expect_canonical(out, size);
        size = mutator_crossover(mutator, inputs[0], inputs[1], out, size_max, seed);
        EXPECT(size <= size_max);
        expect_canonical(out, size);
        free(out);
    }
    mutator_free(mutator);
}

TEST(a_mutation_follows_from_its_seed)
{
    uint8_t bytes[100];
    uint8_t out[2][SIZE_MAX_BYTES];
    size_t sizes[2];
    struct random random = {7};
    random_bytes(&random, bytes, sizeof bytes);
    struct mutator_input input = {bytes, sizeof bytes};
    uint32_t different = 0;
    for (unsigned seed = 0; seed < 500u; seed++) {
        for (uint32_t i = 0; i < 2u; i++) {
            /* The second one has worked before: that must not show. */
            struct mutator *mutator = mutator_make();
            EXPECT(mutator != NULL);
            if (i == 1u)
                (void)mutator_mutate(mutator, input, input, out[i], sizeof out[i], seed + 1u);
            sizes[i] = mutator_mutate(mutator, input, nothing, out[i], sizeof out[i], seed);
            mutator_free(mutator);
        }
        EXPECT_EQUAL(sizes[0], sizes[1]);
        EXPECT(memcmp(out[0], out[1], sizes[0]) == 0);
        different += sizes[0] != sizeof bytes || memcmp(out[0], bytes, sizeof bytes) != 0;
    }
    EXPECT(different > 450u);
}

TEST(an_input_can_be_mutated_in_place)
{
    struct random random = {8};
    struct mutator *mutator = mutator_make();
    EXPECT(mutator != NULL);
    uint8_t bytes[SIZE_MAX_BYTES];
    size_t size = 0;
    for (unsigned seed = 0; seed < 5000u; seed++) {
        uint8_t out[SIZE_MAX_BYTES];
        struct mutator_input input = {bytes, size};
        size_t expected = mutator_mutate(mutator, input, nothing, out, sizeof out, seed);
        size = mutator_mutate(mutator, input, nothing, bytes, sizeof bytes, seed);
        EXPECT_EQUAL(size, expected);
        EXPECT(memcmp(bytes, out, size) == 0);
        if (random_below(&random, 100) == 0)
            size = 0;
    }
    mutator_free(mutator);
}

TEST(where_there_is_no_room_nothing_is_written)
{
    struct mutator *mutator = mutator_make();
    EXPECT(mutator != NULL);
    uint8_t out[1] = {77};
    EXPECT_EQUAL(mutator_mutate(mutator, nothing, nothing, out, 0, 1), 0);
    EXPECT_EQUAL(mutator_mutate(mutator, nothing, nothing, out, 1, 1), 0);
    EXPECT_EQUAL(mutator_crossover(mutator, nothing, nothing, out, 1, 1), 0);
    EXPECT_EQUAL(out[0], 77);
    mutator_free(mutator);
}

TEST(from_nothing_every_kind_of_operation_for_the_core_is_reached)
{
    uint32_t counts[OP_KIND_COUNT] = {0};
    struct mutator *mutator = mutator_make();
    EXPECT(mutator != NULL);
    uint8_t bytes[SIZE_MAX_BYTES];
    size_t size = 0;
    for (unsigned seed = 0; seed < 5000u; seed++) {
        struct op_list ops = {0};
        struct op_config config;
        size = mutator_mutate(mutator, (struct mutator_input){bytes, size}, nothing, bytes,
                              sizeof bytes, seed);
        EXPECT(op_list_decode(&ops, &config, bytes, (uint32_t)size));
        for (uint32_t i = 0; i < ops.count; i++)
            counts[ops.ops[i].kind]++;
        op_list_free(&ops);
    }
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        EXPECT((counts[kind] != 0) != op_is_foreign((enum op_kind)kind));
    mutator_free(mutator);
}

TEST(slots_are_followed_through_the_operations)
{
    struct op list[] = {
        {OP_ALLOC, 0, 8, 0}, {OP_ALIGNED, 1, 8, 64}, {OP_ZALLOC, 2, 8, 1}, {OP_REALLOC, 63, 8, 0},
        {OP_FREE, 1, 0, 0},  {OP_REALLOC, 0, 0, 0},  {OP_ALLOC, 5, 0, 0},
    };
    struct op_list ops = {list, 7, 7};
    struct random random = {9};
    EXPECT_EQUAL(slots_used(&ops, 0), 0);
    EXPECT_EQUAL(slots_used(&ops, 4), 0x8000000000000007u);
    EXPECT_EQUAL(slots_used(&ops, 7), 0x8000000000000004u);
    for (uint32_t i = 0; i < 100u; i++) {
        uint32_t used = pick_slot(&random, slots_used(&ops, 7), true);
        EXPECT(used == 2u || used == 63u);
        EXPECT_EQUAL(pick_slot(&random, ~(slots_t)16, false), 4);
        EXPECT(pick_slot(&random, 0, true) < OP_SLOTS);
    }
}

TEST_MAIN(RUN(mutations_are_whole_operations_within_the_room) RUN(a_mutation_follows_from_its_seed)
              RUN(an_input_can_be_mutated_in_place) RUN(where_there_is_no_room_nothing_is_written)
                  RUN(from_nothing_every_kind_of_operation_for_the_core_is_reached)
                      RUN(slots_are_followed_through_the_operations))
