/* Where the kernel is, and the program that boots it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/tool/boot.h"

bool boot_errno(struct line *error, const char *what)
{
    return file_error(error, what, strerror(errno));
}

/* Cuts the last component of a path off. Returns false if it has none. */
static bool cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* True if plan->repository, or a directory above it, has boot/run: it becomes that one. */
static bool has_boot_run(struct boot_plan *plan)
{
    char program[BOOT_PATH_MAX + sizeof("/boot/run")];
    do {
        (void)snprintf(program, sizeof(program), "%s/boot/run", plan->repository);
        if (access(program, X_OK) == 0)
            return true;
    } while (cut_last(plan->repository));
    return false;
}

/* The repository that the tool lies in; for one that was taken elsewhere, the one at hand. */
bool boot_find_repository(struct boot_plan *plan, struct line *error)
{
    size_t size_max = sizeof(plan->repository) - 1u;
    ssize_t length = readlink("/proc/self/exe", plan->repository, size_max);
    if (length <= 0)
        return boot_errno(error, "/proc/self/exe");
    plan->repository[length] = '\0';
    if (has_boot_run(plan))
        return true;
    if (getcwd(plan->repository, size_max) != NULL && has_boot_run(plan))
        return true;
    return file_error(error, "boot/run",
                      "not found above the tool nor above the current directory: it boots the "
                      "kernel, and lies in the repository");
}

bool boot_find_kernel(struct boot_plan *plan, const char *kernel, struct line *error)
{
    char name[BOOT_PATH_MAX];
    if (!boot_kernel_name(name, sizeof(name), error))
        return false;
    int length = kernel != NULL ? snprintf(plan->kernel, sizeof(plan->kernel), "%s", kernel)
                                : snprintf(plan->kernel, sizeof(plan->kernel), "%s/build/boot/%s",
                                           plan->repository, name);
    if (length < 0 || (size_t)length >= sizeof(plan->kernel))
        return file_error(error, kernel != NULL ? kernel : plan->repository,
                          "the path is too long");
    if (access(plan->kernel, R_OK) == 0)
        return true;
    if (errno != ENOENT || kernel != NULL)
        return boot_errno(error, plan->kernel);
    return file_error(error, plan->kernel, boot_kernel_missing);
}

bool boot_kernel_is_old(const struct boot_plan *plan)
{
    struct stat kernel;
    struct stat tool;
    return stat(plan->kernel, &kernel) == 0 && stat("/proc/self/exe", &tool) == 0 &&
           kernel.st_mtime < tool.st_mtime;
}
