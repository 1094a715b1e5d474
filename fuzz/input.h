/* An input as a stream of operations, whichever of its forms it has: a packed trace if its bytes
 * start with a trace's magic (fuzz/trace.h), otherwise operation bytes (fuzz/op_bytes.h); or
 * operations that lie in memory. */
#ifndef KHEAP_FUZZ_INPUT_H
#define KHEAP_FUZZ_INPUT_H

#include "fuzz/op_bytes.h"
#include "fuzz/trace.h"

struct input {
    struct op_config config;
    uint32_t slot_count; /* slots are below this */
    bool is_trace;
    struct trace_reader trace;
    struct op_reader bytes;
    const struct op *ops; /* not null: the operations left, and no bytes */
    const struct op *ops_end;
};

/* Starts reading the size_bytes bytes at `data`, which must stay. Returns null, or for a trace that
 * is cut off or damaged a few words that say how; operation bytes are never refused. */
const char *input_open(struct input *input, const uint8_t *data, uint32_t size_bytes);

/* Starts reading op_count operations, which must stay, in slots below slot_count. */
void input_open_ops(struct input *input, const struct op_config *config, const struct op *ops,
                    uint32_t op_count, uint32_t slot_count);

/* The next operation. Returns false at the end. */
bool input_next(struct input *input, struct op *op);

#endif
