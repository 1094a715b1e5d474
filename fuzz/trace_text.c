#include "fuzz/trace_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* Skips the rest of a comment that is longer than the buffer. */
static void comment_skip(struct importer *importer, const char *text)
{
    int character = strchr(text, '\n') == NULL ? 0 : '\n';
    while (character != '\n' && character != EOF)
        character = getc(importer->in);
}

static bool load_read(struct importer *importer)
{
    char text[INPUT_LINE_SIZE];
    while (fgets(text, sizeof text, importer->in) != NULL) {
        importer->line_number++;
        if (text[0] == '#') {
            comment_skip(importer, text);
            continue;
        }
        size_t length = strlen(text);
        if (length == 0 || text[length - 1u] != '\n')
            return refuse(importer, "cut off, or longer than an operation");
        text[length - 1u] = '\0';
        if (!line_parse(importer, text))
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
    if (read)
        trace_machine(importer.peak_block_bytes, config);
    return read;
}

void trace_text_write(FILE *out, const struct op *op)
{
    (void)fprintf(out, "%s %" PRIu32, op_word(op->kind), op->slot + 1u);
    if (op->kind != OP_FREE)
        (void)fprintf(out, " %" PRIu32, op->size);
    if (op->kind == OP_ALIGNED)
        (void)fprintf(out, " %" PRIu32, op->arg);
    (void)fputc('\n', out);
}
