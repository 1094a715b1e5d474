#include "fuzz/line.h"

void line_clear(struct line *line)
{
    line->length = 0;
    line->text[0] = '\0';
}

static void line_character(struct line *line, char character)
{
    if (line->length + 1u >= LINE_SIZE)
        return;
    line->text[line->length++] = character;
    line->text[line->length] = '\0';
}

void line_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++)
        line_character(line, *text);
}

/* Digits are found by subtraction: an i386 divides 64 bits only with the compiler's library, which
 * a kernel does not have. */
void line_decimal(struct line *line, uint64_t number)
{
    static const uint64_t powers[] = {
        10000000000000000000u,
        1000000000000000000u,
        100000000000000000u,
        10000000000000000u,
        1000000000000000u,
        100000000000000u,
        10000000000000u,
        1000000000000u,
        100000000000u,
        10000000000u,
        1000000000u,
        100000000u,
        10000000u,
        1000000u,
        100000u,
        10000u,
        1000u,
        100u,
        10u,
        1u,
    };
    const uint32_t count = (uint32_t)(sizeof powers / sizeof powers[0]);
    uint32_t first = 0;
    while (first < count - 1u && number < powers[first])
        first++;
    for (uint32_t i = first; i < count; i++) {
        char digit = '0';
        for (; number >= powers[i]; number -= powers[i])
            digit++;
        line_character(line, digit);
    }
}

void line_hex(struct line *line, uint64_t number, uint32_t digits)
{
    while (digits-- != 0) {
        uint32_t half = digits >= 8u ? (uint32_t)(number >> 32) : (uint32_t)number;
        line_character(line, "0123456789abcdef"[(half >> (4u * (digits % 8u))) & 15u]);
    }
}
