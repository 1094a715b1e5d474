#include "fuzz/crash/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIAL_SECONDS 3u

/* Of processor time: an operation that takes longer hangs, however long its trial may take. */
#define OPERATION_SECONDS 5u

struct trial_board {
    struct host_options options;
    struct op_config config;
    uint32_t op_count;
    uint32_t slot_count;
    uint32_t seconds;
    struct trial trial;
    struct op ops[];
};

static struct trial_board *worker_board;
static uint32_t worker_ticks;     /* seconds of the trial; */
static uint32_t worker_operation; /* at the last of them, and for how many before */
static uint32_t worker_operation_ticks;

/* The worker's last deed: says where it was. What is read here is the session's, whatever the core
 * has done. */
static void worker_died(int signal_number)
{
    struct trial *trial = &worker_board->trial;
    trial->end = signal_number == SIGPROF ? TRIAL_HANG : TRIAL_CRASH;
    trial->signal = signal_number == SIGPROF ? 0 : signal_number;
    trial->verdict.operation = host_operation_number();
    if (trial->verdict.operation != 0)
        trial->op = *host_operation();
    _exit(1);
}

/* Each second of processor time. What is not within an operation, as the end of a long trace, has
 * the trial's whole time. */
static void worker_tick(int signal_number)
{
    uint32_t operation = host_operation_number();
    bool within = operation != 0 && operation <= worker_board->op_count;
    worker_operation_ticks =
        within && operation == worker_operation ? worker_operation_ticks + 1u : 0;
    worker_operation = operation;
    if (++worker_ticks >= worker_board->seconds || worker_operation_ticks >= OPERATION_SECONDS)
        worker_died(signal_number);
}

/* A stack of its own, for a core that overflows its one. */
static bool worker_signals(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
    static uint8_t stack_memory[1u << 16];
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    struct sigaction action = {.sa_handler = worker_died, .sa_flags = SA_ONSTACK};
    bool ok = sigaltstack(&stack, NULL) == 0 && sigemptyset(&action.sa_mask) == 0;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        ok = ok && sigaction(deadly[i], &action, NULL) == 0;
    action.sa_handler = worker_tick;
    ok = ok && sigaction(SIGPROF, &action, NULL) == 0;
    /* Ctrl-C is the parent's to answer. */
    return ok && signal(SIGINT, SIG_IGN) != SIG_ERR;
}

static bool worker_timer(uint32_t seconds)
{
    struct itimerval timer = {{(time_t)seconds, 0}, {(time_t)seconds, 0}};
    worker_ticks = worker_operation_ticks = 0;
    return setitimer(ITIMER_PROF, &timer, NULL) == 0;
}

static void worker_run(struct trial_board *board)
{
    struct trial *trial = &board->trial;
    trial->why = host_run_ops(&board->config, board->ops, board->op_count, board->slot_count,
                              &board->options, &trial->verdict);
    if (trial->why != NULL) {
        trial->end = TRIAL_REFUSED;
        return;
    }
    trial->end = trial->verdict.ok ? TRIAL_OK : TRIAL_RULE;
    trial->op = *host_operation();
}

_Noreturn static void worker_main(struct trial_board *board, int channel)
{
    struct rlimit no_core = {0, 0};
    char byte = 0;
    worker_board = board;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (!worker_signals())
        _exit(2);
    while (read(channel, &byte, 1) == 1) {
        if (!worker_timer(1))
            _exit(2);
        worker_run(board);
        if (!worker_timer(0) || write(channel, &byte, 1) != 1)
            _exit(2);
    }
    _exit(0);
}

static bool worker_start(struct trials *trials)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[1]);
        worker_main(trials->board, ends[0]);
    }
    (void)close(ends[0]);
    if (pid < 0) {
        (void)close(ends[1]);
        return false;
    }
    trials->worker = pid;
    trials->channel = ends[1];
    return true;
}

/* Waits for the worker's end. */
static int worker_end(struct trials *trials)
{
    int status = 0;
    (void)close(trials->channel);
    while (waitpid(trials->worker, &status, 0) < 0 && errno == EINTR)
        continue;
    trials->worker = 0;
    return status;
}

static bool stopped(const struct trials *trials)
{
    return trials->stop != NULL && *trials->stop != 0;
}

/* Sends one byte and receives one. Returns false if the worker is gone. */
static bool worker_ask(const struct trials *trials)
{
    char byte = 0;
    ssize_t done;
    while ((done = send(trials->channel, &byte, 1, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        continue;
    if (done != 1)
        return false;
    while ((done = read(trials->channel, &byte, 1)) < 0 && errno == EINTR)
        if (stopped(trials))
            (void)kill(trials->worker, SIGKILL);
    return done == 1;
}

bool trials_open(struct trials *trials, uint32_t op_count_max, uint32_t seconds)
{
    size_t bytes = sizeof(struct trial_board) + op_count_max * sizeof(struct op);
    void *board = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *trials = (struct trials){.seconds = seconds, .board_bytes = bytes};
    if (board == MAP_FAILED)
        return false;
    trials->board = board;
    return true;
}

bool trials_run(struct trials *trials, const struct op_config *config, const struct op *ops,
                uint32_t op_count, uint32_t slot_count, struct trial *trial)
{
    struct trial_board *board = trials->board;
    board->options = trials->options;
    board->config = *config;
    board->op_count = op_count;
    board->slot_count = slot_count;
    board->seconds = trials->seconds;
    board->trial = (struct trial){.end = TRIAL_CRASH};
    memcpy(board->ops, ops, op_count * sizeof(struct op));
    trials->count++;
    if (trials->worker == 0 && !worker_start(trials))
        return false;
    if (!worker_ask(trials)) {
        int status = worker_end(trials);
        if (WIFSIGNALED(status))
            board->trial.signal = WTERMSIG(status);
        if ((WIFEXITED(status) && WEXITSTATUS(status) == 2) || stopped(trials))
            return false;
    }
    *trial = board->trial;
    return true;
}

void trials_close(struct trials *trials)
{
    if (trials->worker != 0)
        (void)worker_end(trials);
    if (trials->board != NULL)
        (void)munmap(trials->board, trials->board_bytes);
    *trials = (struct trials){0};
}

bool trial_run(const struct op_config *config, const struct op *ops, uint32_t op_count,
               struct trial *trial)
{
    struct trials trials;
    bool ok = trials_open(&trials, op_count, TRIAL_SECONDS) &&
              trials_run(&trials, config, ops, op_count, OP_SLOTS, trial);
    trials_close(&trials);
    return ok;
}

const char *trial_rule(const struct trial *trial)
{
    switch (trial->end) {
    case TRIAL_RULE: return rule_id(trial->verdict.violation.rule);
    case TRIAL_CRASH: return "crash";
    case TRIAL_HANG: return "hang";
    default: return "none";
    }
}

void trial_line(const struct trial *trial, const char *name, struct line *line)
{
    line_clear(line);
    if (trial->end == TRIAL_OK || trial->end == TRIAL_RULE) {
        verdict_line(&trial->verdict, name, line);
        return;
    }
    line_text(line, name);
    line_text(line, " violation rule=");
    line_text(line, trial_rule(trial));
    line_text(line, " operation=");
    line_decimal(line, trial->verdict.operation);
}

void trial_evidence(const struct trial *trial, struct line *line)
{
    line_clear(line);
    switch (trial->end) {
    case TRIAL_OK: line_text(line, "no rule is broken"); break;
    case TRIAL_RULE: violation_line(&trial->verdict.violation, line); break;
    case TRIAL_HANG: line_text(line, "hang: a call did not end in the time that it had"); break;
    case TRIAL_REFUSED: line_text(line, trial->why); break;
    case TRIAL_CRASH:
        line_text(line, "crash: the process ");
        if (trial->signal == 0) {
            line_text(line, "exited by itself");
        } else {
            line_text(line, "died of signal ");
            line_decimal(line, (uint32_t)trial->signal);
            line_text(line, ", ");
            line_text(line, strsignal(trial->signal));
        }
        break;
    }
}
