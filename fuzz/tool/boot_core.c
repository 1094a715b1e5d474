/* The project's own heap: the same verdicts in any process. */
#include "fuzz/tool/boot.h"

const char *const boot_begins = "session_begin";
const char *const boot_kernel_missing =
    "the kernel is not built: cmake --preset kernel && cmake --build --preset kernel";

bool boot_kernel_name(char *name, size_t size_bytes, struct line *error)
{
    (void)error;
    (void)snprintf(name, size_bytes, "kheap.elf");
    return true;
}

bool boot_host_fits(const struct boot_plan *plan, char **argv, struct line *error)
{
    (void)plan;
    (void)argv;
    (void)error;
    return true;
}
