/* What an exception says about its cause: the first lines of a report. */
#ifndef KHEAP_BOOT_FAULT_CAUSE_H
#define KHEAP_BOOT_FAULT_CAUSE_H

#include "boot/fault.h"

/* Prints the cause, and for an exception that is about an address what lies there and the entries
 * of the page tables on the way, as physical memory holds them. */
void fault_cause_lines(const struct fault *fault);

#endif
