/* The metal port in the kernel that AddressSanitizer watches: the same functions, not instrumented.
 *
 * Through them the core reads and writes what no plain access may touch: tags, links, page tables.
 * That is the seam's purpose, so what goes through it is not looked at, and what goes past it is.
 */
#ifndef KHEAP_BOOT_ASAN_MACHINE_PORT_H
#define KHEAP_BOOT_ASAN_MACHINE_PORT_H

#pragma clang attribute push(__attribute__((no_sanitize("kernel-address"))), apply_to = function)
#include "boot/metal/machine_port.h"
#pragma clang attribute pop

#endif
