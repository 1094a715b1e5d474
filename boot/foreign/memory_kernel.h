/* The kernel's memory for windows, beside fuzz/foreign/memory.h. */
#ifndef KHEAP_BOOT_FOREIGN_MEMORY_KERNEL_H
#define KHEAP_BOOT_FOREIGN_MEMORY_KERNEL_H

#include <stdbool.h>

/* Makes all frames free, and every page of the windows inaccessible, whatever an allocator has done
 * to the tables. Requires probe_start (boot/probe.h). Leaves the view open (boot/foreign/view.h).
 */
void memory_kernel_reset(void);

/* Provided by who runs allocators: there is no frame left for a page. In a process there would be.
 * Does not return. */
_Noreturn void memory_kernel_lacking(void);

#endif
