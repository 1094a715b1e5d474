/* A line of text being built, without a C library. What does not fit is cut off, and the line stays
 * terminated. */
#ifndef KHEAP_FUZZ_LINE_H
#define KHEAP_FUZZ_LINE_H

#include <stdint.h>

/* Not LINE_MAX, which POSIX has in <limits.h>. */
#define LINE_SIZE 256u

struct line {
    char text[LINE_SIZE];
    uint32_t length;
};

void line_clear(struct line *line);
void line_text(struct line *line, const char *text);
void line_decimal(struct line *line, uint64_t number);
/* Exactly `digits` hexadecimal digits, the low ones of `number`. Requires digits <= 16. */
void line_hex(struct line *line, uint64_t number, uint32_t digits);

#endif
