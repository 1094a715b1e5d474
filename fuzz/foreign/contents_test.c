/* Patterns: what was written is found, and a bit of it that differs is found where it is. */
#include "fuzz/foreign/contents.h"

#include <stdbool.h>
#include <string.h>

#include "ci/unit.h"
#include "fuzz/random.h"

#define ROOM (5u * CONTENTS_END)

static uint8_t memory[ROOM + 64u];

static uintptr_t place(uintptr_t offset)
{
    return (uintptr_t)memory + offset;
}

/* Bytes of a block that are written: what a change of them must tell. */
static bool is_written(uintptr_t size_bytes, uint32_t seed, uintptr_t offset)
{
    uintptr_t tail = (size_bytes - CONTENTS_END) & ~(uintptr_t)3;
    return size_bytes <= 2u * CONTENTS_END || contents_whole(size_bytes, seed) ||
           offset < CONTENTS_END || offset >= tail || offset % CONTENTS_STRIDE < 4u;
}

TEST(a_very_large_block_is_read_at_both_ends_and_at_so_many_words)
{
    static uint8_t large[CONTENTS_STRIDE * CONTENTS_WORDS * 5u];
    uintptr_t at = (uintptr_t)large;
    uintptr_t size = sizeof(large) - 3u;
    uintptr_t tail = (size - CONTENTS_END) & ~(uintptr_t)3;
    uintptr_t written = 0;
    contents_write(at, size, 1);
    EXPECT_EQUAL(contents_find_damage(at, size, 1, size), size);
    for (uintptr_t o = CONTENTS_END; o < tail; o += 4u) {
        bool is = contents_read(at + o, 4) != 0;
        written += is;
        if (is && written % 50u == 1u) {
            large[o] ^= 1u;
            EXPECT_EQUAL(contents_find_damage(at, size, 1, size), o);
            /* As a resize leaves it: cut behind this word, and before it. */
            EXPECT_EQUAL(contents_find_damage(at, size, 1, o + 9u), o);
            EXPECT_EQUAL(contents_find_damage(at, size, 1, o), o);
            large[o] ^= 1u;
        }
    }
    EXPECT(written > CONTENTS_WORDS / 2u && written <= CONTENTS_WORDS);
}

TEST(contents_of_any_size_at_any_address_are_found_intact_and_stay_within)
{
    for (uintptr_t size = 0; size < 300u; size++)
        for (uintptr_t start = 0; start < 9u; start++) {
            memset(memory, 0x77, sizeof(memory));
            contents_write(place(start), size, 5);
            EXPECT_EQUAL(contents_find_damage(place(start), size, 5, size), size);
            for (uintptr_t i = 0; i < start; i++)
                EXPECT_EQUAL(memory[i], 0x77);
            for (uintptr_t i = start + size; i < start + size + 16u; i++)
                EXPECT_EQUAL(memory[i], 0x77);
        }
}

TEST(every_byte_of_a_small_block_is_read)
{
    for (uintptr_t size = 1; size < 100u; size++) {
        contents_write(place(3), size, 9);
        for (uintptr_t i = 0; i < size; i++) {
            memory[3u + i] ^= 0x10u;
            EXPECT_EQUAL(contents_find_damage(place(3), size, 9, size), i & ~(uintptr_t)3);
            /* What follows the bytes that are asked for does not count. */
            EXPECT_EQUAL(contents_find_damage(place(3), size, 9, i), i);
            memory[3u + i] ^= 0x10u;
        }
    }
}

TEST(a_large_block_is_read_at_both_ends_and_in_each_line)
{
    const uintptr_t sizes[] = {2u * CONTENTS_END, 2u * CONTENTS_END + 1u, 3u * CONTENTS_END + 7u,
                               5u * CONTENTS_END};
    for (uint32_t n = 0; n < 4u; n++) {
        uintptr_t size = sizes[n];
        contents_write(place(0), size, n);
        EXPECT_EQUAL(contents_find_damage(place(0), size, n, size), size);
        for (uintptr_t i = 0; i < size; i++) {
            uintptr_t expected = is_written(size, n, i) ? i & ~(uintptr_t)3 : size;
            memory[i] ^= 0x80u;
            EXPECT_EQUAL(contents_find_damage(place(0), size, n, size), expected);
            memory[i] ^= 0x80u;
        }
    }
}

/* As a resize leaves it. */
TEST(of_a_large_block_that_was_cut_what_is_left_is_read_to_the_byte)
{
    uintptr_t size = 3u * CONTENTS_END;
    struct random random = {1};
    contents_write(place(0), size, 4);
    for (uint32_t n = 0; n < 4000u; n++) {
        uintptr_t upto = n < 40u ? n + 1u : 1u + random_below(&random, (uint32_t)size);
        uintptr_t i = n % 2u != 0 ? upto - 1u : random_below(&random, (uint32_t)upto);
        uintptr_t expected = is_written(size, 4, i) ? i & ~(uintptr_t)3 : upto;
        EXPECT_EQUAL(contents_find_damage(place(0), size, 4, upto), upto);
        memory[i] ^= 1u;
        EXPECT_EQUAL(contents_find_damage(place(0), size, 4, upto), expected);
        memory[i] ^= 1u;
    }
}

TEST(two_blocks_differ_in_their_words)
{
    uint32_t same = 0;
    for (uint32_t a = 0; a < 200u; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uintptr_t offset = 0; offset < 32u; offset += 4u)
                same += contents_word(a, offset) == contents_word(b, offset);
    EXPECT_EQUAL(same, 0);
    EXPECT(contents_word(1, 0) != contents_word(1, 4));
}

TEST(a_word_is_read_with_as_many_bytes_as_there_are)
{
    const uint8_t bytes[] = {1, 2, 3, 4, 5};
    EXPECT_EQUAL(contents_read((uintptr_t)bytes, 5), 0x04030201u);
    EXPECT_EQUAL(contents_read((uintptr_t)bytes, 2), 0x0201u);
    EXPECT_EQUAL(contents_read((uintptr_t)bytes + 1u, 4), 0x05040302u);
    contents_write(place(0), 16, 6);
    EXPECT_EQUAL(contents_read(place(8), 4), contents_word(6, 8));
}

TEST(a_fill_is_found_whole_and_its_first_other_byte_is)
{
    for (uintptr_t size = 0; size < 40u; size++) {
        contents_fill(place(5), size, 0x5C);
        EXPECT_EQUAL(contents_find_other(place(5), size, 0x5C), size);
        for (uintptr_t i = 0; i < size; i++) {
            memory[5u + i] = 0x5D;
            EXPECT_EQUAL(contents_find_other(place(5), size, 0x5C), i);
            memory[5u + i] = 0x5C;
        }
    }
}

int main(void)
{
    RUN(contents_of_any_size_at_any_address_are_found_intact_and_stay_within);
    RUN(every_byte_of_a_small_block_is_read);
    RUN(a_large_block_is_read_at_both_ends_and_in_each_line);
    RUN(a_very_large_block_is_read_at_both_ends_and_at_so_many_words);
    RUN(of_a_large_block_that_was_cut_what_is_left_is_read_to_the_byte);
    RUN(two_blocks_differ_in_their_words);
    RUN(a_word_is_read_with_as_many_bytes_as_there_are);
    RUN(a_fill_is_found_whole_and_its_first_other_byte_is);
    return 0;
}
