/* The kernel under gdb, stopped at one operation. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/tool/boot.h"

#define HELPER "invariants/gdb/kheap-gdb.py"
#define SOCKET_SECONDS_MAX 30u
#define POLL_MICROSECONDS 10000u

/* True if a program of this name is on the path. */
static bool installed(const char *name)
{
    char file[BOOT_PATH_MAX];
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        (void)snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, name);
        if (access(file, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

/* Waits for QEMU to listen. */
static bool wait_for_socket(pid_t child, const char *path, bool *ended, struct line *error)
{
    for (uint32_t tries = 0; tries < SOCKET_SECONDS_MAX * 1000000u / POLL_MICROSECONDS; tries++) {
        int status;
        if (access(path, F_OK) == 0)
            return true;
        if (boot_interrupted() != 0)
            return file_error(error, "gdb", "interrupted");
        *ended = waitpid(child, &status, WNOHANG) == child;
        if (*ended)
            return file_error(error, "boot/run", "QEMU did not start");
        (void)usleep(POLL_MICROSECONDS);
    }
    return file_error(error, path, "QEMU does not listen there");
}

/* gdb's arguments: the helper, the target, a breakpoint that is met once, and what is asked. */
static void run_gdb(const struct boot_plan *plan, const char *socket, bool begin,
                    const char *commands)
{
    char helper[BOOT_PATH_MAX + sizeof(HELPER) + 16u];
    char target[BOOT_PATH_MAX + 16u];
    char stop[64];
    /* The helper is loaded by its name: gdb need not look for it, and say that it may not. */
    const char *list[32] = {"gdb", "-q", "-iex", "set auto-load python-scripts off"};
    uint32_t count = 4;
    (void)snprintf(helper, sizeof(helper), "source %s/%s", plan->repository, HELPER);
    (void)snprintf(target, sizeof(target), "target remote %s", socket);
    if (commands != NULL) {
        list[count++] = "-batch";
        list[count++] = "-nx";
    }
    list[count++] = plan->kernel;
    (void)snprintf(stop, sizeof(stop), "tbreak %s", begin ? boot_begins : "guilty_operation");
    const char *const steps[] = {helper, target, stop, "continue"};
    for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        list[count++] = "-ex";
        list[count++] = steps[i];
    }
    if (commands != NULL) {
        list[count++] = "-x";
        list[count++] = commands;
    }
    list[count] = NULL;
    (void)execvp(list[0], (char *const *)(uintptr_t)list);
    perror("gdb");
    _exit(127);
}

/* At a terminal Ctrl-C is gdb's, to stop the kernel with; in batch mode it ends everything. */
static bool debug(const struct boot_plan *plan, const char *socket, bool begin,
                  const char *commands, int *status, struct line *error)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0)
        return boot_errno(error, "gdb");
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(127);
        run_gdb(plan, socket, begin, commands);
    }
    if (commands == NULL)
        (void)signal(SIGINT, SIG_IGN);
    *status = boot_wait(child);
    return true;
}

static bool boot_and_debug(const struct boot_plan *plan, const char *pack, const char *socket,
                           uint32_t operation, const char *commands, int *status,
                           struct line *error)
{
    char stop[32];
    char seconds[16];
    const char *extra[] = {
        "--gdb", socket, "--append", stop, plan->seconds != 0 ? "--timeout" : NULL, seconds, NULL};
    (void)snprintf(stop, sizeof(stop), "stop=%u", operation);
    (void)snprintf(seconds, sizeof(seconds), "%u", plan->seconds);
    pid_t child = boot_start(plan, pack, extra, -1, true, error);
    if (child < 0)
        return false;
    bool ended = false;
    bool ok = wait_for_socket(child, socket, &ended, error) &&
              debug(plan, socket, operation == 0, commands, status, error);
    if (!ended)
        (void)boot_end(child);
    return ok;
}

bool boot_gdb(const struct boot_plan *plan, const struct boot_input *input, uint32_t operation,
              const char *commands, int *status, struct line *error)
{
    char directory[96]; /* a socket's path is short (unix(7)) */
    char pack[112];
    char socket[112];
    struct boot_inputs inputs = {(struct boot_input *)(uintptr_t)input, 1, 1, 0};
    if (!installed("gdb"))
        return file_error(error, "gdb", "not found; install it with ci/setup or the package gdb");
    if (commands != NULL && access(commands, R_OK) != 0)
        return boot_errno(error, commands);
    if (!boot_scratch_make(directory, sizeof(directory), error))
        return false;
    (void)snprintf(pack, sizeof(pack), "%s/inputs", directory);
    (void)snprintf(socket, sizeof(socket), "%s/gdb", directory);
    bool ok = boot_pack_write(&inputs, 0, pack, error) == 1u &&
              boot_and_debug(plan, pack, socket, operation, commands, status, error);
    boot_scratch_remove(directory, (const char *const[]){pack, socket, NULL});
    return ok;
}
