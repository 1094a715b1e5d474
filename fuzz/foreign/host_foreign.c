/* The host of a foreign allocator: fuzz/host.h for a program that an adapter is linked into. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "fuzz/foreign/host_foreign.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run.h"
#include "fuzz/foreign/state.h"
#include "fuzz/foreign/stress.h"
#include "fuzz/host.h"
#include "mmu_x86/probe.h"

int32_t host_tick_seconds = 20;

const char *const host_port_name = "foreign";

static struct run *host_made;
static uint32_t host_slots;
static sigjmp_buf host_exit;
static volatile sig_atomic_t host_running;
static uintptr_t host_fault_at;
static const char *host_fault_what;
static uint32_t host_ticked; /* the call that the last tick found going on; 0: none */

enum { EXIT_FAULT = 1, EXIT_ENDLESS, EXIT_PANIC };

static bool memory_start(void)
{
    static bool started;
    if (started)
        return true;
    void *kept = memory_open() != NULL ? calloc(1, (size_t)state_size_bytes() + 1u) : NULL;
    if (kept == NULL)
        return false;
    state_keep(kept);
    started = true;
    return true;
}

bool host_start(uint32_t frame_count_max, uint32_t slot_count)
{
    (void)frame_count_max; /* addresses are reserved at once, and pages taken as they are granted */
    if (!memory_start())
        return false;
    if (slot_count > host_slots || host_made == NULL) {
        void *memory = calloc(1, (size_t)run_size_bytes(slot_count));
        if (memory == NULL)
            return false;
        free(host_made);
        host_made = run_make(memory, slot_count);
        host_slots = slot_count;
    }
    return true;
}

/* Out of a call, whatever it has left undone. Outside of a run there is nowhere to go. */
_Noreturn static void leave(int how, const char *why)
{
    if (!host_running) {
        (void)fprintf(stderr, "kheap: a call outside of a run %s\n", why);
        abort();
    }
    siglongjmp(host_exit, how);
}

_Noreturn void run_exhausted(void)
{
    leave(EXIT_ENDLESS, "does not come to an end");
}

_Noreturn void run_panicked(void)
{
    leave(EXIT_PANIC, "gives up");
}

/* A call is going on that was at the last tick. */
static bool ticked_twice(void)
{
    uint32_t call = supply.calling ? host_made->call_count : 0;
    bool twice = call != 0 && call == host_ticked;
    host_ticked = call;
    return twice;
}

static void ticked(int number)
{
    (void)number;
    if (host_running && ticked_twice())
        siglongjmp(host_exit, EXIT_ENDLESS);
}

/* Constant: a verdict is read in other processes, too (fuzz/crash/trial.h). */
static const char *signal_text(int number)
{
    switch (number) {
    case SIGSEGV: return "a segmentation fault (SIGSEGV), at";
    case SIGBUS: return "a bus error (SIGBUS), at";
    case SIGILL: return "an illegal instruction (SIGILL), at";
    case SIGFPE: return "an arithmetic fault (SIGFPE), at";
    case SIGABRT: return "a call of abort (SIGABRT), at";
    default: return "a trap (SIGTRAP), at";
    }
}

/* What a call of the allocator dies of. Outside of a run it is the harness's own: then it is to die
 * of it. */
static void died(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (!host_running) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
        return;
    }
    bool address = number == SIGSEGV || number == SIGBUS;
    host_fault_at = address ? (uintptr_t)info->si_addr : 0;
    host_fault_what = signal_text(number);
    siglongjmp(host_exit, EXIT_FAULT);
}

/* For the tool: a crash is a verdict. A fuzzing engine has its own handlers, and shows the stack.
 */
static bool signals_caught(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
    static uint8_t stack_memory[1u << 16];
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    struct sigaction action = {.sa_sigaction = died, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    struct sigaction tick = {.sa_handler = ticked, .sa_flags = SA_ONSTACK | SA_RESTART};
    struct itimerval timer = {{host_tick_seconds, 0}, {host_tick_seconds, 0}};
    bool ok = sigaltstack(&stack, NULL) == 0 && sigemptyset(&action.sa_mask) == 0 &&
              sigemptyset(&tick.sa_mask) == 0 && sigaction(SIGVTALRM, &tick, NULL) == 0;
    host_ticked = 0;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        ok = ok && sigaction(deadly[i], &action, NULL) == 0;
    return ok && setitimer(ITIMER_VIRTUAL, &timer, NULL) == 0;
}

static const char *run(struct input *input, const struct session_plan *plan,
                       struct verdict *verdict)
{
    if (!host_start(input->config.frame_count, input->slot_count))
        return "not enough memory for its window and slots";
    if (host_catches && !signals_caught())
        return "its crashes cannot be caught";
    host_running = 1;
    switch (sigsetjmp(host_exit, host_catches)) {
    case 0: run_input(host_made, input, plan, verdict); break;
    case EXIT_FAULT: run_faulted(host_made, host_fault_at, host_fault_what, verdict); break;
    case EXIT_PANIC: run_given_up(host_made, verdict); break;
    default: run_endless(host_made, verdict); break;
    }
    host_running = 0;
    return NULL;
}

const char *host_run(const uint8_t *data, uint32_t size_bytes, enum session_check check,
                     struct verdict *verdict)
{
    return host_run_with(data, size_bytes, &(struct host_options){.plan.check = check}, verdict);
}

const char *host_run_with(const uint8_t *data, uint32_t size_bytes,
                          const struct host_options *options, struct verdict *verdict)
{
    struct input input;
    const char *error = run_open(&input, data, size_bytes);
    return error != NULL ? error : run(&input, &options->plan, verdict);
}

const char *host_run_ops(const struct op_config *config, const struct op *ops, uint32_t op_count,
                         uint32_t slot_count, const struct host_options *options,
                         struct verdict *verdict)
{
    struct input input;
    input_open_ops(&input, config, ops, op_count, slot_count);
    return run(&input, &options->plan, verdict);
}

/* There are no declared loads and stores. */
const struct session_worst *host_costs(void)
{
    static const struct session_worst none[OP_KIND_COUNT];
    return none;
}

struct probe_counts probe_counts(void)
{
    return (struct probe_counts){0};
}

const struct op *host_operation(void)
{
    return &host_made->op;
}

uint32_t host_operation_number(void)
{
    return host_made == NULL ? 0 : host_made->operation_count;
}

const struct run *host_last_run(void)
{
    return host_made;
}

bool stress_begin(uint32_t page_count)
{
    const struct op_config config = {0, page_count, page_count};
    bool made = host_start(page_count, OP_SLOTS) && run_begin(host_made, &config);
    supply.calling = made; /* from now on some thread always is */
    return made;
}

uint32_t stress_misuses(void)
{
    return host_made->misuse_count;
}
