/* Writes packs (fuzz/pack.h). */
#ifndef KHEAP_FUZZ_PACK_WRITE_H
#define KHEAP_FUZZ_PACK_WRITE_H

#include "fuzz/pack.h"

/* A pack being written. All zeros is one without inputs. */
struct pack_writer {
    uint8_t *data;
    uint32_t size_bytes;
    uint32_t capacity;
    uint32_t input_count;
};

/* Adds an input. Returns false, with nothing added, if the name is empty or longer than
 * PACK_NAME_MAX, there is no memory, or the pack would be larger than 4 GiB. */
bool pack_write_input(struct pack_writer *writer, const char *name, const uint8_t *data,
                      uint32_t size_bytes);

/* Completes the pack: data and size_bytes are its bytes then. More inputs may be added afterwards,
 * if it is completed again. Returns false if there is no memory. */
bool pack_write_header(struct pack_writer *writer);

/* Gives the memory back. */
void pack_write_free(struct pack_writer *writer);

#endif
