/* The injected interrupt: a real one, COM1's on IRQ 4, raised by the harness at a chosen point. */
#ifndef KHEAP_BOOT_METAL_INJECTED_INTERRUPT_H
#define KHEAP_BOOT_METAL_INJECTED_INTERRUPT_H

/* Raises the interrupt. Requires interrupts disabled: it is delivered when they are enabled. */
void injected_interrupt_raise(void);

/* Takes back an interrupt that was raised and not delivered. */
void injected_interrupt_cancel(void);

/* Its handler: acknowledges it and calls injection.interrupt_handler, with interrupts disabled. */
void injected_interrupt_handle(void);

#endif
