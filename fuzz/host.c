#include "fuzz/host.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "heap/kmalloc.h"

/* The one machine of this process, and what runs on it. */
static struct session *host_session;
static uint32_t host_frames;
static uint32_t host_slots;
static jmp_buf host_fault_exit;
static bool host_running;
static uint32_t host_fault_at;
static uint32_t host_fault_code;

bool host_start(uint32_t frame_count_max, uint32_t slot_count)
{
    if (frame_count_max > host_frames || host_session == NULL) {
        if (!host_port_start(frame_count_max))
            return false;
        host_frames = frame_count_max;
    }
    if (slot_count > host_slots || host_session == NULL) {
        void *memory = calloc(1, (size_t)session_size_bytes(slot_count));
        if (memory == NULL)
            return false;
        free(host_session);
        host_session = session_make(memory, slot_count);
        session_mirror(host_session, host_port_mirror());
        host_slots = slot_count;
    }
    return true;
}

_Noreturn void host_faulted(uint32_t at, uint32_t error_code)
{
    if (!host_running) {
        (void)fprintf(stderr, "page fault at %08x outside a run\n", at);
        abort();
    }
    host_fault_at = at;
    host_fault_code = error_code;
    longjmp(host_fault_exit, 1);
}

_Noreturn void host_exhausted(void)
{
    if (!host_running) {
        (void)fprintf(stderr, "a call outside a run does not come to an end\n");
        abort();
    }
    longjmp(host_fault_exit, 2);
}

/* True if the heap of this input can only grow to addresses that this process has. A trace does not
 * reclaim, so what it maps is all that it extends over. */
static bool window_fits(const struct input *input)
{
    uint32_t page_count = input->config.window_pages;
    if (input->is_trace && input->config.frame_count < page_count)
        page_count = input->config.frame_count;
    return page_count <= (host_port_window_end() - HEAP_WINDOW_START) / PAGE_SIZE;
}

static const char *run(struct input *input, const struct session_plan *plan,
                       struct verdict *verdict)
{
    if (!window_fits(input))
        return "its window is larger than the address space of this process";
    if (!host_start(input->config.frame_count, input->slot_count))
        return "not enough memory for its frames and slots";
    host_running = true;
    switch (setjmp(host_fault_exit)) {
    case 0: session_run(host_session, input, plan, verdict); break;
    case 1: session_faulted(host_session, host_fault_at, host_fault_code, verdict); break;
    default: session_exhausted(host_session, verdict); break;
    }
    host_running = false;
    return NULL;
}

const char *host_run(const uint8_t *data, uint32_t size_bytes, enum session_check check,
                     struct verdict *verdict)
{
    return host_run_with(data, size_bytes, &(struct host_options){.plan.check = check}, verdict);
}

static const char *run_as(struct input *input, const struct host_options *options,
                          struct verdict *verdict)
{
    if (options->policy_given)
        input->config.policy = options->policy;
    return run(input, &options->plan, verdict);
}

const char *host_run_with(const uint8_t *data, uint32_t size_bytes,
                          const struct host_options *options, struct verdict *verdict)
{
    struct input input;
    const char *error = input_open(&input, data, size_bytes);
    return error != NULL ? error : run_as(&input, options, verdict);
}

const char *host_run_ops(const struct op_config *config, const struct op *ops, uint32_t op_count,
                         uint32_t slot_count, const struct host_options *options,
                         struct verdict *verdict)
{
    struct input input;
    input_open_ops(&input, config, ops, op_count, slot_count);
    return run_as(&input, options, verdict);
}

const struct session_worst *host_costs(void)
{
    return session_costs(host_session);
}

const struct op *host_operation(void)
{
    return session_operation(host_session);
}

uint32_t host_operation_number(void)
{
    return host_session == NULL ? 0 : session_operation_number(host_session);
}
