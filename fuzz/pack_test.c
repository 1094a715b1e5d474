#include "fuzz/pack.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/crc32.h"
#include "fuzz/pack_write.h"
#include "fuzz/wire.h"

static const uint8_t contents[] = {1, 2, 3, 4, 5};

static struct pack_writer sample(void)
{
    struct pack_writer writer = {0};
    EXPECT(pack_write_input(&writer, "empty", contents, 0));
    EXPECT(pack_write_input(&writer, "split-exact", contents, sizeof contents));
    EXPECT(pack_write_input(&writer, "x", contents, 1));
    EXPECT(pack_write_header(&writer));
    return writer;
}

/* Opens a copy of exactly so many bytes, so that a sanitizer sees a read outside. */
static const char *open_copy(const uint8_t *data, uint32_t size_bytes)
{
    uint8_t *copy = malloc(size_bytes + (size_bytes == 0));
    EXPECT(copy != NULL);
    memcpy(copy, data, size_bytes);
    struct pack pack;
    const char *refusal = pack_open(&pack, copy, size_bytes);
    free(copy);
    return refusal;
}

/* Makes the CRC right again after a change, so that the checks behind it are reached. */
static void seal(struct pack_writer *writer)
{
    wire_store(writer->data + PACK_CRC, crc32_update(0, writer->data + PACK_INPUT_COUNT,
                                                     writer->size_bytes - PACK_INPUT_COUNT));
}

TEST(inputs_come_out_as_they_went_in)
{
    struct pack_writer writer = sample();
    struct pack pack;
    struct pack_input input;
    EXPECT(pack_recognise(writer.data, writer.size_bytes));
    EXPECT(pack_open(&pack, writer.data, writer.size_bytes) == NULL);
    EXPECT_EQUAL(pack.input_count, 3);
    EXPECT(pack_next(&pack, &input));
    EXPECT(strcmp(input.name, "empty") == 0 && input.size_bytes == 0);
    EXPECT(pack_next(&pack, &input));
    EXPECT(strcmp(input.name, "split-exact") == 0);
    EXPECT_EQUAL(input.size_bytes, sizeof contents);
    EXPECT(memcmp(input.data, contents, sizeof contents) == 0);
    EXPECT(pack_next(&pack, &input));
    EXPECT(strcmp(input.name, "x") == 0 && input.size_bytes == 1u && input.data[0] == 1u);
    EXPECT(!pack_next(&pack, &input));
    EXPECT(!pack_next(&pack, &input));
    pack_write_free(&writer);
}

TEST(a_pack_may_be_empty)
{
    struct pack_writer writer = {0};
    struct pack pack;
    struct pack_input input;
    EXPECT(pack_write_header(&writer));
    EXPECT_EQUAL(writer.size_bytes, PACK_HEADER);
    EXPECT(pack_open(&pack, writer.data, writer.size_bytes) == NULL);
    EXPECT(!pack_next(&pack, &input));
    pack_write_free(&writer);
}

TEST(every_length_but_the_whole_is_refused)
{
    struct pack_writer writer = sample();
    for (uint32_t size = 0; size < writer.size_bytes; size++)
        EXPECT(open_copy(writer.data, size) != NULL);
    EXPECT(open_copy(writer.data, writer.size_bytes) == NULL);
    uint8_t longer[256] = {0};
    memcpy(longer, writer.data, writer.size_bytes);
    EXPECT(strcmp(open_copy(longer, writer.size_bytes + 1u), "pack: bytes follow its end") == 0);
    pack_write_free(&writer);
}

TEST(every_flipped_bit_is_refused)
{
    struct pack_writer writer = sample();
    for (uint32_t bit = 0; bit < 8u * writer.size_bytes; bit++) {
        writer.data[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
        EXPECT(open_copy(writer.data, writer.size_bytes) != NULL);
        writer.data[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
    }
    pack_write_free(&writer);
}

TEST(a_wrong_pack_with_a_right_crc_is_refused)
{
    const uint32_t first = PACK_HEADER;
    struct pack_writer writer = sample();
    struct {
        uint32_t offset;
        uint8_t value;
        const char *refusal;
    } cases[] = {
        {PACK_INPUT_COUNT, 2, "pack: bytes follow its last input"},
        {PACK_INPUT_COUNT, 4, "pack: an input does not fit into it"},
        {PACK_INPUT_COUNT + 3, 255, "pack: an input does not fit into it"},
        {first, 255, "pack: an input does not fit into it"},
        {first + 3, 255, "pack: an input does not fit into it"},
        {first + 4, 0, "pack: an input does not fit into it"},
        {first + 4, PACK_NAME_MAX + 1, "pack: an input does not fit into it"},
        {first + 5, 1, "pack: an input does not fit into it"},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t before = writer.data[cases[i].offset];
        writer.data[cases[i].offset] = cases[i].value;
        seal(&writer);
        const char *refusal = open_copy(writer.data, writer.size_bytes);
        EXPECT(refusal != NULL && strcmp(refusal, cases[i].refusal) == 0);
        writer.data[cases[i].offset] = before;
    }
    pack_write_free(&writer);
}

/* Reads all that a pack which was let in says it has. */
static void read_all(const uint8_t *data, uint32_t size_bytes)
{
    struct pack pack;
    struct pack_input input;
    if (pack_open(&pack, data, size_bytes) != NULL)
        return;
    while (pack_next(&pack, &input)) {
        EXPECT(strlen(input.name) <= PACK_NAME_MAX);
        EXPECT(input.data >= data && input.data + input.size_bytes <= data + size_bytes);
    }
}

TEST(no_pack_with_a_right_crc_leads_outside_it)
{
    struct pack_writer writer = sample();
    for (uint32_t i = PACK_INPUT_COUNT; i < writer.size_bytes; i++) {
        uint8_t before = writer.data[i];
        for (uint32_t value = 0; value < 256u; value++) {
            writer.data[i] = (uint8_t)value;
            seal(&writer);
            read_all(writer.data, writer.size_bytes);
        }
        writer.data[i] = before;
    }
    pack_write_free(&writer);
}

TEST(names_have_bounds)
{
    struct pack_writer writer = {0};
    struct pack pack;
    struct pack_input input;
    char name[PACK_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[PACK_NAME_MAX + 1] = '\0';
    EXPECT(!pack_write_input(&writer, name, contents, 1));
    EXPECT(!pack_write_input(&writer, "", contents, 1));
    name[PACK_NAME_MAX] = '\0';
    EXPECT(pack_write_input(&writer, name, contents, 1));
    EXPECT(pack_write_header(&writer));
    EXPECT(pack_open(&pack, writer.data, writer.size_bytes) == NULL);
    EXPECT_EQUAL(pack.input_count, 1);
    EXPECT(pack_next(&pack, &input));
    EXPECT(strcmp(input.name, name) == 0);
    pack_write_free(&writer);
}

TEST(a_crc_is_the_published_one_and_can_be_continued)
{
    const uint8_t *digits = (const uint8_t *)"123456789";
    EXPECT_EQUAL(crc32_update(0, digits, 9), 0xCBF43926u);
    EXPECT_EQUAL(crc32_update(crc32_update(0, digits, 4), digits + 4, 5), 0xCBF43926u);
    EXPECT_EQUAL(crc32_update(0, digits, 0), 0);
}

TEST_MAIN(RUN(inputs_come_out_as_they_went_in) RUN(a_pack_may_be_empty)
              RUN(every_length_but_the_whole_is_refused) RUN(every_flipped_bit_is_refused)
                  RUN(a_wrong_pack_with_a_right_crc_is_refused)
                      RUN(no_pack_with_a_right_crc_leads_outside_it) RUN(names_have_bounds)
                          RUN(a_crc_is_the_published_one_and_can_be_continued))
