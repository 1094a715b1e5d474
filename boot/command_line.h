/* The words that the loader hands to the kernel, behind the first one, which names the kernel. Each
 * is asked for by whoever knows it; so it is also known which of them nobody knows. */
#ifndef KHEAP_BOOT_COMMAND_LINE_H
#define KHEAP_BOOT_COMMAND_LINE_H

#include <stdbool.h>

#include "boot/multiboot.h"

/* True if `word` is one of them. */
bool command_line_has(const struct multiboot_info *info, const char *word);

/* The decimal number behind `word`, which ends with an equals sign; `otherwise` if no word starts
 * so. What stands there and is no number of 32 bits, to its end, counts as wrong with the command
 * line, and `otherwise` is returned as well. */
uint32_t command_line_number(const struct multiboot_info *info, const char *word,
                             uint32_t otherwise);

/* To be asked by what the kernel does, once it has read its words. Returns true if each word was
 * asked for, and each that was to be a number is one; otherwise says on COM1 which one was not: it
 * was misspelt, or belongs to something else. A word behind the 32nd counts as not asked for. */
bool command_line_done(const struct multiboot_info *info);

#endif
