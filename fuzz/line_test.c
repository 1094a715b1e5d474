#include "fuzz/line.h"

#include <inttypes.h>
#include <string.h>

#include "ci/unit.h"

TEST(decimal_numbers_are_as_printf_writes_them)
{
    uint64_t number = UINT64_MAX;
    for (uint32_t i = 0; i < 64u; i++) {
        struct line line;
        char expected[32];
        line_clear(&line);
        line_decimal(&line, number);
        (void)snprintf(expected, sizeof expected, "%" PRIu64, number);
        EXPECT(strcmp(line.text, expected) == 0);
        number /= i % 2u == 0 ? 2u : 3u;
    }
    EXPECT_EQUAL(number, 0);
}

TEST(zero_is_one_digit)
{
    struct line line;
    line_clear(&line);
    line_decimal(&line, 0);
    EXPECT(strcmp(line.text, "0") == 0);
}

TEST(hexadecimal_numbers_have_the_digits_asked_for)
{
    struct line line;
    line_clear(&line);
    line_hex(&line, 0x0123456789ABCDEFu, 16);
    line_text(&line, " ");
    line_hex(&line, 0x0123456789ABCDEFu, 9);
    line_text(&line, " ");
    line_hex(&line, 0xAu, 2);
    line_hex(&line, 0xAu, 0);
    EXPECT(strcmp(line.text, "0123456789abcdef 789abcdef 0a") == 0);
    EXPECT_EQUAL(line.length, strlen(line.text));
}

TEST(what_does_not_fit_is_cut_off)
{
    struct line line;
    line_clear(&line);
    for (uint32_t i = 0; i < LINE_SIZE; i++)
        line_text(&line, "abc");
    EXPECT_EQUAL(line.length, LINE_SIZE - 1u);
    EXPECT_EQUAL(strlen(line.text), LINE_SIZE - 1u);
    line_decimal(&line, 1);
    EXPECT_EQUAL(line.length, LINE_SIZE - 1u);
    line_clear(&line);
    EXPECT_EQUAL(strlen(line.text), 0);
}

TEST_MAIN(RUN(decimal_numbers_are_as_printf_writes_them) RUN(zero_is_one_digit)
              RUN(hexadecimal_numbers_have_the_digits_asked_for) RUN(what_does_not_fit_is_cut_off))
