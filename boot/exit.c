#include "boot/exit.h"

#include "boot/port.h"
#include "boot/serial.h"

#define DEBUG_EXIT_PORT 0xF4u

void exit_machine(enum exit_value value)
{
    serial_drain();
    port_write32(DEBUG_EXIT_PORT, value);
    for (;;)
        __asm__ volatile("cli; hlt");
}
