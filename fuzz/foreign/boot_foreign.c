/* A foreign allocator's verdicts depend on its addresses and on the size of a pointer: those of the
 * kernel are an i386 process's. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/tool/boot.h"

const char *const boot_begins = "run_begin";
const char *const boot_kernel_missing =
    "this allocator's kernel is not built: cmake --preset kernel && cmake --build --preset kernel, "
    "with KERNEL in its kheap_add_allocator (fuzz/foreign/QEMU.md)";

/* The file of this program, without directories. */
static bool program_name(char *name, size_t size_bytes, struct line *error)
{
    char path[BOOT_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1u);
    if (length <= 0)
        return boot_errno(error, "/proc/self/exe");
    path[length] = '\0';
    (void)snprintf(name, size_bytes, "%s", file_name(path));
    return true;
}

bool boot_kernel_name(char *name, size_t size_bytes, struct line *error)
{
    char program[BOOT_PATH_MAX];
    if (!program_name(program, sizeof(program), error))
        return false;
    int length = snprintf(name, size_bytes, "%s.elf", program);
    return (length > 0 && (size_t)length < size_bytes) ||
           file_error(error, program, "the name is too long");
}

/* The tool for 32 bits, where its preset leaves it. */
bool boot_host_fits(const struct boot_plan *plan, char **argv, struct line *error)
{
    char name[BOOT_PATH_MAX];
    char program[2u * BOOT_PATH_MAX + 32u]; /* both, and the way between them */
    if (sizeof(void *) == 4u)
        return true;
    if (!program_name(name, sizeof(name), error))
        return false;
    (void)snprintf(program, sizeof(program), "%s/build/window32/bin/%s", plan->repository, name);
    if (access(program, X_OK) != 0)
        return file_error(error, program,
                          "not there: the kernel's verdicts are those of an i386 process, and this "
                          "is none: cmake --preset window32 && cmake --build --preset window32");
    (void)fprintf(stderr, "kheap boot: calling %s: the kernel's verdicts are an i386 process's\n",
                  program);
    (void)fflush(stderr);
    (void)execv(program, argv);
    return boot_errno(error, program);
}
