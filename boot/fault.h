/* The end of a kernel that faulted: what, where and why, on COM1.
 *
 * A report has the cause, the address and what lies there, the page-table entries on the way, the
 * nearest block of the heap (boot/nearest_block.h), the registers, and the calls that led there
 * (boot/backtrace.h). */
#ifndef KHEAP_BOOT_FAULT_H
#define KHEAP_BOOT_FAULT_H

#include "boot/interrupts.h"

/* The processor as it was when the exception came. */
struct fault {
    uint32_t vector;
    uint32_t error_code;
    uint32_t address; /* CR2: of the last page fault (SDM 3A 2.5) */
    uint32_t eip, eflags;
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp;
};

/* Who is told of a fault. */
struct fault_watcher {
    /* Before it is reported; may be null. */
    void (*begins)(void);

    /* Once it is reported, before the run ends: for a verdict. Need not return. On a double fault
     * it is called in that one's own task (boot/descriptors.h). */
    void (*reported)(const struct fault *fault);
};

/* Has them told from now on, in place of who was; null: nobody. */
void fault_watch(const struct fault_watcher *watcher);

/* Reports the exception, or the interrupt that nobody asked for, and ends the run with the status
 * for it (boot/exit.h), unless a watcher goes on. */
_Noreturn void fault_report(const struct interrupt_frame *frame);

/* The same for a double fault, in a task of its own (boot/descriptors.h). */
_Noreturn void fault_report_double(void);

#endif
