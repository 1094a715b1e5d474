/* Input and output ports (SDM 1, chapter 19). */
#ifndef KHEAP_BOOT_PORT_H
#define KHEAP_BOOT_PORT_H

#include <stdint.h>

static inline uint8_t port_read(uint16_t port)
{
    uint8_t byte;
    __asm__ volatile("inb %1, %0" : "=a"(byte) : "Nd"(port) : "memory");
    return byte;
}

static inline void port_write(uint16_t port, uint8_t byte)
{
    __asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"(port) : "memory");
}

static inline void port_write32(uint16_t port, uint32_t word)
{
    __asm__ volatile("outl %0, %1" : : "a"(word), "Nd"(port) : "memory");
}

#endif
