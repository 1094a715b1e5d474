/* The project's own heap, in a session. A fault of the core is its verdict, and ends the kernel:
 * what else it has damaged is not known. */
#include <stddef.h>

#include "boot/fault.h"
#include "boot/inputs.h"
#include "boot/nearest_block.h"
#include "boot/probe.h"
#include "boot/runner.h"
#include "mmu_x86/probe.h"

static struct session *session;

uint64_t runner_size_bytes(uint32_t slot_count)
{
    return session_size_bytes(slot_count);
}

const char *runner_start(void *area, uint32_t slot_count)
{
    session = session_make(area, slot_count);
    return probe_start() ? NULL : "the room for the frame bitmap is too small";
}

const char *runner_open(struct input *input, const uint8_t *data, uint32_t size_bytes)
{
    return input_open(input, data, size_bytes);
}

uint32_t runner_frame_count_max(void)
{
    return probe_frame_count_max();
}

static void faulted(const struct fault *fault)
{
    struct verdict verdict;
    if (fault->vector != VECTOR_PAGE_FAULT)
        return;
    session_faulted(session, fault->address, fault->error_code, &verdict);
    inputs_ended(&verdict);
}

const char *runner_run(struct input *input, uint32_t stop_at, struct verdict *verdict)
{
    static const struct fault_watcher watcher = {.reported = faulted};
    struct session_plan plan = {.check = SESSION_CHECK_STEP, .stop_at = stop_at};
    nearest_block_watch(session_heap(session));
    fault_watch(&watcher);
    session_run(session, input, &plan, verdict);
    fault_watch(NULL);
    nearest_block_watch(NULL);
    return NULL;
}
