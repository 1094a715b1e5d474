/* Marks, against an array of one bool for each number. */
#include "invariants/marks.h"

#include "ci/unit.h"

/* Two levels' worth and a bit, so that a number and its neighbours meet every border but those of
 * the two highest levels. */
#define NAIVE_LIMIT (3u * 4096u + 5u)
#define HIGH_BORDER (64u * 64u * 64u)
#define HIGHEST_BORDER (64u * HIGH_BORDER)
#define FAR_LIMIT (5u * HIGHEST_BORDER)

static bool naive[NAIVE_LIMIT + 1u];
static struct marks marks;
static uint64_t *memory;

static void marks_up(uint32_t limit)
{
    free(memory);
    memory = calloc(marks_words(limit), sizeof(uint64_t));
    EXPECT(memory != NULL);
    marks_make(&marks, memory, limit);
    for (uint32_t n = 0; n <= NAIVE_LIMIT; n++)
        naive[n] = false;
}

static void put(uint32_t n, bool member)
{
    naive[n] = member;
    if (member)
        marks_set(&marks, n);
    else
        marks_clear(&marks, n);
}

static uint32_t naive_after(uint32_t n)
{
    for (n++; n <= NAIVE_LIMIT; n++)
        if (naive[n])
            return n;
    return MARKS_NONE;
}

static uint32_t naive_before(uint32_t n)
{
    while (n-- > 0)
        if (naive[n])
            return n;
    return MARKS_NONE;
}

static void expect_equal_at(uint32_t n)
{
    EXPECT_EQUAL(marks_has(&marks, n), naive[n]);
    EXPECT_EQUAL(marks_after(&marks, n), naive_after(n));
    EXPECT_EQUAL(marks_before(&marks, n), naive_before(n));
}

static void expect_untouched_memory(uint32_t limit)
{
    for (uint32_t w = 0; w < marks_words(limit); w++)
        EXPECT_EQUAL(memory[w], 0);
}

static const uint32_t borders[] = {0,
                                   1,
                                   62,
                                   63,
                                   64,
                                   65,
                                   127,
                                   128,
                                   4031,
                                   4032,
                                   4094,
                                   4095,
                                   4096,
                                   4097,
                                   8191,
                                   8192,
                                   NAIVE_LIMIT - 1u,
                                   NAIVE_LIMIT};
#define BORDERS (sizeof(borders) / sizeof(borders[0]))

TEST(an_empty_set_has_no_members)
{
    marks_up(NAIVE_LIMIT);
    for (uint32_t i = 0; i < BORDERS; i++)
        expect_equal_at(borders[i]);
}

/* One member, and two: every border seen from every other. */
TEST(members_at_the_borders_of_words_are_found)
{
    for (uint32_t i = 0; i < BORDERS; i++)
        for (uint32_t j = 0; j < BORDERS; j++) {
            marks_up(NAIVE_LIMIT);
            put(borders[i], true);
            put(borders[j], true);
            for (uint32_t k = 0; k < BORDERS; k++)
                expect_equal_at(borders[k]);
            put(borders[i], false);
            for (uint32_t k = 0; k < BORDERS; k++)
                expect_equal_at(borders[k]);
        }
}

TEST(a_random_set_agrees_with_an_array)
{
    uint32_t random = 1;
    marks_up(NAIVE_LIMIT);
    for (uint32_t i = 0; i < 60000u; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t n = (random >> 8) % (NAIVE_LIMIT + 1u);
        /* Dense at first, then few and far between. */
        put(n, i < 20000u && (random >> 30) != 0);
        expect_equal_at(n);
        expect_equal_at((n * 7919u) % (NAIVE_LIMIT + 1u));
    }
}

TEST(setting_and_clearing_twice_is_as_once)
{
    marks_up(NAIVE_LIMIT);
    put(4095, true);
    put(4095, true);
    put(4096, true);
    put(4095, false);
    put(4095, false);
    expect_equal_at(4095);
    expect_equal_at(0);
    put(4096, false);
    expect_equal_at(0);
    expect_untouched_memory(NAIVE_LIMIT);
}

/* So far apart that only the highest level sees both, with empty words of it between them. */
TEST(members_far_apart_are_found)
{
    const uint32_t members[] = {7,
                                HIGH_BORDER - 1u,
                                HIGH_BORDER,
                                HIGHEST_BORDER - 1u,
                                HIGHEST_BORDER,
                                FAR_LIMIT - 1u,
                                FAR_LIMIT};
    const uint32_t count = sizeof(members) / sizeof(members[0]);
    marks_up(FAR_LIMIT);
    for (uint32_t i = 0; i < count; i++)
        marks_set(&marks, members[i]);
    EXPECT_EQUAL(marks_before(&marks, members[0]), MARKS_NONE);
    EXPECT_EQUAL(marks_after(&marks, members[count - 1u]), MARKS_NONE);
    for (uint32_t i = 1; i < count; i++) {
        EXPECT_EQUAL(marks_after(&marks, members[i - 1u]), members[i]);
        EXPECT_EQUAL(marks_before(&marks, members[i]), members[i - 1u]);
    }
    uint32_t between = FAR_LIMIT / 2u;
    EXPECT_EQUAL(marks_after(&marks, between), FAR_LIMIT - 1u);
    EXPECT_EQUAL(marks_before(&marks, between), HIGHEST_BORDER);
    marks_clear(&marks, FAR_LIMIT - 1u);
    EXPECT_EQUAL(marks_after(&marks, between), FAR_LIMIT);
}

TEST(emptying_leaves_nothing)
{
    marks_up(NAIVE_LIMIT);
    for (uint32_t i = 0; i < BORDERS; i++)
        put(borders[i], true);
    marks_empty(&marks);
    expect_untouched_memory(NAIVE_LIMIT);
    marks_empty(&marks);
    marks_up(FAR_LIMIT);
    marks_set(&marks, 3);
    marks_set(&marks, FAR_LIMIT);
    marks_empty(&marks);
    expect_untouched_memory(FAR_LIMIT);
}

int main(void)
{
    RUN(an_empty_set_has_no_members);
    RUN(members_at_the_borders_of_words_are_found);
    RUN(a_random_set_agrees_with_an_array);
    RUN(setting_and_clearing_twice_is_as_once);
    RUN(members_far_apart_are_found);
    RUN(emptying_leaves_nothing);
    return 0;
}
