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
#define OCW3_READ_SERVICE                                                                          \
    0x0Bu /* the next read of the command port gives the in-service register */

static uint32_t spurious_count;

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

void pic_unmask(uint32_t irq)
{
    port_write(FIRST_DATA, (uint8_t)(port_read(FIRST_DATA) & ~(1u << irq)));
}

void pic_mask(uint32_t irq)
{
    port_write(FIRST_DATA, (uint8_t)(port_read(FIRST_DATA) | 1u << irq));
}

/* An interrupt that is one has its bit set in the in-service register. The second controller's
 * spurious one is a real one to the first, which must be told its end. */
bool pic_spurious(uint32_t irq)
{
    if (irq != IRQ_SPURIOUS_FIRST && irq != IRQ_SPURIOUS_SECOND)
        return false;
    uint16_t command = irq == IRQ_SPURIOUS_FIRST ? FIRST_COMMAND : SECOND_COMMAND;
    port_write(command, OCW3_READ_SERVICE);
    if ((port_read(command) & 1u << irq % 8u) != 0)
        return false;
    if (irq == IRQ_SPURIOUS_SECOND)
        pic_acknowledge(CASCADE_IRQ);
    spurious_count++;
    return true;
}

uint32_t pic_spurious_count(void)
{
    return spurious_count;
}
