/* A foreign allocator, in a run (fuzz/foreign/run.h). What it dies of, and a call without end, is
 * its verdict, as in a process (fuzz/foreign/host_foreign.c): the kernel goes on with the next
 * input, the page tables made anew. */
#include <stddef.h>

#include "boot/descriptors.h"
#include "boot/fault.h"
#include "boot/foreign/escape.h"
#include "boot/foreign/memory_kernel.h"
#include "boot/foreign/view.h"
#include "boot/probe.h"
#include "boot/runner.h"
#include "fuzz/foreign/run.h"
#include "fuzz/foreign/state.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/probe.h"

enum { ESCAPE_FAULT = 1, ESCAPE_ENDLESS, ESCAPE_PANIC, ESCAPE_MEMORY };

struct job {
    struct input *input;
    struct session_plan plan;
    struct verdict *verdict;
};

static struct run *made;
static uint32_t fault_at;
static const char *fault_what;

/* An allocator in C has none; in another language, or with the compiler's help, it may. */
typedef void (*constructor_t)(void);
extern const constructor_t constructors_start[], constructors_end[]; /* boot/kernel.ld */

static uint64_t state_offset(uint32_t slot_count)
{
    return (run_size_bytes(slot_count) + 7u) / 8u * 8u;
}

uint64_t runner_size_bytes(uint32_t slot_count)
{
    return state_offset(slot_count) + state_size_bytes();
}

const char *runner_start(void *area, uint32_t slot_count)
{
    if (!probe_start())
        return "the room for the frame bitmap is too small";
    for (const constructor_t *next = constructors_start; next < constructors_end; next++)
        (*next)();
    made = run_make(area, slot_count);
    state_keep((char *)area + state_offset(slot_count));
    memory_kernel_reset();
    return NULL;
}

const char *runner_open(struct input *input, const uint8_t *data, uint32_t size_bytes)
{
    return run_open(input, data, size_bytes);
}

uint32_t runner_frame_count_max(void)
{
    return probe_frame_count_max();
}

_Noreturn void run_exhausted(void)
{
    escape(ESCAPE_ENDLESS);
}

_Noreturn void run_panicked(void)
{
    escape(ESCAPE_PANIC);
}

_Noreturn void memory_kernel_lacking(void)
{
    escape(ESCAPE_MEMORY);
}

_Noreturn static void escape_faulted(void)
{
    escape(ESCAPE_FAULT);
}

static void faulted(const struct fault *fault)
{
    bool deep = fault->vector == VECTOR_DOUBLE_FAULT;
    bool address = deep || fault->vector == VECTOR_PAGE_FAULT;
    fault_at = address ? fault->address : 0;
    fault_what = deep      ? "double fault, most likely a stack overflow, at"
                 : address ? "page fault, at"
                           : "an exception of the processor, which has no address:";
    if (deep)
        descriptors_resume(escape_faulted, escape_esp);
    escape_faulted();
}

static void run_job(void *context)
{
    struct job *job = context;
    run_input(made, job->input, &job->plan, job->verdict);
}

const char *runner_run(struct input *input, uint32_t stop_at, struct verdict *verdict)
{
    static const struct fault_watcher watcher = {.begins = view_open, .reported = faulted};
    struct job job = {input, {.check = SESSION_CHECK_STEP, .stop_at = stop_at}, verdict};
    fault_watch(&watcher);
    view_close();
    uint32_t how = escape_run(run_job, &job);
    view_open();
    fault_watch(NULL);
    machine_interrupts_restore(EFLAGS_INTERRUPTS);
    if (how != 0)
        memory_kernel_reset();
    switch (how) {
    case 0: return NULL;
    case ESCAPE_FAULT: run_faulted(made, fault_at, fault_what, verdict); return NULL;
    case ESCAPE_PANIC: run_given_up(made, verdict); return NULL;
    case ESCAPE_ENDLESS: run_endless(made, verdict); return NULL;
    default: return "too little memory: no frame is left for a page of its window";
    }
}
