/* Mistakes made on purpose, so that what sees them can be tested: words for the command line, such
 * as `asan-overflow-write` (boot/asan/README.md). */
#ifndef KHEAP_BOOT_ASAN_PROVOKE_H
#define KHEAP_BOOT_ASAN_PROVOKE_H

#include <stdbool.h>

#include "boot/exit.h"
#include "boot/multiboot.h"
#include "heap/kmalloc.h"

/* Makes the mistake that the command line asks for. Returns false if it asks for none. If the
 * mistake goes unseen, says so, and *value is EXIT_VIOLATION. */
bool provoke_run(const struct multiboot_info *info, enum exit_value *value);

/* A heap of its own for who provokes. Returns false if there can be none. */
bool provoke_heap_make(struct heap *made);

/* `asan-exact`: after each of a few hundred random calls, all of the window up to the heap's end is
 * compared with what was asked for: exactly those bytes are open. Prints what it did, or the first
 * address that is not so. */
enum exit_value exact_run(void);

/* A plain read by the core, past the seam: compiled as the core is. */
char provoke_core_read(const volatile char *at);

#endif
