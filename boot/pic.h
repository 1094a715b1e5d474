/* The PC's two interrupt controllers (Intel 8259A data sheet, "Programming the 8259A"). */
#ifndef KHEAP_BOOT_PIC_H
#define KHEAP_BOOT_PIC_H

#include <stdbool.h>
#include <stdint.h>

/* IRQ 0..15 come as these vectors, behind the processor's own 32 (SDM 3A 6.2). */
#define PIC_VECTOR 0x20u
#define PIC_IRQS 16u

#define IRQ_TIMER 0u
#define IRQ_COM1 4u
/* Lines on which "it is gone" is reported: the lowest of each controller. boot/entry.S gives the
 * local APIC the second one's vector for the same purpose. */
#define IRQ_SPURIOUS_FIRST 7u
#define IRQ_SPURIOUS_SECOND 15u

/* Moves the IRQs to their vectors and masks all of them but COM1's. */
void pic_start(void);

/* Lets the interrupts of `irq` come, or not. Requires irq < 8. */
void pic_unmask(uint32_t irq);
void pic_mask(uint32_t irq);

/* Ends the interrupt `irq`. Requires irq < 8. */
void pic_acknowledge(uint32_t irq);

/* True if the interrupt that has come as `irq` is none: its line fell before the processor asked
 * which it was. Then it is over, and counted. To be asked before anything else is done about an
 * interrupt. */
bool pic_spurious(uint32_t irq);
uint32_t pic_spurious_count(void);

#endif
