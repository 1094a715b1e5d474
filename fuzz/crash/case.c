#include "fuzz/crash/case.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/input.h"
#include "fuzz/op_bytes.h"
#include "fuzz/op_text.h"
#include "fuzz/out_file.h"
#include "fuzz/pack.h"
#include "fuzz/trace_write.h"

#define NO_NUMBER UINT32_MAX

static bool decode(struct op_case *one, const struct file *file, struct line *error,
                   const char *path)
{
    struct input input;
    struct op op;
    if (pack_recognise(file->data, file->size_bytes))
        return file_error(error, path, "is a pack of many inputs: name the file of one");
    const char *why = input_open(&input, file->data, file->size_bytes);
    if (why != NULL)
        return file_error(error, path, why);
    one->config = input.config;
    one->slot_count = input.slot_count;
    while (input_next(&input, &op))
        if (!op_list_append(&one->ops, &op))
            return file_error(error, path, "has more operations than there is memory for");
    return true;
}

bool case_read(const char *path, struct op_case *one, struct line *error)
{
    struct file file;
    *one = (struct op_case){.slot_count = 0};
    if (!file_read_input(path, &file, error))
        return false;
    bool ok = decode(one, &file, error, path);
    file_free(&file);
    if (!ok)
        case_free(one);
    return ok;
}

bool case_copy(struct op_case *to, const struct op_case *from)
{
    if (!op_list_reserve(&to->ops, from->ops.count))
        return false;
    if (from->ops.count != 0)
        memcpy(to->ops.ops, from->ops.ops, from->ops.count * sizeof(struct op));
    to->ops.count = from->ops.count;
    to->config = from->config;
    to->slot_count = from->slot_count;
    return true;
}

/* What becomes of a slot: its number, and the operation after which that is free again. */
struct renaming {
    bool named;
    uint32_t number;
    uint32_t last;
};

/* Numbers that are taken; none below `lowest` is free. */
struct numbers {
    bool *taken;
    uint32_t lowest;
};

static uint32_t number_take(struct numbers *numbers)
{
    while (numbers->taken[numbers->lowest])
        numbers->lowest++;
    numbers->taken[numbers->lowest] = true;
    return numbers->lowest;
}

static void number_free(struct numbers *numbers, uint32_t number)
{
    numbers->taken[number] = false;
    if (number < numbers->lowest)
        numbers->lowest = number;
}

static void rename_slots(struct op_case *one, struct renaming *renamings, struct numbers *numbers,
                         bool reuse)
{
    uint32_t slot_count = 0;
    for (uint32_t i = 0; i < one->ops.count; i++) {
        struct op *op = &one->ops.ops[i];
        if (!op_takes_slot(op->kind))
            continue;
        struct renaming *renaming = &renamings[op->slot];
        if (!renaming->named)
            *renaming = (struct renaming){true, number_take(numbers), renaming->last};
        op->slot = renaming->number;
        slot_count = op->slot < slot_count ? slot_count : op->slot + 1u;
        if (reuse && renaming->last == i && op->kind == OP_FREE)
            number_free(numbers, op->slot);
    }
    one->slot_count = slot_count > OP_SLOTS ? slot_count : OP_SLOTS;
}

bool case_renumber(struct op_case *one, bool reuse)
{
    struct renaming *renamings = calloc(one->slot_count, sizeof(*renamings));
    struct numbers numbers = {calloc((size_t)one->slot_count + 1u, sizeof(bool)), 0};
    bool ok = renamings != NULL && numbers.taken != NULL;
    for (uint32_t i = 0; ok && i < one->ops.count; i++)
        if (op_takes_slot(one->ops.ops[i].kind))
            renamings[one->ops.ops[i].slot].last = i;
    if (ok)
        rename_slots(one, renamings, &numbers, reuse);
    free(renamings);
    free(numbers.taken);
    return ok;
}

bool case_close_ranks(struct op_case *one)
{
    uint32_t *numbers = calloc(one->slot_count, sizeof(*numbers));
    uint32_t used = 0;
    if (numbers == NULL)
        return false;
    for (uint32_t i = 0; i < one->ops.count; i++)
        if (op_takes_slot(one->ops.ops[i].kind))
            numbers[one->ops.ops[i].slot] = 1;
    for (uint32_t slot = 0; slot < one->slot_count; slot++) {
        uint32_t mark = numbers[slot];
        numbers[slot] = used;
        used += mark;
    }
    for (uint32_t i = 0; i < one->ops.count; i++)
        if (op_takes_slot(one->ops.ops[i].kind))
            one->ops.ops[i].slot = numbers[one->ops.ops[i].slot];
    one->slot_count = used > OP_SLOTS ? used : OP_SLOTS;
    free(numbers);
    return true;
}

bool case_is_text(const struct op_case *one)
{
    return one->slot_count <= OP_SLOTS && one->config.frame_count <= OP_FRAMES_MAX;
}

bool case_write_text(const struct op_case *one, const char *comment, const char *path,
                     struct line *error)
{
    struct out_file file;
    if (!out_file_open(&file, path, error))
        return false;
    /* What goes wrong there is seen when it is closed. */
    (void)op_text_write(file.stream, comment, &one->config, &one->ops);
    return out_file_close(&file, error);
}

uint8_t *case_bytes(const struct op_case *one, uint32_t *size_bytes)
{
    uint32_t size_max = OP_BYTES_MAX * (one->ops.count + 1u);
    uint8_t *bytes = malloc(size_max);
    if (bytes != NULL)
        *size_bytes = op_list_encode(&one->ops, &one->config, bytes, size_max);
    return bytes;
}

/* A packed trace numbers its slots by their allocations, and has none without. */
static uint8_t *trace_bytes(const struct op_case *one, uint32_t *size_bytes)
{
    struct op_list ops = {0};
    uint32_t allocated = 0;
    uint32_t *numbers = malloc(one->slot_count * sizeof(*numbers));
    bool ok = numbers != NULL && op_list_reserve(&ops, one->ops.count);
    for (uint32_t i = 0; numbers != NULL && i < one->slot_count; i++)
        numbers[i] = NO_NUMBER;
    for (uint32_t i = 0; ok && i < one->ops.count; i++) {
        struct op op = one->ops.ops[i];
        if (op.kind == OP_ALLOC || op.kind == OP_ALIGNED)
            numbers[op.slot] = allocated++;
        op.slot = numbers[op.slot];
        if (op.slot != NO_NUMBER)
            ok = op_list_append(&ops, &op);
    }
    uint8_t *bytes = ok && allocated != 0 ? trace_write(&ops, &one->config, size_bytes) : NULL;
    op_list_free(&ops);
    free(numbers);
    return bytes;
}

bool case_write_bytes(const struct op_case *one, const char *path, struct line *error)
{
    uint32_t size_bytes = 0;
    uint8_t *bytes =
        case_is_text(one) ? case_bytes(one, &size_bytes) : trace_bytes(one, &size_bytes);
    bool ok = bytes != NULL ? file_write(path, bytes, size_bytes, error)
                            : file_error(error, path, "not enough memory to write it");
    free(bytes);
    return ok;
}

void case_free(struct op_case *one)
{
    op_list_free(&one->ops);
}
