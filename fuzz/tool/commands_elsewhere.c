/* The commands that need the emulator, on another port: it alone can go back to an earlier state,
 * and its processes may be forked with all their memory. */
#include <stdio.h>

#include "fuzz/tool/command.h"

#define ELSEWHERE_AS(name, word)                                                                   \
    int command_##name(int argc, char **argv)                                                      \
    {                                                                                              \
        (void)argc;                                                                                \
        (void)argv;                                                                                \
        (void)fputs("kheap " word ": runs on the emulator only: use the program kheap\n", stderr); \
        return EXIT_USAGE;                                                                         \
    }

#define ELSEWHERE(name) ELSEWHERE_AS(name, #name)

ELSEWHERE(explain)
ELSEWHERE(explore)
ELSEWHERE(shrink)
ELSEWHERE(triage)
ELSEWHERE(keep)
ELSEWHERE(scenarios)
ELSEWHERE_AS(to_c, "to-c")
