#include "fuzz/pack.h"

#include "fuzz/crc32.h"
#include "fuzz/wire.h"

bool pack_recognise(const uint8_t *data, uint32_t size_bytes)
{
    static const char magic[] = PACK_MAGIC;
    if (size_bytes < sizeof magic - 1u)
        return false;
    for (uint32_t i = 0; i < sizeof magic - 1u; i++) {
        if (data[i] != (uint8_t)magic[i])
            return false;
    }
    return true;
}

/* The two lengths of the input at the offset, which are followed by that many bytes at least.
 * Returns false if there is no such input. */
static bool input_measure(const struct pack *pack, uint32_t *name_length, uint32_t *size_bytes)
{
    const uint8_t *at = pack->data + pack->offset;
    uint32_t left = pack->size_bytes - pack->offset;
    if (left < PACK_INPUT_HEADER)
        return false;
    left -= PACK_INPUT_HEADER;
    *size_bytes = wire_load(at);
    *name_length = (uint32_t)at[4] | (uint32_t)at[5] << 8;
    return *name_length != 0 && *name_length <= PACK_NAME_MAX && *name_length <= left &&
           *size_bytes <= left - *name_length;
}

const char *pack_open(struct pack *pack, const uint8_t *data, uint32_t size_bytes)
{
    if (!pack_recognise(data, size_bytes))
        return "not a pack";
    if (size_bytes < PACK_HEADER)
        return "pack: its header is cut off";
    uint32_t size = wire_load(data + PACK_SIZE);
    if (size > size_bytes)
        return "pack: cut off";
    if (size < size_bytes)
        return "pack: bytes follow its end";
    if (wire_load(data + PACK_CRC) !=
        crc32_update(0, data + PACK_INPUT_COUNT, size_bytes - PACK_INPUT_COUNT))
        return "pack: damaged, its CRC is wrong";

    *pack = (struct pack){
        .data = data,
        .size_bytes = size_bytes,
        .offset = PACK_HEADER,
        .input_count = wire_load(data + PACK_INPUT_COUNT),
    };
    for (uint32_t i = 0; i < pack->input_count; i++) {
        uint32_t name_length, input_size;
        if (!input_measure(pack, &name_length, &input_size))
            return "pack: an input does not fit into it";
        pack->offset += PACK_INPUT_HEADER + name_length + input_size;
    }
    if (pack->offset != size_bytes)
        return "pack: bytes follow its last input";
    pack->offset = PACK_HEADER;
    return 0;
}

bool pack_next(struct pack *pack, struct pack_input *input)
{
    uint32_t name_length;
    if (pack->next == pack->input_count || !input_measure(pack, &name_length, &input->size_bytes))
        return false;
    const uint8_t *name = pack->data + pack->offset + PACK_INPUT_HEADER;
    for (uint32_t i = 0; i < name_length; i++)
        input->name[i] = (char)name[i];
    input->name[name_length] = '\0';
    input->data = name + name_length;
    pack->offset += PACK_INPUT_HEADER + name_length + input->size_bytes;
    pack->next++;
    return true;
}
