#include "fuzz/input.h"

const char *input_open(struct input *input, const uint8_t *data, uint32_t size_bytes)
{
    input->ops = 0;
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

void input_open_ops(struct input *input, const struct op_config *config, const struct op *ops,
                    uint32_t op_count, uint32_t slot_count)
{
    input->config = *config;
    input->slot_count = slot_count;
    input->is_trace = false;
    input->ops = ops;
    input->ops_end = ops + op_count;
}

bool input_next(struct input *input, struct op *op)
{
    if (input->ops == 0)
        return input->is_trace ? trace_next(&input->trace, op) : op_bytes_next(&input->bytes, op);
    if (input->ops == input->ops_end)
        return false;
    *op = *input->ops++;
    return true;
}
