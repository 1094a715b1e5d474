/* Filling frames with one word, through the direct map. It is what brings frames back between two
 * inputs, and a large part of what a short one takes.
 *
 * SSE stores 16 bytes at once, which takes QEMU half the time. The kernel is compiled without it
 * and saves none of its registers at a switch or an interrupt, so one thread alone may be here. */
#ifndef KHEAP_BOOT_FILL_H
#define KHEAP_BOOT_FILL_H

#include <stdint.h>

/* Turns SSE on if the processor has it. To be called before each stretch of fills: a task switch,
 * as a double fault makes, turns it off. Requires CPUID, which every processor with 4 MiB pages has
 * (boot/entry.S). */
void fill_start(void);

/* Sets all words of a frame. Requires that the direct map shows it. */
void fill_frame(uint32_t frame, uint32_t word);

#endif
