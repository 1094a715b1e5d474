#include "fuzz/pack_write.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/crc32.h"
#include "fuzz/wire.h"

/* Makes room for so many bytes more, and for the header before the first of them. */
static bool reserve(struct pack_writer *writer, uint64_t size_bytes)
{
    if (writer->size_bytes == 0)
        writer->size_bytes = PACK_HEADER;
    uint64_t size = writer->size_bytes + size_bytes;
    if (size > UINT32_MAX)
        return false;
    if (size <= writer->capacity)
        return true;
    uint64_t capacity = 2u * size < UINT32_MAX ? 2u * size : size;
    uint8_t *data = realloc(writer->data, (size_t)capacity);
    if (data == NULL)
        return false;
    writer->data = data;
    writer->capacity = (uint32_t)capacity;
    return true;
}

bool pack_write_input(struct pack_writer *writer, const char *name, const uint8_t *data,
                      uint32_t size_bytes)
{
    size_t name_length = strlen(name);
    if (name_length == 0 || name_length > PACK_NAME_MAX ||
        !reserve(writer, (uint64_t)PACK_INPUT_HEADER + name_length + size_bytes))
        return false;
    uint8_t *at = writer->data + writer->size_bytes;
    wire_store(at, size_bytes);
    at[4] = (uint8_t)name_length;
    at[5] = 0;
    memcpy(at + PACK_INPUT_HEADER, name, name_length);
    if (size_bytes != 0)
        memcpy(at + PACK_INPUT_HEADER + name_length, data, size_bytes);
    writer->size_bytes += PACK_INPUT_HEADER + (uint32_t)name_length + size_bytes;
    writer->input_count++;
    return true;
}

bool pack_write_header(struct pack_writer *writer)
{
    if (!reserve(writer, 0))
        return false;
    memcpy(writer->data, PACK_MAGIC, PACK_CRC);
    wire_store(writer->data + PACK_INPUT_COUNT, writer->input_count);
    wire_store(writer->data + PACK_SIZE, writer->size_bytes);
    wire_store(writer->data + PACK_CRC, crc32_update(0, writer->data + PACK_INPUT_COUNT,
                                                     writer->size_bytes - PACK_INPUT_COUNT));
    return true;
}

void pack_write_free(struct pack_writer *writer)
{
    free(writer->data);
    *writer = (struct pack_writer){0};
}
