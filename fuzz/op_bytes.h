/* Operations as bytes: total, any bytes decode.
 *
 *   configuration   1 byte: policy in bit 0, the rest ignored; frames: LEB128;
 *                   window pages: LEB128
 *   operation       1 byte: kind, modulo a weighted table of 64, or from 240 on one of those for
 *                   foreign allocators alone; then its arguments (fuzz/op.h), in their
 *                   order: s: 1 byte, modulo OP_SLOTS; n and a: LEB128, at most 32 bits
 *
 * Frames are taken modulo OP_FRAMES_MAX + 1; window pages are clamped to 1 .. OP_WINDOW_PAGES_MAX.
 * A field of the configuration of which not one byte is there has its default (fuzz/op.h), so that
 * no bytes at all are a heap that can be used. An operation whose arguments are cut off by the end
 * of the bytes reads zeros. Encoding writes the shortest form; decoding what was encoded gives the
 * same operations, and encoding what was decoded gives bytes that decode alike. */
#ifndef KHEAP_FUZZ_OP_BYTES_H
#define KHEAP_FUZZ_OP_BYTES_H

#include <stddef.h>

#include "fuzz/op.h"

struct op_reader {
    const uint8_t *next;
    const uint8_t *end;
};

/* Starts reading; the configuration comes first. Never fails. */
void op_bytes_open(struct op_reader *reader, struct op_config *config, const uint8_t *data,
                   uint32_t size_bytes);

/* The next operation. Returns false at the end of the bytes. */
bool op_bytes_next(struct op_reader *reader, struct op *op);

/* The most bytes that op_bytes_write and op_bytes_write_config write. */
#define OP_BYTES_MAX 16u

/* Writes the configuration, or one operation, in its shortest form. Return the bytes written.
 * Require what decoding gives: a policy of 0 or 1, frames, window pages and slot within bounds. */
uint32_t op_bytes_write_config(const struct op_config *config, uint8_t *out);
uint32_t op_bytes_write(const struct op *op, uint8_t *out);

#endif
