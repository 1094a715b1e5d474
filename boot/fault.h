/* The end of a kernel that faulted: what, where and why, on COM1. */
#ifndef KHEAP_BOOT_FAULT_H
#define KHEAP_BOOT_FAULT_H

#include "boot/interrupts.h"

/* Reports the exception, or the interrupt that nobody asked for, and ends the run with EXIT_FAULT.
 * If a session is running, its verdict is printed as well (boot/inputs.h). */
_Noreturn void fault_report(const struct interrupt_frame *frame);

#endif
