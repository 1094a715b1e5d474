#include "fuzz/trace.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/crc32.h"
#include "fuzz/random.h"
#include "fuzz/trace_write.h"
#include "fuzz/wire.h"

struct packed {
    uint8_t *data;
    uint32_t size_bytes;
};

static const struct op_config machine = {OP_POLICY_DEFAULT, 1024, OP_WINDOW_PAGES_MAX};

static void append(struct op_list *ops, struct op op)
{
    EXPECT(op_list_append(ops, &op));
}

static struct packed packed_of(const struct op_list *ops)
{
    struct packed packed;
    packed.data = trace_write(ops, &machine, &packed.size_bytes);
    EXPECT(packed.data != NULL);
    return packed;
}

/* Expects that a trace reads as the operations that it was written from. */
static void expect_reads(const struct packed *packed, const struct op_list *ops)
{
    struct trace_reader reader;
    struct op_config config;
    struct op op;
    EXPECT(trace_open(&reader, &config, packed->data, packed->size_bytes) == NULL);
    EXPECT(memcmp(&config, &machine, sizeof config) == 0);
    for (uint32_t i = 0; i < ops->count; i++) {
        EXPECT(trace_next(&reader, &op));
        EXPECT(memcmp(&op, &ops->ops[i], sizeof op) == 0);
    }
    EXPECT(!trace_next(&reader, &op));
}

/* All forms that an operation can have: more sizes than the table, young, near and far frees. */
static struct packed sample(struct op_list *ops)
{
    for (uint32_t i = 0; i < 400u; i++)
        append(ops, (struct op){OP_ALLOC, i, 16u * (i % 200u) + 8u, 0});
    append(ops, (struct op){OP_ALIGNED, 400, UINT32_MAX, 0x80000000u});
    append(ops, (struct op){OP_REALLOC, 1, 1u << 20, 0});
    append(ops, (struct op){OP_REALLOC, 400, 0, 0});
    const uint32_t freed[] = {400, 337, 336, 20, 36, 35, 51, 34, 50, 0, 300, 1, 399, 2};
    for (uint32_t i = 0; i < sizeof freed / sizeof freed[0]; i++)
        append(ops, (struct op){OP_FREE, freed[i], 0, 0});
    return packed_of(ops);
}

static const char *open_copy(const uint8_t *data, uint32_t size_bytes)
{
    uint8_t *copy = malloc(size_bytes + (size_bytes == 0));
    EXPECT(copy != NULL);
    memcpy(copy, data, size_bytes);
    struct trace_reader reader;
    struct op_config config;
    const char *refusal = trace_open(&reader, &config, copy, size_bytes);
    free(copy);
    return refusal;
}

static void seal(const struct packed *packed)
{
    wire_store(packed->data + TRACE_CRC,
               crc32_update(0, packed->data + TRACE_OP_COUNT, packed->size_bytes - TRACE_OP_COUNT));
}

TEST(all_forms_of_operations_read_as_they_were_written)
{
    struct op_list ops = {0};
    struct packed packed = sample(&ops);
    expect_reads(&packed, &ops);
    free(packed.data);
    op_list_free(&ops);
}

TEST(random_loads_read_as_they_were_written)
{
    struct random random = {4};
    for (uint32_t i = 0; i < 200u; i++) {
        struct op_list ops = {0};
        uint32_t slot_count = 1;
        append(&ops, (struct op){OP_ALLOC, 0, random_next(&random), 0});
        for (uint32_t j = random_below(&random, 1000); j != 0; j--) {
            uint32_t size = random_next(&random) >> random_below(&random, 32);
            uint32_t slot = random_below(&random, slot_count);
            switch (random_below(&random, 8)) {
            case 0: append(&ops, (struct op){OP_ALIGNED, slot_count++, size, 64}); break;
            case 1: append(&ops, (struct op){OP_REALLOC, slot, size, 0}); break;
            case 2:
            case 3: append(&ops, (struct op){OP_FREE, slot, 0, 0}); break;
            default: append(&ops, (struct op){OP_ALLOC, slot_count++, size, 0}); break;
            }
        }
        struct packed packed = packed_of(&ops);
        expect_reads(&packed, &ops);
        free(packed.data);
        op_list_free(&ops);
    }
}

TEST(common_operations_take_one_byte)
{
    struct op_list ops = {0};
    for (uint32_t i = 0; i < 10000u; i++) {
        append(&ops, (struct op){OP_ALLOC, i, 8u + i % 128u, 0});
        if (i >= 40u)
            append(&ops, (struct op){OP_FREE, i - 40u, 0, 0});
    }
    struct packed packed = packed_of(&ops);
    EXPECT_EQUAL(packed.size_bytes, TRACE_OPS + ops.count);
    expect_reads(&packed, &ops);
    free(packed.data);
    op_list_free(&ops);
}

TEST(every_length_but_the_whole_is_refused)
{
    struct op_list ops = {0};
    struct packed packed = sample(&ops);
    for (uint32_t size = 0; size < packed.size_bytes; size++)
        EXPECT(open_copy(packed.data, size) != NULL);
    EXPECT(open_copy(packed.data, packed.size_bytes) == NULL);
    uint8_t *longer = calloc(packed.size_bytes + 1u, 1);
    EXPECT(longer != NULL);
    memcpy(longer, packed.data, packed.size_bytes);
    EXPECT(strcmp(open_copy(longer, packed.size_bytes + 1u),
                  "packed trace: bytes follow its end") == 0);
    free(longer);
    free(packed.data);
    op_list_free(&ops);
}

TEST(every_flipped_bit_is_refused)
{
    struct op_list ops = {0};
    struct packed packed = sample(&ops);
    for (uint32_t bit = 0; bit < 8u * packed.size_bytes; bit++) {
        packed.data[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        EXPECT(open_copy(packed.data, packed.size_bytes) != NULL);
        packed.data[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
    }
    free(packed.data);
    op_list_free(&ops);
}

TEST(a_wrong_header_with_a_right_crc_is_refused)
{
    static const struct {
        uint32_t field;
        uint32_t value;
        const char *refusal;
    } cases[] = {
        {TRACE_OP_COUNT, 0, "packed trace: its counts cannot be"},
        {TRACE_OP_COUNT, UINT32_MAX, "packed trace: its counts cannot be"},
        {TRACE_ALLOC_COUNT, 0, "packed trace: its counts cannot be"},
        {TRACE_ALLOC_COUNT, 1u << 20, "packed trace: its counts cannot be"},
        {TRACE_FRAMES, TRACE_FRAMES_MAX + 1u, "packed trace: its machine is out of bounds"},
        {TRACE_WINDOW_PAGES, 0, "packed trace: its machine is out of bounds"},
        {TRACE_WINDOW_PAGES, OP_WINDOW_PAGES_MAX + 1u,
         "packed trace: its machine is out of bounds"},
        {TRACE_OP_BYTES, UINT32_MAX, "packed trace: cut off"},
        {TRACE_OP_BYTES, 0, "packed trace: bytes follow its end"},
    };
    struct op_list ops = {0};
    struct packed packed = sample(&ops);
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t before = wire_load(packed.data + cases[i].field);
        wire_store(packed.data + cases[i].field, cases[i].value);
        seal(&packed);
        const char *refusal = open_copy(packed.data, packed.size_bytes);
        EXPECT(refusal != NULL && strcmp(refusal, cases[i].refusal) == 0);
        wire_store(packed.data + cases[i].field, before);
    }
    free(packed.data);
    op_list_free(&ops);
}

TEST(no_trace_with_a_right_crc_leads_outside_its_bytes_or_slots)
{
    struct random random = {5};
    struct op_list ops = {0};
    struct packed packed = sample(&ops);
    for (uint32_t i = 0; i < 5000u; i++) {
        /* The counts now and then, the operations always; ending in a number that is cut off. */
        if (random_below(&random, 4) == 0)
            packed.data[TRACE_ALLOC_COUNT] = (uint8_t)random_next(&random);
        for (uint32_t j = random_below(&random, 20); j != 0; j--) {
            uint32_t at = TRACE_OPS + random_below(&random, packed.size_bytes - TRACE_OPS);
            packed.data[at] = (uint8_t)(random_next(&random) | 0x80u);
        }
        seal(&packed);
        struct trace_reader reader;
        struct op_config config;
        struct op op;
        uint32_t count = 0;
        if (trace_open(&reader, &config, packed.data, packed.size_bytes) != NULL)
            continue;
        uint32_t slot_count = reader.alloc_count;
        for (; trace_next(&reader, &op); count++)
            EXPECT(op.slot < slot_count);
        EXPECT(count <= ops.count);
    }
    free(packed.data);
    op_list_free(&ops);
}

TEST(a_machine_has_twice_the_frames_of_the_peak)
{
    static const struct {
        uint64_t peak;
        uint32_t frames;
    } cases[] = {
        {0, 1024},
        {480u * 4096u, 1024},
        {480u * 4096u + 1u, 1280},
        {10000u * 4096u, 20224},
        {(uint64_t)1 << 40, 65536},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct op_config config;
        trace_machine(cases[i].peak, &config);
        EXPECT_EQUAL(config.frame_count, cases[i].frames);
        EXPECT_EQUAL(config.window_pages, OP_WINDOW_PAGES_MAX);
    }
}

TEST_MAIN(RUN(all_forms_of_operations_read_as_they_were_written)
              RUN(random_loads_read_as_they_were_written) RUN(common_operations_take_one_byte)
                  RUN(every_length_but_the_whole_is_refused) RUN(every_flipped_bit_is_refused)
                      RUN(a_wrong_header_with_a_right_crc_is_refused)
                          RUN(no_trace_with_a_right_crc_leads_outside_its_bytes_or_slots)
                              RUN(a_machine_has_twice_the_frames_of_the_peak))
