/* COM1: the kernel's way to say something, mirrored on a screen if there is one (boot/screen.h);
 * and the source of the injected interrupt.
 *
 * Register offsets and bits are those of the PC16550D UART (National Semiconductor's data sheet,
 * section 8). Output is polled, lines end in a bare newline, so that they can be compared with what
 * other ports print. */
#ifndef KHEAP_BOOT_SERIAL_H
#define KHEAP_BOOT_SERIAL_H

#include "fuzz/line.h"

/* 115200 baud, 8 data bits, no parity, one stop bit; all its interrupts off. */
void serial_start(void);

void serial_text(const char *text);

/* The line and a newline; then the line is empty. */
void serial_line(struct line *line);

/* Waits until everything has left. */
void serial_drain(void);

/* Raises the transmitter-empty interrupt (IRQ 4), and takes it back. While it is raised nothing may
 * be printed. */
void serial_interrupt_raise(void);
void serial_interrupt_lower(void);

#endif
