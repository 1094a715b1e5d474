/* The real-time clock: seconds, from another oscillator than the timer's, so that it can say how
 * many of the timer's interrupts came in one.
 *
 * Source of registers and bits: Motorola's data sheet of the MC146818A, "Address map" and "Update
 * cycle"; the PC has its address register at port 70H and its data at 71H. */
#ifndef KHEAP_BOOT_RTC_H
#define KHEAP_BOOT_RTC_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_SECONDS 60u

/* Sets *second to the second of the current minute. Returns false, with nothing set, while the
 * clock is about to change. Requires interrupts disabled: the address register is shared. */
bool rtc_second(uint32_t *second);

#endif
