/* Runs the inputs that the loader brought as modules, each to its verdict line. */
#ifndef KHEAP_BOOT_INPUTS_H
#define KHEAP_BOOT_INPUTS_H

#include "boot/exit.h"
#include "boot/multiboot.h"

/* Runs the inputs of all modules, prints their verdicts and a closing summary. Requires memory
 * described (boot/memory.h) and interrupts on. Each run calls guilty_operation before operation
 * number stop_at, if that is not 0 (fuzz/session.h). Returns how the run is to end. */
enum exit_value inputs_run(const struct multiboot_info *info, uint32_t stop_at);

/* Prints the verdict of the input that runs: the kernel is about to end with it. */
struct verdict;
void inputs_ended(const struct verdict *verdict);

#endif
