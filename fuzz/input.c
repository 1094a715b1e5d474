#include "fuzz/input.h"

const char *input_open(struct input *input, const uint8_t *data, uint32_t size_bytes)
{
    input->is_trace = trace_recognise(data, size_bytes);
    if (!input->is_trace) {
        op_bytes_open(&input->bytes, &input->config, data, size_bytes);
        input->slot_count = OP_SLOTS;
        return 0;
    }
    const char *refusal = trace_open(&input->trace, &input->config, data, size_bytes);
    if (refusal == 0)
        input->slot_count = input->trace.alloc_count;
    return refusal;
}

bool input_next(struct input *input, struct op *op)
{
    return input->is_trace ? trace_next(&input->trace, op) : op_bytes_next(&input->bytes, op);
}
