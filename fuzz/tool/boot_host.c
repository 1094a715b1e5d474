/* The host's verdict on an input, from a process of its own: a core that crashes or hangs costs
 * that one alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/op_line.h"
#include "fuzz/tool/boot.h"

/* What the process leaves, in memory that it shares. Texts are constants: they lie where they lie
 * here. */
struct outcome {
    bool done;
    const char *refused;
    struct verdict verdict;
    struct op op;
};

/* Seconds of processor time: an operation takes microseconds, and is some bytes. */
#define SECONDS_MIN 30u
#define BYTES_PER_SECOND 10000u

_Noreturn static void run_child(const uint8_t *data, uint32_t size_bytes, struct outcome *outcome)
{
    struct rlimit limit = {SECONDS_MIN + size_bytes / BYTES_PER_SECOND, RLIM_INFINITY};
    struct rlimit no_core = {0, 0};
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)setrlimit(RLIMIT_CPU, &limit);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    outcome->refused = host_run(data, size_bytes, SESSION_CHECK_STEP, &outcome->verdict);
    if (outcome->refused == NULL)
        outcome->op = *host_operation();
    outcome->done = true;
    _exit(0);
}

static bool run(const uint8_t *data, uint32_t size_bytes, struct outcome *outcome, int *status,
                const char **why)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_child(data, size_bytes, outcome);
    if (child < 0) {
        *why = strerror(errno);
        return false;
    }
    *status = boot_wait(child);
    *why = outcome->done ? outcome->refused : NULL;
    return *why == NULL;
}

/* What is said in place of a verdict: the process has died. */
static void set_died(struct boot_input *input, int status)
{
    bool hangs = status == 128 + SIGXCPU;
    input->host = (struct verdict){.ok = false};
    line_clear(&input->host_line);
    line_text(&input->host_line, input->name);
    line_text(&input->host_line, hangs ? " violation rule=hang" : " violation rule=crash");
    line_clear(&input->host_why);
    line_text(&input->host_why, hangs ? "the core does not come to an end on the host"
                                      : "the core crashed on the host: ended with status ");
    if (!hangs)
        line_decimal(&input->host_why, (uint32_t)status);
}

const char *boot_host(struct boot_input *input)
{
    const char *why;
    int status = 0;
    struct outcome *outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED)
        return strerror(errno);
    if (run(input->data, input->size_bytes, outcome, &status, &why)) {
        input->host = outcome->verdict;
        verdict_line(&input->host, input->name, &input->host_line);
        const struct verdict *verdict = &input->host;
        if (!outcome->done)
            set_died(input, status);
        else if (!verdict->ok && verdict->operation > 0 &&
                 verdict->operation <= verdict->operation_count)
            op_line(&outcome->op, &input->host_operation);
    }
    (void)munmap(outcome, sizeof(*outcome));
    return why;
}
