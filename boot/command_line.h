/* The words that the loader hands to the kernel, behind the first one, which names the kernel. */
#ifndef KHEAP_BOOT_COMMAND_LINE_H
#define KHEAP_BOOT_COMMAND_LINE_H

#include <stdbool.h>

#include "boot/multiboot.h"

/* True if `word` is one of them. */
bool command_line_has(const struct multiboot_info *info, const char *word);

/* The decimal number behind `word`, which ends with an equals sign; `otherwise` if no word starts
 * so. */
uint32_t command_line_number(const struct multiboot_info *info, const char *word,
                             uint32_t otherwise);

#endif
