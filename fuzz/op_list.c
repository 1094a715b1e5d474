#include "fuzz/op_list.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/op_bytes.h"

bool op_list_reserve(struct op_list *list, uint32_t capacity)
{
    if (capacity <= list->capacity)
        return true;
    if (capacity > OP_LIST_MAX)
        return false;
    struct op *ops = realloc(list->ops, capacity * sizeof(struct op));
    if (ops == NULL)
        return false;
    list->ops = ops;
    list->capacity = capacity;
    return true;
}

bool op_list_append(struct op_list *list, const struct op *op)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity < 64u ? 64u : list->capacity * 2u;
        if (!op_list_reserve(list, capacity))
            return false;
    }
    list->ops[list->count++] = *op;
    return true;
}

void op_list_free(struct op_list *list)
{
    free(list->ops);
    *list = (struct op_list){0};
}

bool op_list_decode(struct op_list *list, struct op_config *config, const uint8_t *data,
                    uint32_t size_bytes)
{
    struct op_reader reader;
    struct op op;
    list->count = 0;
    op_bytes_open(&reader, config, data, size_bytes);
    while (op_bytes_next(&reader, &op)) {
        if (!op_list_append(list, &op))
            return false;
    }
    return true;
}

uint32_t op_list_encode(const struct op_list *list, const struct op_config *config, uint8_t *out,
                        uint32_t size_max)
{
    uint8_t bytes[OP_BYTES_MAX];
    uint32_t size = op_bytes_write_config(config, bytes);
    if (size > size_max)
        return 0;
    memcpy(out, bytes, size);
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t op_size = op_bytes_write(&list->ops[i], bytes);
        if (op_size > size_max - size)
            break;
        memcpy(out + size, bytes, op_size);
        size += op_size;
    }
    return size;
}
