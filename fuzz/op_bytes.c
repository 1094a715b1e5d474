#include "fuzz/op_bytes.h"

#include "fuzz/wire.h"

#define KINDS 64u

/* From here on, codes of what came later: all codes below are a kind, modulo KINDS. */
#define FOREIGN_CODE 240u
#define FOREIGN_KINDS 7u

#define TWICE(kind) kind, kind
#define FOUR_TIMES(kind) TWICE(kind), TWICE(kind)

/* What the first byte of an operation means. Random bytes shall mostly allocate, free and resize,
 * so that the heap gets a shape in which the rarer operations mean something. */
static const uint8_t kinds[KINDS] = {
    /* 14 a, 12 f, 7 r, 4 m, 3 z, 2 w */
    FOUR_TIMES(OP_ALLOC),
    FOUR_TIMES(OP_ALLOC),
    FOUR_TIMES(OP_ALLOC),
    TWICE(OP_ALLOC),
    FOUR_TIMES(OP_FREE),
    FOUR_TIMES(OP_FREE),
    FOUR_TIMES(OP_FREE),
    FOUR_TIMES(OP_REALLOC),
    TWICE(OP_REALLOC),
    OP_REALLOC,
    FOUR_TIMES(OP_ALIGNED),
    TWICE(OP_ZALLOC),
    OP_ZALLOC,
    TWICE(OP_FILL),
    /* 2 of what shapes the heap most, 1 of each other kind */
    TWICE(OP_RECLAIM),
    TWICE(OP_REFUSE),
    OP_PRESSURE,
    OP_REFUSE_ON,
    OP_INTERRUPT,
    OP_MAP,
    OP_UNMAP,
    OP_CHECK,
    OP_STATS,
    OP_DOUBLE_FREE,
    OP_FREE_INNER,
    OP_FREE_MISALIGNED,
    OP_FREE_FOREIGN,
    OP_USE_FREED,
    OP_DAMAGE_HEADER,
    OP_DAMAGE_FOOTER,
    OP_DAMAGE_NEXT,
    OP_DAMAGE_PREVIOUS,
    OP_DAMAGE_LINK,
    OP_DAMAGE_REALLOC,
};

/* A kind that were left out would read as a second OP_ALLOC here. */
_Static_assert(OP_ALLOC == 0 && OP_KIND_COUNT == 26 + FOREIGN_KINDS &&
                   OP_SAME - OP_WINDOW + 1 == FOREIGN_KINDS,
               "a new kind needs a place in the table");

static enum op_kind kind_of(uint8_t code)
{
    if (code >= FOREIGN_CODE)
        return (enum op_kind)(OP_WINDOW + (code - FOREIGN_CODE) % FOREIGN_KINDS);
    return (enum op_kind)kinds[code % KINDS];
}

/* The other way round: where each kind begins in the table. */
static uint8_t code_of(enum op_kind kind)
{
    static const uint8_t codes[] = {
        [OP_ALLOC] = 0,          [OP_FREE] = 14,           [OP_REALLOC] = 26,
        [OP_ALIGNED] = 33,       [OP_ZALLOC] = 37,         [OP_FILL] = 40,
        [OP_RECLAIM] = 42,       [OP_REFUSE] = 44,         [OP_PRESSURE] = 46,
        [OP_REFUSE_ON] = 47,     [OP_INTERRUPT] = 48,      [OP_MAP] = 49,
        [OP_UNMAP] = 50,         [OP_CHECK] = 51,          [OP_STATS] = 52,
        [OP_DOUBLE_FREE] = 53,   [OP_FREE_INNER] = 54,     [OP_FREE_MISALIGNED] = 55,
        [OP_FREE_FOREIGN] = 56,  [OP_USE_FREED] = 57,      [OP_DAMAGE_HEADER] = 58,
        [OP_DAMAGE_FOOTER] = 59, [OP_DAMAGE_NEXT] = 60,    [OP_DAMAGE_PREVIOUS] = 61,
        [OP_DAMAGE_LINK] = 62,   [OP_DAMAGE_REALLOC] = 63,
    };
    return op_is_foreign(kind) ? (uint8_t)(FOREIGN_CODE + (kind - OP_WINDOW)) : codes[kind];
}

static uint8_t byte_read(struct op_reader *reader)
{
    return reader->next != reader->end ? *reader->next++ : 0;
}

/* One number, or `otherwise` if the bytes have ended. */
static uint32_t number_read(struct op_reader *reader, uint32_t otherwise)
{
    return reader->next != reader->end ? leb128_read(&reader->next, reader->end) : otherwise;
}

void op_bytes_open(struct op_reader *reader, struct op_config *config, const uint8_t *data,
                   uint32_t size_bytes)
{
    *reader = (struct op_reader){data, data + size_bytes};
    config->policy = reader->next != reader->end ? byte_read(reader) & 1u : OP_POLICY_DEFAULT;
    config->frame_count = number_read(reader, OP_FRAMES_DEFAULT) % (OP_FRAMES_MAX + 1u);
    uint32_t pages = number_read(reader, OP_WINDOW_PAGES_DEFAULT);
    if (pages == 0)
        pages = 1;
    config->window_pages = pages < OP_WINDOW_PAGES_MAX ? pages : OP_WINDOW_PAGES_MAX;
}

bool op_bytes_next(struct op_reader *reader, struct op *op)
{
    if (reader->next == reader->end)
        return false;
    *op = (struct op){.kind = kind_of(*reader->next++)};
    for (const char *letter = op_arguments(op->kind); *letter != '\0'; letter++) {
        if (*letter == 's')
            op->slot = byte_read(reader) % OP_SLOTS;
        else if (*letter == 'n')
            op->size = number_read(reader, 0);
        else
            op->arg = number_read(reader, 0);
    }
    return true;
}

uint32_t op_bytes_write_config(const struct op_config *config, uint8_t *out)
{
    out[0] = (uint8_t)config->policy;
    uint32_t size = 1u + leb128_write(out + 1, config->frame_count);
    return size + leb128_write(out + size, config->window_pages);
}

uint32_t op_bytes_write(const struct op *op, uint8_t *out)
{
    uint32_t size = 0;
    out[size++] = code_of(op->kind);
    for (const char *letter = op_arguments(op->kind); *letter != '\0'; letter++) {
        if (*letter == 's')
            out[size++] = (uint8_t)op->slot;
        else
            size += leb128_write(out + size, *letter == 'n' ? op->size : op->arg);
    }
    return size;
}
