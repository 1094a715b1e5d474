#include "fuzz/op_bytes.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/random.h"
#include "fuzz/wire.h"

static const uint32_t numbers[] = {
    0,          1,         7,         8,           63,          64,          127,
    128,        255,       256,       16383,       16384,       2097151,     2097152,
    268435455,  268435456, INT32_MAX, 0x3F800000u, 0x80000000u, 0xC0400000u, UINT32_MAX - 1u,
    UINT32_MAX,
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static bool takes(enum op_kind kind, char letter)
{
    return strchr(op_arguments(kind), letter) != NULL;
}

static bool ops_equal(const struct op *a, const struct op *b)
{
    return a->kind == b->kind && a->slot == b->slot && a->size == b->size && a->arg == b->arg;
}

static bool configs_equal(const struct op_config *a, const struct op_config *b)
{
    return a->policy == b->policy && a->frame_count == b->frame_count &&
           a->window_pages == b->window_pages;
}

/* Expects that an operation is decoded as it was encoded, and its bytes are used up by that. */
static void expect_round_trip(const struct op *op)
{
    uint8_t bytes[3 + OP_BYTES_MAX] = {0, 1, 1};
    uint32_t size = 3u + op_bytes_write(op, bytes + 3);
    EXPECT(size <= sizeof bytes);
    struct op_reader reader;
    struct op_config config;
    struct op found;
    op_bytes_open(&reader, &config, bytes, size);
    EXPECT(op_bytes_next(&reader, &found));
    EXPECT(ops_equal(op, &found));
    EXPECT(!op_bytes_next(&reader, &found));
}

TEST(every_operation_survives_a_round_trip)
{
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++) {
        for (uint32_t i = 0; i < NUMBERS * NUMBERS * OP_SLOTS; i++) {
            struct op op = {.kind = (enum op_kind)kind};
            if (takes(op.kind, 's'))
                op.slot = i % OP_SLOTS;
            if (takes(op.kind, 'n'))
                op.size = numbers[i / OP_SLOTS % NUMBERS];
            if (takes(op.kind, 'a'))
                op.arg = numbers[i / OP_SLOTS / NUMBERS];
            expect_round_trip(&op);
        }
    }
}

TEST(every_configuration_survives_a_round_trip)
{
    static const uint32_t pages[] = {1, 2, 127, 128, 16384, OP_WINDOW_PAGES_MAX};
    for (uint32_t i = 0; i < 2u * 6u * (OP_FRAMES_MAX + 1u); i++) {
        struct op_config config = {i % 2u, i / 12u, pages[i / 2u % 6u]};
        struct op_config found;
        struct op_reader reader;
        uint8_t bytes[OP_BYTES_MAX];
        op_bytes_open(&reader, &found, bytes, op_bytes_write_config(&config, bytes));
        EXPECT(configs_equal(&config, &found));
        EXPECT(reader.next == reader.end);
    }
}

/* Encodes what was decoded, and expects that it decodes alike. */
static void expect_stable(const uint8_t *data, uint32_t size)
{
    uint8_t again[64u * OP_BYTES_MAX];
    struct op_reader reader, reader_again;
    struct op_config config, config_again;
    struct op op, op_again;
    op_bytes_open(&reader, &config, data, size);
    EXPECT(config.policy <= 1u && config.frame_count <= OP_FRAMES_MAX);
    EXPECT(config.window_pages != 0 && config.window_pages <= OP_WINDOW_PAGES_MAX);
    uint32_t size_again = op_bytes_write_config(&config, again);
    while (op_bytes_next(&reader, &op)) {
        EXPECT(op.kind < OP_KIND_COUNT && op.slot < OP_SLOTS);
        size_again += op_bytes_write(&op, again + size_again);
    }
    op_bytes_open(&reader, &config, data, size);
    op_bytes_open(&reader_again, &config_again, again, size_again);
    EXPECT(configs_equal(&config, &config_again));
    while (op_bytes_next(&reader, &op)) {
        EXPECT(op_bytes_next(&reader_again, &op_again));
        EXPECT(ops_equal(&op, &op_again));
    }
    EXPECT(!op_bytes_next(&reader_again, &op_again));
}

TEST(all_bytes_decode_and_their_encoding_decodes_alike)
{
    struct random random = {1};
    for (uint32_t i = 0; i < 200000u; i++) {
        /* Of the exact size, so that a sanitizer sees a read beyond the end. */
        uint32_t size = random_below(&random, 50);
        uint8_t *data = malloc(size + (size == 0));
        EXPECT(data != NULL);
        for (uint32_t j = 0; j < size; j++)
            data[j] = (uint8_t)(random_next(&random) | (random_below(&random, 4) == 0 ? 0x80u : 0));
        expect_stable(data, size);
        free(data);
    }
}

TEST(all_inputs_of_up_to_three_bytes_decode)
{
    for (uint32_t size = 0; size <= 3u; size++) {
        for (uint32_t i = 0; i < 1u << (8u * size); i++) {
            uint8_t data[4];
            wire_store(data, i);
            expect_stable(data, size);
        }
    }
}

TEST(no_bytes_are_the_default_configuration)
{
    const uint8_t data[] = {1, 5};
    const struct op_config expected[] = {
        {OP_POLICY_DEFAULT, OP_FRAMES_DEFAULT, OP_WINDOW_PAGES_DEFAULT},
        {1, OP_FRAMES_DEFAULT, OP_WINDOW_PAGES_DEFAULT},
        {1, 5, OP_WINDOW_PAGES_DEFAULT},
    };
    for (uint32_t size = 0; size <= 2u; size++) {
        struct op_reader reader;
        struct op_config config;
        struct op op;
        op_bytes_open(&reader, &config, data, size);
        EXPECT(configs_equal(&config, &expected[size]));
        EXPECT(!op_bytes_next(&reader, &op));
    }
}

TEST(every_kind_has_a_place_in_the_table_and_most_are_common)
{
    uint32_t counts[OP_KIND_COUNT] = {0};
    for (uint32_t code = 0; code < 256u; code++) {
        uint8_t data[4] = {0, 1, 1, (uint8_t)code};
        struct op_reader reader;
        struct op_config config;
        struct op op;
        op_bytes_open(&reader, &config, data, 4);
        EXPECT(op_bytes_next(&reader, &op));
        counts[op.kind]++;
    }
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        EXPECT(counts[kind] >= (op_is_foreign((enum op_kind)kind) ? 2u : 3u));
    EXPECT(counts[OP_ALLOC] + counts[OP_FREE] + counts[OP_REALLOC] > 128u);
}

TEST(numbers_end_after_five_bytes_and_drop_bits_beyond_32)
{
    const uint8_t data[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t *next = data;
    EXPECT_EQUAL(leb128_read(&next, data + sizeof data), UINT32_MAX);
    EXPECT_EQUAL(next - data, 5);
    next = data;
    EXPECT_EQUAL(leb128_read(&next, data + 2), 0x3FFF);
    EXPECT_EQUAL(next - data, 2);
}

TEST(arguments_that_are_cut_off_read_zeros)
{
    const uint8_t data[] = {0, 1, 1, 0, 9};
    struct op_reader reader;
    struct op_config config;
    struct op op;
    op_bytes_open(&reader, &config, data, sizeof data);
    EXPECT(op_bytes_next(&reader, &op));
    EXPECT(ops_equal(&op, &(struct op){OP_ALLOC, 9, 0, 0}));
}

TEST_MAIN(RUN(every_operation_survives_a_round_trip) RUN(every_configuration_survives_a_round_trip)
              RUN(all_bytes_decode_and_their_encoding_decodes_alike)
                  RUN(all_inputs_of_up_to_three_bytes_decode)
                      RUN(no_bytes_are_the_default_configuration)
                          RUN(every_kind_has_a_place_in_the_table_and_most_are_common)
                              RUN(numbers_end_after_five_bytes_and_drop_bits_beyond_32)
                                  RUN(arguments_that_are_cut_off_read_zeros))
