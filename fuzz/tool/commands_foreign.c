/* The command that only the tools of foreign allocators have. */
#include <stdio.h>

#include "fuzz/tool/command.h"

int command_stress(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)fputs(
        "kheap stress: is for foreign allocators (fuzz/foreign); the core is put under threads in\n"
        "the kernel: boot/run --append stress\n",
        stderr);
    return EXIT_USAGE;
}
