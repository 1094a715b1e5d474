/* Counts what calls of the heap take, in ticks of the time stamp counter. Under QEMU's -icount
 * shift=0 a tick is an instruction, and the figures are the same in every run. */
#ifndef KHEAP_BOOT_TIMING_H
#define KHEAP_BOOT_TIMING_H

#include "boot/exit.h"
#include "boot/multiboot.h"
#include "heap/control.h"

/* Replays the inputs of all modules with the heap alone, neither checked nor modelled, and prints a
 * line for each of them and each kind of call: "NAME: POLICY KIND: C calls, T ticks, at most W".
 * A load that takes very long is ended; then its line says so. Requires memory described
 * (boot/memory.h) and interrupts on. Returns how the run is to end. */
enum exit_value timing_run(const struct multiboot_info *info, enum heap_policy policy);

#endif
