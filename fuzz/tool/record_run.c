/* Runs a program with the recorder preloaded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/record/record.h"
#include "fuzz/tool/record.h"

#define LIBRARY "libkheap_record.so"
#define PATH_BYTES 4096u

/* The recorder lies beside the tool, where it is built, or in ../lib, where it is installed. */
static bool library_find(char *path, struct line *error)
{
    static const char *const places[] = {LIBRARY, "../lib/" LIBRARY};
    char self[PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1u);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return file_error(error, LIBRARY, "cannot be found: /proc is not mounted");
    *slash = '\0';
    for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int written = snprintf(path, PATH_BYTES, "%s/%s", self, places[i]);
        if (written > 0 && (uint32_t)written < PATH_BYTES && access(path, R_OK) == 0)
            return true;
    }
    return file_error(error, LIBRARY, "is neither beside this program nor in ../lib: install it");
}

/* The recorder comes before what is preloaded already. */
static bool environment_set(const struct record_run *run, const char *library)
{
    const char *others = getenv("LD_PRELOAD");
    char number[32];
    char preload[2u * PATH_BYTES];
    int length =
        snprintf(preload, sizeof(preload), "%s%s%s", library,
                 others != NULL && *others != '\0' ? ":" : "", others != NULL ? others : "");
    if (length < 0 || (size_t)length >= sizeof(preload)) {
        errno = E2BIG;
        return false;
    }
    (void)snprintf(number, sizeof(number), "%ld", run->children ? 0L : (long)getpid());
    if (setenv(RECORD_PROCESS, number, 1) != 0)
        return false;
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)run->count_max);
    return setenv(RECORD_COUNT_MAX, number, 1) == 0 &&
           setenv(RECORD_DIRECTORY, run->directory, 1) == 0 &&
           setenv("LD_PRELOAD", preload, 1) == 0;
}

/* The command, in the child. What keeps it from running goes to the parent. */
_Noreturn static void command_run(const struct record_run *run, const char *library, int report)
{
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    if (environment_set(run, library))
        (void)execvp(run->command[0], run->command);
    int why = errno;
    (void)!write(report, &why, sizeof(why));
    _exit(127);
}

static bool command_wait(struct record_run *run, int report, struct line *error)
{
    int why = 0;
    ssize_t got;
    while ((got = read(report, &why, sizeof(why))) < 0 && errno == EINTR)
        continue;
    while (waitpid(run->process, &run->status, 0) < 0)
        if (errno != EINTR)
            return file_error(error, run->command[0], strerror(errno));
    return got != (ssize_t)sizeof(why) || file_error(error, run->command[0], strerror(why));
}

static bool command_start(struct record_run *run, const char *library, struct line *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return file_error(error, run->command[0], strerror(errno));
    run->process = fork();
    if (run->process == 0)
        command_run(run, library, ends[1]);
    int why = errno;
    (void)close(ends[1]);
    bool ok = run->process > 0 ? command_wait(run, ends[0], error)
                               : file_error(error, run->command[0], strerror(why));
    (void)close(ends[0]);
    return ok;
}

/* An absolute path: the command may go elsewhere. */
static bool directory_make(struct record_run *run, const char *output, struct line *error)
{
    char name[PATH_BYTES];
    int length = snprintf(name, sizeof(name), "%s.recording-XXXXXX", output);
    if (length < 0 || (size_t)length >= sizeof(name))
        return file_error(error, output, strerror(ENAMETOOLONG));
    if (mkdtemp(name) == NULL)
        return file_error(error, output, strerror(errno));
    run->directory = realpath(name, NULL);
    return run->directory != NULL || file_error(error, name, strerror(errno));
}

bool record_command(struct record_run *run, const char *output, struct line *error)
{
    char library[PATH_BYTES];
    if (!library_find(library, error) || !directory_make(run, output, error))
        return false;
    /* Ctrl-C reaches the command as well; what it has recorded is kept. */
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGQUIT, SIG_IGN);
    bool ok = command_start(run, library, error);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    return ok;
}

void record_remove(struct record_run *run)
{
    DIR *directory = run->directory != NULL ? opendir(run->directory) : NULL;
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory != NULL) {
        (void)closedir(directory);
        (void)rmdir(run->directory);
    }
    free(run->directory);
    run->directory = NULL;
}
