#include "boot/serial.h"

#include "boot/port.h"
#include "boot/screen.h"

#define COM1 0x3F8u
#define COM1_DATA (COM1 + 0u)             /* THR; divisor, low byte, while DLAB is set */
#define COM1_INTERRUPT_ENABLE (COM1 + 1u) /* IER; divisor, high byte, while DLAB is set */
#define COM1_INTERRUPT_IDENT (COM1 + 2u)  /* IIR when read; FCR when written */
#define COM1_LINE_CONTROL (COM1 + 3u)
#define COM1_MODEM_CONTROL (COM1 + 4u)
#define COM1_LINE_STATUS (COM1 + 5u)

#define IER_TRANSMITTER_EMPTY 0x02u
#define FCR_ENABLE_AND_CLEAR 0x07u
#define FIFO_BYTES 16u /* has room for, once its holding register is empty (PC16550D 8.4) */
#define LCR_8N1 0x03u
#define LCR_DIVISOR_ACCESS 0x80u
#define MCR_DTR_RTS 0x03u
#define MCR_OUT2 0x08u /* on a PC this connects the UART to its interrupt line */
#define LSR_HOLDING_EMPTY 0x20u
#define LSR_ALL_EMPTY 0x40u

/* The UART's clock of 1.8432 MHz / 16 / 1. */
#define DIVISOR_115200 1u

void serial_start(void)
{
    port_write(COM1_INTERRUPT_ENABLE, 0);
    port_write(COM1_LINE_CONTROL, LCR_DIVISOR_ACCESS);
    port_write(COM1_DATA, DIVISOR_115200);
    port_write(COM1_INTERRUPT_ENABLE, 0);
    port_write(COM1_LINE_CONTROL, LCR_8N1);
    port_write(COM1_INTERRUPT_IDENT, FCR_ENABLE_AND_CLEAR);
    port_write(COM1_MODEM_CONTROL, MCR_DTR_RTS | MCR_OUT2);
}

static void wait_for(uint8_t status)
{
    while ((port_read(COM1_LINE_STATUS) & status) == 0)
        ;
}

void serial_text(const char *text)
{
    screen_text(text);
    while (*text != '\0') {
        wait_for(LSR_HOLDING_EMPTY);
        for (uint32_t room = FIFO_BYTES; room > 0 && *text != '\0'; room--)
            port_write(COM1_DATA, (uint8_t)*text++);
    }
}

void serial_line(struct line *line)
{
    serial_text(line->text);
    serial_text("\n");
    line_clear(line);
}

void serial_drain(void)
{
    wait_for(LSR_ALL_EMPTY);
}

/* The interrupt comes when it is enabled while the holding register is empty (PC16550D 8.6.2). */
void serial_interrupt_raise(void)
{
    serial_drain();
    port_write(COM1_INTERRUPT_ENABLE, IER_TRANSMITTER_EMPTY);
}

void serial_interrupt_lower(void)
{
    port_write(COM1_INTERRUPT_ENABLE, 0);
    (void)port_read(COM1_INTERRUPT_IDENT); /* reading it acknowledges (PC16550D 8.6.1) */
}
