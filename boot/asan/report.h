/* Reports of AddressSanitizer: what was wrong, with what, who did it, who allocated and freed it.
 * Each ends the run with EXIT_ADDRESS. */
#ifndef KHEAP_BOOT_ASAN_REPORT_H
#define KHEAP_BOOT_ASAN_REPORT_H

#include <stdint.h>

#include "heap/misuse.h"

enum access {
    ACCESS_READ,
    ACCESS_WRITE,
};

/* Reports an access that the shadow forbids; otherwise returns. `frame` is that of the function
 * that the accessing code has called. Cost: size_bytes / 8. */
void access_check(uint32_t at, uint32_t size_bytes, enum access access, const void *frame);

/* The same for plain accesses of the core, which may touch neither the heap's window, nor page
 * tables, nor the frames that it manages: what is the core's there, tags and links and tables, it
 * reaches through mmu_x86/machine.h alone, which is not looked at (boot/asan/machine_port.h). */
void access_check_core(uint32_t at, uint32_t size_bytes, enum access access, const void *frame);

/* Reports what the core has found wrong with a call; `frame` is that of the function which was
 * called. */
_Noreturn void report_misuse(const struct misuse *misuse, const void *frame);

#endif
