#include "boot/rtc.h"

#include "boot/port.h"

#define ADDRESS 0x70u
#define DATA 0x71u

#define REGISTER_SECONDS 0u
#define REGISTER_A 10u
#define REGISTER_B 11u
#define A_UPDATE_IN_PROGRESS 0x80u
#define B_BINARY 0x04u /* otherwise a digit in each half of a byte */

static uint8_t register_read(uint8_t number)
{
    port_write(ADDRESS, number);
    return port_read(DATA);
}

/* Where no update is in progress, none comes for 244 microseconds at least. */
bool rtc_second(uint32_t *second)
{
    if ((register_read(REGISTER_A) & A_UPDATE_IN_PROGRESS) != 0)
        return false;
    uint32_t byte = register_read(REGISTER_SECONDS);
    bool binary = (register_read(REGISTER_B) & B_BINARY) != 0;
    *second = binary ? byte : (byte >> 4) * 10u + (byte & 0x0Fu);
    return true;
}
