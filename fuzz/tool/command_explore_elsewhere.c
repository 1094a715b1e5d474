/* kheap explore on a port that cannot go back to an earlier state: only the emulator can. */
#include <stdio.h>

#include "fuzz/tool/command.h"

int command_explore(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)fputs("kheap explore: runs on the emulator only: use the program kheap\n", stderr);
    return EXIT_USAGE;
}
