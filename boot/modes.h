/* What the kernel does in place of running inputs, by the word that asks for it. The link chooses
 * the table: modes.c for the project's own heap, foreign/modes_none.c. */
#ifndef KHEAP_BOOT_MODES_H
#define KHEAP_BOOT_MODES_H

#include "boot/exit.h"
#include "boot/multiboot.h"

struct mode {
    const char *word;
    enum exit_value (*run)(const struct multiboot_info *info);
};

/* Ends with one that has no word. */
extern const struct mode modes[];

#endif
