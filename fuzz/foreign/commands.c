/* The commands that a foreign allocator's tool has not. */
#include <stdio.h>

#include "fuzz/tool/command.h"

#define ELSEWHERE(name)                                                                            \
    int command_##name(int argc, char **argv)                                                      \
    {                                                                                              \
        (void)argc;                                                                                \
        (void)argv;                                                                                \
        (void)fputs("kheap " #name ": is for the project's own heap: use the program kheap\n",     \
                    stderr);                                                                       \
        return EXIT_USAGE;                                                                         \
    }

ELSEWHERE(explore)
ELSEWHERE(scenarios)
ELSEWHERE(bench)
