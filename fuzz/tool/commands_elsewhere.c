/* The commands that need the emulator, on another port: it alone can go back to an earlier state,
 * and its processes may be forked with all their memory. */
#include <stdio.h>

#include "fuzz/tool/command.h"

#define ELSEWHERE(name)                                                                            \
    int command_##name(int argc, char **argv)                                                      \
    {                                                                                              \
        (void)argc;                                                                                \
        (void)argv;                                                                                \
        (void)fputs("kheap " #name ": runs on the emulator only: use the program kheap\n",         \
                    stderr);                                                                       \
        return EXIT_USAGE;                                                                         \
    }

ELSEWHERE(explore)
ELSEWHERE(shrink)
ELSEWHERE(triage)
ELSEWHERE(keep)
