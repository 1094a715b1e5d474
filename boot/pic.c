#include "boot/pic.h"

#include "boot/port.h"

#define FIRST_COMMAND 0x20u
#define FIRST_DATA 0x21u
#define SECOND_COMMAND 0xA0u
#define SECOND_DATA 0xA1u

#define ICW1_START 0x11u /* edge-triggered, cascaded, ICW4 follows */
#define ICW4_8086 0x01u  /* 8086 mode, normal end of interrupt */
#define CASCADE_IRQ 2u   /* where the second controller hangs on the first */
#define OCW2_SPECIFIC_END 0x60u

void pic_start(void)
{
    port_write(FIRST_COMMAND, ICW1_START);
    port_write(SECOND_COMMAND, ICW1_START);
    port_write(FIRST_DATA, PIC_VECTOR);
    port_write(SECOND_DATA, PIC_VECTOR + 8u);
    port_write(FIRST_DATA, 1u << CASCADE_IRQ);
    port_write(SECOND_DATA, CASCADE_IRQ);
    port_write(FIRST_DATA, ICW4_8086);
    port_write(SECOND_DATA, ICW4_8086);
    port_write(FIRST_DATA, (uint8_t) ~(1u << IRQ_COM1));
    port_write(SECOND_DATA, 0xFFu);
}

void pic_acknowledge(uint32_t irq)
{
    port_write(FIRST_COMMAND, (uint8_t)(OCW2_SPECIFIC_END | irq));
}
