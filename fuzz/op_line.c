#include "fuzz/op_line.h"

/* What is XORed into a word, and addresses, say more in hexadecimal. */
static bool hexadecimal(enum op_kind kind, char letter)
{
    return (kind >= OP_DAMAGE_HEADER && kind <= OP_DAMAGE_REALLOC && letter == 'a') ||
           kind == OP_FREE_FOREIGN;
}

static void number_write(struct line *line, uint32_t number, bool hexadecimal_digits)
{
    line_text(line, " ");
    if (!hexadecimal_digits) {
        line_decimal(line, number);
        return;
    }
    uint32_t digits = 1;
    while (digits < 8u && number >> (4u * digits) != 0)
        digits++;
    line_text(line, "0x");
    line_hex(line, number, digits);
}

void op_line(const struct op *op, struct line *line)
{
    line_text(line, op_word(op->kind));
    for (const char *letter = op_arguments(op->kind); *letter != '\0'; letter++) {
        uint32_t number = *letter == 's' ? op->slot : *letter == 'n' ? op->size : op->arg;
        number_write(line, number, hexadecimal(op->kind, *letter));
    }
}

void op_line_config(const struct op_config *config, struct line *line)
{
    line_text(line, config->policy == 0 ? "heap bins" : "heap first-fit");
    number_write(line, config->frame_count, false);
    number_write(line, config->window_pages, false);
}
