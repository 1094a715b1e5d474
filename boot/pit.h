/* The PIT's counter 0: an interrupt (IRQ 0) at a steady rate.
 *
 * Source of ports and bits: Intel's data sheet of the 8254 Programmable Interval Timer (231164),
 * "Programming the 8254"; the clock is the PC's. */
#ifndef KHEAP_BOOT_PIT_H
#define KHEAP_BOOT_PIT_H

#include <stdint.h>

/* The PC's clock for the counters: 14.31818 MHz / 12. */
#define PIT_CLOCK_HZ 1193182u

/* Has IRQ 0 raised about hz times a second from now on; the interrupt controller may still mask it
 * (boot/pic.h). Requires that PIT_CLOCK_HZ / hz fits into 16 bits and is 2 at least, as mode 2
 * wants it. */
void pit_start(uint32_t hz);

#endif
