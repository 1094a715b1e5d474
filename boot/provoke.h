/* Faults on purpose, so that their reports can be tested: each by a word on the command line, and
 * in a function whose name the report must show. boot/faults_test.sh has what is expected of each.
 */
#ifndef KHEAP_BOOT_PROVOKE_H
#define KHEAP_BOOT_PROVOKE_H

#include "boot/multiboot.h"

/* Does what words on the command line ask for. Returns if there is none of them. Requires memory
 * described (boot/memory.h) and interrupts on. */
void provoke(const struct multiboot_info *info);

#endif
