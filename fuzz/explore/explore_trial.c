#include "fuzz/explore/explore_trial.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/host.h"
#include "fuzz/op_bytes.h"

#define TRIAL_SECONDS 3u

_Noreturn static void trial_main(const struct op_config *config, const struct op *ops,
                                 uint32_t op_count, struct trial *trial)
{
    struct rlimit limit = {TRIAL_SECONDS, TRIAL_SECONDS + 1u};
    struct rlimit no_core = {0, 0};
    uint8_t *data = malloc((op_count + 1u) * OP_BYTES_MAX);
    if (data == NULL || setrlimit(RLIMIT_CPU, &limit) != 0)
        _exit(1);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    uint32_t size_bytes = op_bytes_write_config(config, data);
    for (uint32_t i = 0; i < op_count; i++)
        size_bytes += op_bytes_write(&ops[i], &data[size_bytes]);
    if (host_run(data, size_bytes, SESSION_CHECK_STEP, &trial->verdict) != NULL)
        _exit(1);
    trial->run = true;
    _exit(0);
}

bool trial_run(const struct op_config *config, const struct op *ops, uint32_t op_count,
               struct trial *trial)
{
    int status = 0;
    struct trial *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        trial_main(config, ops, op_count, shared);
    bool ended = pid > 0 && waitpid(pid, &status, 0) == pid;
    *trial = *shared;
    (void)munmap(shared, sizeof(*shared));
    if (!ended)
        return false;
    if (!WIFSIGNALED(status))
        return trial->run;
    trial->run = false;
    trial->failure =
        WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? EXPLORE_HANG : EXPLORE_CRASH;
    return true;
}

const char *trial_rule(const struct trial *trial)
{
    if (trial->run)
        return trial->verdict.ok ? "none" : rule_id(trial->verdict.violation.rule);
    return trial->failure == EXPLORE_HANG ? "hang" : "crash";
}
