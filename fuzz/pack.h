/* A pack: many named inputs in one file, so that one Multiboot module carries a corpus.
 *
 *   +0    8   magic "KHEAPPK1"
 *   +8    4   CRC-32 of all bytes from +12 on
 *   +12   4   number of inputs
 *   +16   4   size of the pack in bytes
 *   +20       inputs, each: 4 bytes size, 2 bytes length of the name, name, contents
 *
 * Numbers are little-endian. A name has 1 .. PACK_NAME_MAX bytes. A pack is refused whole if any of
 * this does not hold. */
#ifndef KHEAP_FUZZ_PACK_H
#define KHEAP_FUZZ_PACK_H

#include <stdbool.h>
#include <stdint.h>

#define PACK_MAGIC "KHEAPPK1"
#define PACK_HEADER 20u
#define PACK_INPUT_HEADER 6u
#define PACK_NAME_MAX 96u

/* Where the header's fields lie. */
#define PACK_CRC 8u
#define PACK_INPUT_COUNT 12u
#define PACK_SIZE 16u

struct pack {
    const uint8_t *data;
    uint32_t size_bytes;
    uint32_t offset;
    uint32_t input_count;
    uint32_t next;
};

struct pack_input {
    char name[PACK_NAME_MAX + 1];
    const uint8_t *data;
    uint32_t size_bytes;
};

/* True if the bytes start with the magic. */
bool pack_recognise(const uint8_t *data, uint32_t size_bytes);

/* Starts reading a pack; its bytes must stay. Returns null, or a few words that say what is wrong
 * with it. */
const char *pack_open(struct pack *pack, const uint8_t *data, uint32_t size_bytes);

/* The next input; input->data points into the pack. Returns false at the end. */
bool pack_next(struct pack *pack, struct pack_input *input);

#endif
