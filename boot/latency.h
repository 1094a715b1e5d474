/* How long kmalloc and kfree take, by size: in an empty heap, and in a full one that is fragmented.
 *
 * Prints for each state, call and size
 *
 *   latency empty kmalloc 64 calls=1000 refused=0 p50=114 p99=117 worst=4410
 *
 * in ticks of the time stamp counter (boot/stage.h), the two looks at it taken off: half of the
 * calls that were granted took p50 or less, 99 of 100 took p99 or less. Then follows their
 * histogram, a line for each bucket in which there are some:
 *
 *   latency empty kmalloc 64 from=112 to=127 count=998
 *
 * A bucket is an eighth of a power of two wide. ci/bench-guest draws it. */
#ifndef KHEAP_BOOT_LATENCY_H
#define KHEAP_BOOT_LATENCY_H

#include "boot/exit.h"
#include "boot/multiboot.h"

/* Requires memory described (boot/memory.h) and interrupts on. Returns how the run is to end. */
enum exit_value latency_run(const struct multiboot_info *info);

#endif
