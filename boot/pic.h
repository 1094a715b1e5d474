/* The PC's two interrupt controllers (Intel 8259A data sheet, "Programming the 8259A"). */
#ifndef KHEAP_BOOT_PIC_H
#define KHEAP_BOOT_PIC_H

#include <stdint.h>

/* IRQ 0..15 come as these vectors, behind the processor's own 32 (SDM 3A 6.2). */
#define PIC_VECTOR 0x20u
#define PIC_IRQS 16u

#define IRQ_COM1 4u
/* Lines on which "it is gone" is reported: the lowest of each controller. boot/entry.S gives the
 * local APIC the second one's vector for the same purpose. */
#define IRQ_SPURIOUS_FIRST 7u
#define IRQ_SPURIOUS_SECOND 15u

/* Moves the IRQs to their vectors and masks all of them but COM1's. */
void pic_start(void);

/* Ends the interrupt `irq`. Requires irq < 8. */
void pic_acknowledge(uint32_t irq);

#endif
