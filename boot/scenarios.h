/* The MMU scenarios (mmu_x86/scenario) on the processor: with `scenarios' on the command line. */
#ifndef KHEAP_BOOT_SCENARIOS_H
#define KHEAP_BOOT_SCENARIOS_H

#include "boot/exit.h"
#include "boot/multiboot.h"

/* Runs all scenarios and prints a line for each (mmu_x86/scenario/run.h), then a summary. Returns
 * how the run is to end: EXIT_VIOLATION if the processor did what the oracle says no processor may
 * do. */
enum exit_value scenarios_run(const struct multiboot_info *info);

#endif
