/* The calls that led to a fault, by name, from the chain of frames that EBP heads: the kernel is
 * compiled with frame pointers. Nothing here faults, whatever the chain holds: words are read past
 * the page tables in use, and a chain is followed only upward and only on the stack that it is on.
 */
#ifndef KHEAP_BOOT_BACKTRACE_H
#define KHEAP_BOOT_BACKTRACE_H

#include "boot/fault.h"

/* Prints them, innermost first: address, function and offset. An interrupt on the way is named, and
 * what it interrupted follows. A recursion is one line, with how often it comes. */
void backtrace_lines(const struct fault *fault);

#endif
