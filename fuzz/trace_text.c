#include "fuzz/trace_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/trace.h"
#include "fuzz/trace_write.h"

/* Longer than any line of operations. Comments may be longer: they are skipped. */
#define INPUT_LINE_SIZE 128u

#define NOT_LIVE UINT32_MAX

struct importer {
    FILE *in;
    struct op_list *ops;
    struct line *error;
    uint32_t line_number;
    uint32_t *block_sizes; /* by slot; NOT_LIVE: freed */
    uint32_t slot_count;
    uint32_t slot_capacity;
    uint64_t block_bytes; /* in live blocks */
    uint64_t peak_block_bytes;
    struct op_config machine; /* without frames: not said */
};

static bool refuse(struct importer *importer, const char *what)
{
    line_clear(importer->error);
    line_text(importer->error, "line ");
    line_decimal(importer->error, importer->line_number);
    line_text(importer->error, ": ");
    line_text(importer->error, what);
    return false;
}

static bool refuse_id(struct importer *importer, uint32_t id, const char *what)
{
    (void)refuse(importer, "id ");
    line_decimal(importer->error, id);
    line_text(importer->error, what);
    return false;
}

/* What a block of so many bytes takes, the spread of its alignment included. */
static uint32_t block_size(const struct op *op)
{
    uint64_t size = ((uint64_t)op->size + 15u) & ~(uint64_t)7u;
    size = size < 16u ? 16u : size;
    size += op->kind == OP_ALIGNED ? op->arg : 0;
    return size < NOT_LIVE ? (uint32_t)size : NOT_LIVE - 1u;
}

static bool slot_new(struct importer *importer)
{
    if (importer->slot_count == importer->slot_capacity) {
        uint32_t capacity = importer->slot_capacity < 1024u ? 1024u : 2u * importer->slot_capacity;
        uint32_t *sizes = realloc(importer->block_sizes, (size_t)capacity * sizeof *sizes);
        if (sizes == NULL)
            return refuse(importer, "no memory");
        importer->block_sizes = sizes;
        importer->slot_capacity = capacity;
    }
    importer->block_sizes[importer->slot_count++] = NOT_LIVE;
    return true;
}

/* Takes an operation that was read, if it can come here. Its slot is still an id. */
static bool take(struct importer *importer, struct op *op)
{
    uint32_t id = op->slot;
    bool allocates = op->kind == OP_ALLOC || op->kind == OP_ALIGNED;
    if (allocates && id != importer->slot_count + 1u)
        return refuse_id(importer, id, " is out of order");
    if (allocates && !slot_new(importer))
        return false;
    op->slot = id - 1u;
    if (!allocates &&
        (op->slot >= importer->slot_count || importer->block_sizes[op->slot] == NOT_LIVE))
        return refuse_id(importer, id, " is not live");

    uint32_t *size = &importer->block_sizes[op->slot];
    if (!allocates)
        importer->block_bytes -= *size;
    *size = op->kind == OP_FREE ? NOT_LIVE : block_size(op);
    if (op->kind != OP_FREE)
        importer->block_bytes += *size;
    if (importer->block_bytes > importer->peak_block_bytes)
        importer->peak_block_bytes = importer->block_bytes;
    return op_list_append(importer->ops, op) || refuse(importer, "no memory");
}

/* Reads ` NUMBER` and moves *at behind it. */
static bool number_read(struct importer *importer, const char **at, uint32_t *number)
{
    while (**at == ' ')
        (*at)++;
    if (**at == '\0')
        return refuse(importer, "a number is missing");
    uint64_t value = 0;
    do {
        if (!isdigit((unsigned char)**at))
            return refuse(importer, "not a number");
        value = 10u * value + (uint64_t)(*(*at)++ - '0');
        if (value > UINT32_MAX)
            return refuse(importer, "a number does not fit into 32 bits");
    } while (**at != '\0' && **at != ' ');
    *number = (uint32_t)value;
    return true;
}

static bool line_parse(struct importer *importer, const char *text)
{
    static const struct {
        char letter;
        enum op_kind kind;
    } letters[] = {
        {'a', OP_ALLOC},
        {'m', OP_ALIGNED},
        {'r', OP_REALLOC},
        {'f', OP_FREE},
    };
    uint32_t i = 0;
    while (i < 4u && letters[i].letter != text[0])
        i++;
    if (i == 4u || (text[1] != ' ' && text[1] != '\0'))
        return refuse(importer, "unknown operation, there are a, m, r and f");
    struct op op = {.kind = letters[i].kind};
    const char *at = text + 1;
    if (!number_read(importer, &at, &op.slot))
        return false;
    if (op.kind != OP_FREE && !number_read(importer, &at, &op.size))
        return false;
    if (op.kind == OP_ALIGNED && !number_read(importer, &at, &op.arg))
        return false;
    if (*at != '\0')
        return refuse(importer, "more numbers than the operation takes");
    if (op.kind == OP_ALIGNED && (op.arg == 0 || (op.arg & (op.arg - 1u)) != 0))
        return refuse(importer, "an alignment that is not a power of two");
    return take(importer, &op);
}

/* "heap bins FRAMES PAGES", as fuzz/op_text.h has it. */
static bool machine_parse(struct importer *importer, const char *text)
{
    static const char words[] = "heap bins";
    struct op_config *machine = &importer->machine;
    const char *at = text + strlen(words);
    if (strncmp(text, words, strlen(words)) != 0)
        return refuse(importer, "the policy of a recorded load is bins");
    if (importer->slot_count != 0 || machine->frame_count != 0)
        return refuse(importer, "`heap' comes once, before the first operation");
    if (!number_read(importer, &at, &machine->frame_count) ||
        !number_read(importer, &at, &machine->window_pages))
        return false;
    if (*at != '\0')
        return refuse(importer, "more numbers than `heap' takes");
    return (machine->frame_count != 0 && machine->frame_count <= TRACE_FRAMES_MAX &&
            machine->window_pages != 0 && machine->window_pages <= OP_WINDOW_PAGES_MAX) ||
           refuse(importer, "a machine cannot have so many frames, or such a window");
}

/* Ends the text before its comment, and skips what of that does not fit into the buffer. Returns
 * false for a line of operations that is cut off. */
static bool line_end(struct importer *importer, char *text, bool *commented)
{
    char *comment = strchr(text, '#');
    *commented = comment != NULL;
    char *end = strchr(text, '\n');
    if (comment == NULL && end == NULL)
        return refuse(importer, "cut off, or longer than an operation");
    int character = end != NULL ? '\n' : 0;
    while (character != '\n' && character != EOF)
        character = getc(importer->in);
    if (character == EOF && comment != text)
        return refuse(importer, "cut off, or longer than an operation");
    char *last = comment != NULL ? comment : end;
    while (last != text && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
        last--;
    *last = '\0';
    return true;
}

static bool load_read(struct importer *importer)
{
    char text[INPUT_LINE_SIZE];
    bool commented = false;
    while (fgets(text, sizeof text, importer->in) != NULL) {
        importer->line_number++;
        if (!line_end(importer, text, &commented))
            return false;
        if (text[0] == '\0' && commented)
            continue;
        bool machine = strncmp(text, "heap", 4) == 0;
        if (!(machine ? machine_parse(importer, text) : line_parse(importer, text)))
            return false;
    }
    if (ferror(importer->in) != 0)
        return refuse(importer, "cannot be read");
    return importer->slot_count != 0 || refuse(importer, "the end, and no operation before it");
}

bool trace_text_read(FILE *in, struct op_list *ops, struct op_config *config, struct line *error)
{
    struct importer importer = {.in = in, .ops = ops, .error = error};
    ops->count = 0;
    bool read = load_read(&importer);
    free(importer.block_sizes);
    *config = importer.machine;
    if (read && config->frame_count == 0)
        trace_machine(importer.peak_block_bytes, config);
    return read;
}

void trace_text_line(const struct op *op, struct line *line)
{
    line_clear(line);
    line_text(line, op_word(op->kind));
    const uint32_t numbers[] = {op->slot + 1u, op->size, op->arg};
    uint32_t count = op->kind == OP_FREE ? 1u : op->kind == OP_ALIGNED ? 3u : 2u;
    for (uint32_t i = 0; i < count; i++) {
        line_text(line, " ");
        line_decimal(line, numbers[i]);
    }
}
