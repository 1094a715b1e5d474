/* A heap for `stress': one that is made once, and whose hooks may be called by several threads. */
#ifndef KHEAP_FUZZ_FOREIGN_STRESS_H
#define KHEAP_FUZZ_FOREIGN_STRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz/host.h"
#include "invariants/violation.h"

/* Makes the heap, in a window of page_count pages. */
bool stress_begin(uint32_t page_count);

/* Misuses that the allocator has reported since. */
uint32_t stress_misuses(void);

#endif
