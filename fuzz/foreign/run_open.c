#include "fuzz/foreign/run.h"

/* Beside that, for its smallest needs. */
#define TRACE_FRAMES_MORE 64u

const char *run_open(struct input *input, const uint8_t *data, uint32_t size_bytes)
{
    const char *error = input_open(input, data, size_bytes);
    if (error == NULL && input->is_trace)
        input->config.frame_count = 2u * input->config.frame_count + TRACE_FRAMES_MORE;
    return error;
}
