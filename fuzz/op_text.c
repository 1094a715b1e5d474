#include "fuzz/op_text.h"

#include <string.h>

#include "fuzz/op_line.h"

#define WORDS_MAX 5u /* more than any line has, so that one too many is seen */

/* A word of the text, which is not terminated there. */
struct word {
    const char *at;
    size_t length;
};

struct parser {
    const char *next;
    const char *end;
    uint32_t line_number;
    struct word words[WORDS_MAX];
    uint32_t word_count;
    struct line *error;
};

/* What the arguments of an operation are, for those who gave too few. */
static const char *operands(enum op_kind kind)
{
    switch (kind) {
    case OP_ALLOC:
    case OP_REALLOC:
    case OP_USE_FREED: return "2 numbers, slot and size";
    case OP_ALIGNED: return "3 numbers, slot, size and alignment";
    case OP_ZALLOC: return "3 numbers, slot, count and size";
    case OP_FREE:
    case OP_FILL:
    case OP_SAME:
    case OP_DOUBLE_FREE: return "1 number, slot";
    case OP_RECLAIM: return "1 number, pages";
    case OP_PRESSURE: return "1 number, frames";
    case OP_REFUSE:
    case OP_REFUSE_ON: return "1 number, frame requests";
    case OP_INTERRUPT: return "3 numbers, points, slot and size";
    case OP_MAP:
    case OP_UNMAP: return "1 number, page";
    case OP_GROW:
    case OP_SHRINK: return "1 number, bytes";
    case OP_WINDOW:
    case OP_APPEND: return "2 numbers, bytes and bytes before them";
    case OP_GREEDY: return "1 number, size";
    case OP_DRAIN: return "1 number, order";
    case OP_FREE_INNER: return "2 numbers, slot and units of 8 bytes";
    case OP_FREE_MISALIGNED: return "2 numbers, slot and bytes";
    case OP_FREE_FOREIGN: return "1 number, address";
    case OP_DAMAGE_HEADER:
    case OP_DAMAGE_FOOTER:
    case OP_DAMAGE_NEXT:
    case OP_DAMAGE_PREVIOUS:
    case OP_DAMAGE_LINK:
    case OP_DAMAGE_REALLOC: return "2 numbers, slot and bits";
    case OP_CHECK:
    case OP_STATS:
    case OP_KIND_COUNT: break;
    }
    return "no numbers";
}

/* Appends a word of the input to a message, made short and printable. */
static void line_word(struct line *line, struct word word)
{
    char text[33];
    size_t length = word.length < sizeof text - 1u ? word.length : sizeof text - 1u;
    for (size_t i = 0; i < length; i++)
        text[i] = word.at[i] >= ' ' && word.at[i] <= '~' ? word.at[i] : '?';
    text[length] = '\0';
    line_text(line, text);
    if (length < word.length)
        line_text(line, "...");
}

/* Sets the error: the line's number, `before`, the word in quotes, `after`. Returns false. */
static bool refuse(struct parser *parser, const char *before, struct word word, const char *after)
{
    line_clear(parser->error);
    line_text(parser->error, "line ");
    line_decimal(parser->error, parser->line_number);
    line_text(parser->error, ": ");
    line_text(parser->error, before);
    line_text(parser->error, "`");
    line_word(parser->error, word);
    line_text(parser->error, "'");
    line_text(parser->error, after);
    return false;
}

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.at, text, word.length) == 0;
}

static bool blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Splits the next line that has words. Returns false at the end of the text. */
static bool line_next(struct parser *parser)
{
    parser->word_count = 0;
    while (parser->word_count == 0 && parser->next != parser->end) {
        size_t left = (size_t)(parser->end - parser->next);
        const char *end = memchr(parser->next, '\n', left);
        const char *next = end != NULL ? end + 1 : parser->end;
        end = end != NULL ? end : parser->end;
        const char *at = parser->next;
        while (at != end && *at != '#' && parser->word_count < WORDS_MAX) {
            const char *start = at;
            while (at != end && *at != '#' && !blank(*at))
                at++;
            if (at != start)
                parser->words[parser->word_count++] = (struct word){start, (size_t)(at - start)};
            while (at != end && blank(*at))
                at++;
        }
        parser->next = next;
        parser->line_number++;
    }
    return parser->word_count != 0;
}

static uint32_t digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint32_t)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (uint32_t)(digit - 'a') + 10u;
    if (digit >= 'A' && digit <= 'F')
        return (uint32_t)(digit - 'A') + 10u;
    return UINT32_MAX;
}

static bool number_parse(struct parser *parser, struct word word, uint32_t *number)
{
    bool prefixed = word.length > 2u && word.at[0] == '0' && (word.at[1] | 0x20) == 'x';
    uint32_t base = prefixed ? 16u : 10u;
    uint64_t value = 0;
    for (size_t i = prefixed ? 2u : 0u; i < word.length; i++) {
        uint32_t digit = digit_value(word.at[i]);
        if (digit >= base)
            return refuse(parser, "", word, " is not a number");
        value = value * base + digit;
        if (value > UINT32_MAX)
            return refuse(parser, "", word, " does not fit into 32 bits");
    }
    *number = (uint32_t)value;
    return true;
}

static bool config_parse(struct parser *parser, struct op_config *config)
{
    const struct word *words = parser->words;
    if (parser->word_count != 4u)
        return refuse(parser, "", words[0], " takes a policy and 2 numbers, frames and pages");
    bool first_fit = word_is(words[1], "first-fit");
    if (!first_fit && !word_is(words[1], "bins"))
        return refuse(parser, "unknown policy ", words[1], ", there are bins and first-fit");
    config->policy = first_fit ? 1u : 0u;
    if (!number_parse(parser, words[2], &config->frame_count) ||
        !number_parse(parser, words[3], &config->window_pages))
        return false;
    if (config->frame_count > OP_FRAMES_MAX)
        return refuse(parser, "", words[2], " is too many frames");
    if (config->window_pages == 0 || config->window_pages > OP_WINDOW_PAGES_MAX)
        return refuse(parser, "", words[3], " cannot be the pages of a window");
    return true;
}

static bool op_parse(struct parser *parser, struct op *op)
{
    const struct word *words = parser->words;
    uint32_t kind = 0;
    while (kind < OP_KIND_COUNT && !word_is(words[0], op_word((enum op_kind)kind)))
        kind++;
    if (kind == OP_KIND_COUNT)
        return refuse(parser, "unknown operation ", words[0], "");
    *op = (struct op){.kind = (enum op_kind)kind};
    const char *letters = op_arguments(op->kind);
    if (parser->word_count != 1u + strlen(letters)) {
        struct line after = {.length = 0};
        line_text(&after, " takes ");
        line_text(&after, operands(op->kind));
        return refuse(parser, "", words[0], after.text);
    }
    for (uint32_t i = 0; letters[i] != '\0'; i++) {
        uint32_t *operand = letters[i] == 's'   ? &op->slot
                            : letters[i] == 'n' ? &op->size
                                                : &op->arg;
        if (!number_parse(parser, words[i + 1u], operand))
            return false;
        if (letters[i] == 's' && op->slot >= OP_SLOTS)
            return refuse(parser, "there is no slot ", words[i + 1u], "");
    }
    return true;
}

bool op_text_recognise(const char *text, size_t size_bytes)
{
    size_t length = strlen(OP_TEXT_MAGIC);
    return size_bytes >= length && memcmp(text, OP_TEXT_MAGIC, length) == 0 &&
           (size_bytes == length || text[length] == '\n' || text[length] == '\r');
}

/* By its characters, and its first line that has words. */
bool op_text_resembles(const char *text, size_t size_bytes)
{
    struct line unused;
    struct parser parser = {.next = text, .end = text + size_bytes, .error = &unused};
    struct op_config config;
    struct op op;
    for (size_t i = 0; i < size_bytes; i++)
        if (text[i] != '\n' && text[i] != '\r' && text[i] != '\t' &&
            (text[i] < ' ' || text[i] > '~'))
            return false;
    line_clear(&unused);
    return line_next(&parser) && (word_is(parser.words[0], "heap") ? config_parse(&parser, &config)
                                                                   : op_parse(&parser, &op));
}

bool op_text_parse(const char *text, size_t size_bytes, struct op_config *config,
                   struct op_list *ops, struct line *error)
{
    struct parser parser = {.next = text, .end = text + size_bytes, .error = error};
    *config = (struct op_config){OP_POLICY_DEFAULT, OP_FRAMES_DEFAULT, OP_WINDOW_PAGES_DEFAULT};
    ops->count = 0;
    if (!op_text_recognise(text, size_bytes)) {
        parser.line_number = 1;
        struct word magic = {OP_TEXT_MAGIC, strlen(OP_TEXT_MAGIC)};
        line_clear(error);
        return refuse(&parser, "a text of operations starts with the line ", magic, "");
    }
    bool configured = false;
    while (line_next(&parser)) {
        struct op op;
        if (word_is(parser.words[0], "heap")) {
            if (configured || ops->count != 0)
                return refuse(&parser, "", parser.words[0],
                              " comes once, before the first operation");
            if (!config_parse(&parser, config))
                return false;
            configured = true;
        } else if (!op_parse(&parser, &op)) {
            return false;
        } else if (!op_list_append(ops, &op)) {
            return refuse(&parser, "no memory at ", parser.words[0], "");
        }
    }
    return true;
}

bool op_text_write(FILE *out, const char *comment, const struct op_config *config,
                   const struct op_list *ops)
{
    struct line line;
    (void)fprintf(out, "%s\n", OP_TEXT_MAGIC);
    if (comment != NULL)
        (void)fprintf(out, "# %s\n", comment);
    line_clear(&line);
    op_line_config(config, &line);
    (void)fprintf(out, "%s\n", line.text);
    for (uint32_t i = 0; i < ops->count; i++) {
        line_clear(&line);
        op_line(&ops->ops[i], &line);
        (void)fprintf(out, "%s\n", line.text);
    }
    return ferror(out) == 0;
}
