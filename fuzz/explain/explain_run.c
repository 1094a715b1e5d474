#include "fuzz/explain/explain_run.h"

#include <errno.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "fuzz/host.h"
#include "mmu_x86/emulator/emulator.h"

/* Seconds of processor time that one operation may take. The start of a trace's machine, and its
 * end, which frees a million blocks, count as one each. */
#define RUN_SECONDS_MAX 5u

/* The run of this process. */
static struct session *run_session;
static struct run_report *run_report;
static sigjmp_buf run_exit;
static volatile sig_atomic_t run_dying;
static uint32_t run_ticks;
static uint32_t run_ticks_number;
static void *run_guard; /* the page behind the store that is waited for; null: none */
static bool run_applying;

/* The innermost frames are those of whoever asks. */
void run_stack_take(struct run_stack *stack, uintptr_t pc)
{
    void *frames[2u * RUN_STACK_MAX];
    int count = backtrace(frames, (int)(sizeof(frames) / sizeof(frames[0])));
    int first = 0;
    while (first < count && (uintptr_t)frames[first] != pc)
        first++;
    first = first < count ? first : 0;
    stack->count = 0;
    for (int i = first; i < count && stack->count < RUN_STACK_MAX; i++)
        stack->pcs[stack->count++] = (uintptr_t)frames[i];
}

static void fault(const struct fault *fault)
{
    run_stack_take(&run_report->stack, (uintptr_t)__builtin_return_address(0));
    session_faulted(run_session, fault->at.v, fault->error_code, &run_report->verdict);
    siglongjmp(run_exit, RUN_RULE);
}

static void exhausted(void)
{
    run_stack_take(&run_report->stack, (uintptr_t)__builtin_return_address(0));
    session_exhausted(run_session, &run_report->verdict);
    siglongjmp(run_exit, RUN_RULE);
}

static void trespass(vaddr_t at)
{
    (void)at;
    run_stack_take(&run_report->trespass, (uintptr_t)__builtin_return_address(0));
}

static uintptr_t context_pc(const void *context)
{
    const ucontext_t *user = context;
#if defined(__x86_64__)
    return (uintptr_t)user->uc_mcontext.gregs[REG_RIP];
#elif defined(__i386__)
    return (uintptr_t)user->uc_mcontext.gregs[REG_EIP];
#elif defined(__aarch64__)
    return (uintptr_t)user->uc_mcontext.pc;
#else
    (void)user;
    return 0;
#endif
}

/* Each second of processor time: an operation that has been the same for too long hangs. */
static bool hangs(void)
{
    run_ticks = run_ticks_number == run_report->number ? run_ticks + 1u : 0;
    run_ticks_number = run_report->number;
    return run_ticks >= RUN_SECONDS_MAX && run_applying;
}

static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    if (signal_number == SIGPROF && !hangs())
        return;
    /* A second one comes from looking at what the first has left. */
    if (run_dying != 0)
        _exit(1);
    run_dying = 1;
    run_stack_take(&run_report->stack, context_pc(context));
    uintptr_t beyond = (uintptr_t)info->si_addr - (uintptr_t)run_guard;
    if (signal_number == SIGSEGV && run_guard != NULL && beyond < PAGE_SIZE)
        siglongjmp(run_exit, RUN_CAUGHT);
    run_report->signal = signal_number == SIGPROF ? 0 : signal_number;
    siglongjmp(run_exit, signal_number == SIGPROF ? RUN_HANG : RUN_CRASH);
}

static bool signals_prepare(void)
{
    static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGPROF};
    static uint8_t memory[1u << 17];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    struct itimerval timer = {{1, 0}, {1, 0}};
    struct rlimit no_core = {0, 0};
    void *frame;
    (void)backtrace(&frame, 1); /* loads what it needs now, not in a handler */
    (void)setrlimit(RLIMIT_CORE, &no_core);
    bool ok = sigaltstack(&stack, NULL) == 0 && sigemptyset(&action.sa_mask) == 0;
    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
        ok = ok && sigaction(caught[i], &action, NULL) == 0;
    return ok && setitimer(ITIMER_PROF, &timer, NULL) == 0;
}

/* A journal whose entry `index` lies in a page that cannot be written: the core notes each store
 * there just before it makes it (mmu_x86/emulator/emulator.h). */
static void store_wait(const struct run_store *store)
{
    size_t entry = store->bulk ? sizeof(struct bulk_entry) : sizeof(struct journal_entry);
    size_t bytes = (store->index * entry + PAGE_SIZE - 1u) / PAGE_SIZE * PAGE_SIZE;
    char *memory =
        mmap(NULL, bytes + PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + bytes, PAGE_SIZE, PROT_NONE) != 0)
        return;
    run_guard = memory + bytes;
    void *entries = memory + bytes - store->index * entry;
    if (store->bulk)
        emulator.bulk = entries;
    else
        emulator.journal = entries;
}

static bool apply(const struct run_follower *follower, uint32_t number, const struct op *op,
                  bool (*step)(const struct op *op))
{
    run_report->number = number;
    if (follower->store.wanted && follower->store.operation == number)
        store_wait(&follower->store);
    run_applying = true;
    bool holds = step(op);
    run_applying = false;
    /* What is false is told when the verdict is filled in. */
    if (holds && follower->after != NULL)
        follower->after(follower->context, run_session, number, op, true);
    return holds;
}

static const struct op_config *run_config;
static struct session_result run_result;

static void observe(void *observer, const struct session_result *result)
{
    (void)observer;
    run_result = *result;
}

const struct session_result *run_last_result(void)
{
    return &run_result;
}

static bool step_begin(const struct op *op)
{
    (void)op;
    return session_begin(run_session, run_config);
}

static bool step_apply(const struct op *op)
{
    return session_apply_observed(run_session, op);
}

static bool step_end(const struct op *op)
{
    (void)op;
    return session_end(run_session);
}

/* The operation that the run stands at, for who comes by siglongjmp. */
static struct op run_op;
static const struct op *run_op_at;

static bool run(struct input *input, const struct run_follower *follower)
{
    bool holds = apply(follower, 0, NULL, step_begin);
    uint32_t number = 1;
    for (; holds && input_next(input, &run_op); number++) {
        run_op_at = &run_op;
        holds = apply(follower, number, &run_op, step_apply);
    }
    if (!holds)
        return false;
    run_op_at = NULL;
    return apply(follower, number, NULL, step_end);
}

/* As session_run fills it in. */
static void verdict_fill(bool holds, bool at_end)
{
    const struct session *session = run_session;
    uint32_t operation = session->operation_count + (uint32_t)(!holds && at_end);
    run_report->verdict = (struct verdict){
        .ok = holds,
        .violation = session->violation,
        .operation = operation,
        .operation_count = operation,
        .applied_count = session->applied_count,
        .frame_requests = session->frame_requests,
        .digest = session->digest,
    };
}

static void run_guarded(struct input *input, const struct run_follower *follower)
{
    struct session_plan plan = {.check = SESSION_CHECK_STEP, .observe = observe};
    int end = sigsetjmp(run_exit, 1);
    run_applying = false;
    if (end == 0) {
        session_check_begin(run_session, &plan, input->is_trace);
        bool holds = run(input, follower);
        verdict_fill(holds, run_op_at == NULL && run_report->number != 0);
        run_report->end = holds ? RUN_OK : RUN_RULE;
    } else {
        if (end != RUN_RULE)
            verdict_fill(false, false);
        run_report->end = (enum run_end)end;
    }
    if (run_report->end != RUN_OK && follower->after != NULL)
        follower->after(follower->context, run_session, run_report->number, run_op_at, false);
}

static const char *machine_start(const struct input *input)
{
    void *memory = calloc(1, (size_t)session_size_bytes(input->slot_count));
    if (memory == NULL || !host_port_start(input->config.frame_count))
        return "not enough memory for its frames and slots";
    run_session = session_make(memory, input->slot_count);
    session_mirror(run_session, host_port_mirror());
    run_config = &input->config;
    emulator.on_fault = fault;
    emulator.on_exhausted = exhausted;
    emulator.on_trespass = trespass;
    return NULL;
}

_Noreturn static void run_main(const uint8_t *data, uint32_t size_bytes,
                               const struct run_follower *follower)
{
    struct input input;
    /* Whoever ends the tool ends its run as well. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    run_report->why = input_open(&input, data, size_bytes);
    if (run_report->why == NULL)
        run_report->why = machine_start(&input);
    if (run_report->why != NULL) {
        run_report->end = RUN_REFUSED;
        _exit(0);
    }
    if (!signals_prepare())
        _exit(2);
    run_guarded(&input, follower);
    _exit(0);
}

bool run_input(const uint8_t *data, uint32_t size_bytes, const struct run_follower *follower,
               struct run_report *report)
{
    int status = 0;
    *report = (struct run_report){0};
    pid_t pid = fork();
    if (pid == 0) {
        run_report = report;
        run_main(data, size_bytes, follower);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 2))
        return false;
    if (WIFSIGNALED(status) && report->end == RUN_NONE) {
        report->end = RUN_CRASH;
        report->signal = WTERMSIG(status);
    }
    return true;
}
