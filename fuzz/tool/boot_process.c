/* Child processes of a boot. They end when this process does, however it ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/tool/boot.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    interrupted = signal_number;
}

/* Without SA_RESTART: whoever waits is to look. */
void boot_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int boot_interrupted(void)
{
    return (int)interrupted;
}

/* A program that is told to end gets this long to put its things away, in steps. */
#define GRACE_STEPS 300u
#define GRACE_STEP_MICROSECONDS 10000u

static int exit_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int boot_end(pid_t child)
{
    int status = 0;
    (void)kill(child, SIGTERM);
    for (uint32_t i = 0; i < GRACE_STEPS; i++) {
        if (waitpid(child, &status, WNOHANG) == child)
            return exit_status(status);
        (void)usleep(GRACE_STEP_MICROSECONDS);
    }
    (void)kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return exit_status(status);
}

int boot_wait(pid_t child)
{
    int status = 0;
    while (interrupted == 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return interrupted != 0 ? boot_end(child) : exit_status(status);
}

#define ARGUMENTS_MAX 32u

/* boot/run's arguments: the plan's, then `extra', then the pack. */
static void arguments(const struct boot_plan *plan, const char *program, const char *pack,
                      const char *const *extra, const char **list)
{
    uint32_t count = 0;
    list[count++] = program;
    list[count++] = "--kernel";
    list[count++] = plan->kernel;
    if (plan->memory != NULL) {
        list[count++] = "--memory";
        list[count++] = plan->memory;
    }
    if (plan->machine != NULL) {
        list[count++] = "--machine";
        list[count++] = plan->machine;
    }
    if (plan->kvm)
        list[count++] = "--kvm";
    while (*extra != NULL && count < ARGUMENTS_MAX - 3u)
        list[count++] = *extra++;
    list[count++] = "--";
    list[count++] = pack;
    list[count] = NULL;
}

pid_t boot_start(const struct boot_plan *plan, const char *pack, const char *const *extra, int out,
                 bool own_group, struct line *error)
{
    char program[BOOT_PATH_MAX + sizeof("/boot/run")];
    const char *list[ARGUMENTS_MAX];
    (void)snprintf(program, sizeof(program), "%s/boot/run", plan->repository);
    arguments(plan, program, pack, extra, list);
    pid_t parent = getpid();
    (void)fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        (void)boot_errno(error, program);
    if (child != 0)
        return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    if (own_group)
        (void)setpgid(0, 0);
    if (out >= 0 && (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0))
        _exit(127);
    (void)execv(program, (char *const *)(uintptr_t)list);
    perror(program);
    _exit(127);
}

bool boot_scratch_make(char *directory, size_t size_bytes, struct line *error)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(directory, size_bytes, "%s/kheap-boot.XXXXXX",
                          parent != NULL && *parent != '\0' ? parent : "/tmp");
    if (length < 0 || (size_t)length >= size_bytes)
        errno = ENAMETOOLONG;
    else if (mkdtemp(directory) != NULL)
        return true;
    return boot_errno(error, directory);
}

void boot_scratch_remove(const char *directory, const char *const *files)
{
    for (; *files != NULL; files++)
        (void)unlink(*files);
    (void)rmdir(directory);
}
