#include "boot/pit.h"

#include "boot/port.h"

#define COUNTER_0 0x40u
#define CONTROL 0x43u

/* Control word: counter 0, low byte and then high byte, mode 2 (rate generator), binary. */
#define CONTROL_COUNTER_0_RATE 0x34u

void pit_start(uint32_t hz)
{
    uint32_t divisor = PIT_CLOCK_HZ / hz;
    port_write(CONTROL, CONTROL_COUNTER_0_RATE);
    port_write(COUNTER_0, (uint8_t)divisor);
    port_write(COUNTER_0, (uint8_t)(divisor >> 8));
}
