#include "fuzz/trace.h"

#include "fuzz/crc32.h"
#include "fuzz/wire.h"

bool trace_recognise(const uint8_t *data, uint32_t size_bytes)
{
    static const char magic[] = TRACE_MAGIC;
    if (size_bytes < sizeof magic - 1u)
        return false;
    for (uint32_t i = 0; i < sizeof magic - 1u; i++) {
        if (data[i] != (uint8_t)magic[i])
            return false;
    }
    return true;
}

const char *trace_open(struct trace_reader *reader, struct op_config *config, const uint8_t *data,
                       uint32_t size_bytes)
{
    if (!trace_recognise(data, size_bytes))
        return "not a packed trace";
    if (size_bytes < TRACE_OPS)
        return "packed trace: its header is cut off";
    uint32_t op_bytes = wire_load(data + TRACE_OP_BYTES);
    if (op_bytes > size_bytes - TRACE_OPS)
        return "packed trace: cut off";
    if (op_bytes < size_bytes - TRACE_OPS)
        return "packed trace: bytes follow its end";
    if (wire_load(data + TRACE_CRC) !=
        crc32_update(0, data + TRACE_OP_COUNT, size_bytes - TRACE_OP_COUNT))
        return "packed trace: damaged, its CRC is wrong";

    *reader = (struct trace_reader){
        .next = data + TRACE_OPS,
        .end = data + size_bytes,
        .sizes = data + TRACE_HEADER,
        .op_count = wire_load(data + TRACE_OP_COUNT),
        .alloc_count = wire_load(data + TRACE_ALLOC_COUNT),
    };
    *config = (struct op_config){
        .policy = OP_POLICY_DEFAULT,
        .frame_count = wire_load(data + TRACE_FRAMES),
        .window_pages = wire_load(data + TRACE_WINDOW_PAGES),
    };
    /* These bound the memory that a run needs by the size of the trace. */
    if (reader->op_count > op_bytes || reader->alloc_count > reader->op_count ||
        reader->alloc_count == 0)
        return "packed trace: its counts cannot be";
    if (config->frame_count > TRACE_FRAMES_MAX || config->window_pages == 0 ||
        config->window_pages > OP_WINDOW_PAGES_MAX)
        return "packed trace: its machine is out of bounds";
    return 0;
}

static uint32_t number_read(struct trace_reader *reader)
{
    return leb128_read(&reader->next, reader->end);
}

static bool allocate(struct trace_reader *reader, struct op *op, uint32_t size_bytes)
{
    op->slot = reader->allocated;
    op->size = size_bytes;
    return reader->allocated++ < reader->alloc_count;
}

/* An age or a step that leads outside wraps around to a number that was never allocated. */
static bool release(struct trace_reader *reader, struct op *op, uint32_t slot)
{
    op->kind = OP_FREE;
    op->slot = slot;
    reader->last_freed = slot;
    return slot < reader->allocated;
}

static uint32_t slot_of_age(const struct trace_reader *reader, uint32_t age)
{
    return reader->allocated - 1u - age;
}

/* The operations that say in full what they mean. */
static bool long_form(struct trace_reader *reader, uint8_t code, struct op *op)
{
    uint32_t number = number_read(reader);
    switch (code) {
    case TRACE_ALLOC: return allocate(reader, op, number);
    case TRACE_ALIGNED:
        op->kind = OP_ALIGNED;
        op->arg = number_read(reader);
        return allocate(reader, op, number);
    case TRACE_REALLOC:
        op->kind = OP_REALLOC;
        op->slot = slot_of_age(reader, number);
        op->size = number_read(reader);
        return op->slot < reader->allocated;
    case TRACE_FREE_OLD: return release(reader, op, slot_of_age(reader, number));
    case TRACE_FREE_FAR:
        return release(reader, op, reader->last_freed + (number >> 1 ^ (0u - (number & 1u))));
    default: return false;
    }
}

static bool decode(struct trace_reader *reader, struct op *op)
{
    uint8_t code = *reader->next++;
    *op = (struct op){.kind = OP_ALLOC};
    if (code < TRACE_FREE_YOUNG)
        return allocate(reader, op, wire_load(reader->sizes + 4u * code));
    if (code < TRACE_FREE_NEAR)
        return release(reader, op, slot_of_age(reader, code - TRACE_FREE_YOUNG));
    if (code < TRACE_ALLOC)
        return release(reader, op,
                       reader->last_freed + (code - TRACE_FREE_NEAR) - TRACE_NEAR_BEFORE);
    return long_form(reader, code, op);
}

bool trace_next(struct trace_reader *reader, struct op *op)
{
    if (reader->op_count == 0 || reader->next == reader->end)
        return false;
    reader->op_count--;
    if (decode(reader, op))
        return true;
    reader->op_count = 0;
    return false;
}
