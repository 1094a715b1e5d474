#include "boot/metal/injected_interrupt.h"

#include <stdbool.h>

#include "boot/pic.h"
#include "boot/serial.h"
#include "mmu_x86/injection.h"

static bool raised;

void injected_interrupt_raise(void)
{
    raised = true;
    serial_interrupt_raise();
}

/* The interrupt controller has latched the edge and delivers it all the same; the handler sees that
 * nothing is raised. */
void injected_interrupt_cancel(void)
{
    raised = false;
    serial_interrupt_lower();
}

void injected_interrupt_handle(void)
{
    serial_interrupt_lower();
    pic_acknowledge(IRQ_COM1);
    if (!raised)
        return;
    raised = false;
    if (injection.interrupt_handler != 0)
        injection.interrupt_handler();
}
