#include "fuzz/explore/explore_unravel.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool found_nothing(void *context, uint32_t code, const uint32_t *words, uint32_t count)
{
    (void)context;
    (void)code;
    (void)words;
    (void)count;
    return false;
}

static void trying_nothing(void *context, uint32_t code)
{
    (void)context;
    (void)code;
}

_Noreturn static void unravel_main(const struct explore_run *run, const uint32_t *path,
                                   uint32_t length, struct explore_result *shared)
{
    struct explorer explorer = {
        .alphabet = run->alphabet,
        .config = run->result.config,
        .found = found_nothing,
        .trying = trying_nothing,
    };
    if (!explorer_start(&explorer) || !explorer_boot(&explorer))
        _exit(1);
    shared->op_count = explorer_ops(&explorer, path, length, shared->ops);
    _exit(0);
}

bool unravel(struct explore_run *run, const struct store *store, origin_t origin)
{
    uint32_t path[EXPLORE_DEPTH_MAX + 1u];
    uint32_t length = store_path(store, origin_state(origin), path, EXPLORE_DEPTH_MAX);
    if (origin_code(origin) != 0)
        path[length++] = origin_code(origin);
    if (length == 0)
        return true;
    struct explore_result *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    *shared = run->result;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        unravel_main(run, path, length, shared);
    bool done =
        pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    run->result = *shared;
    (void)munmap(shared, sizeof(*shared));
    return done;
}
