/* The metal port without its lock: interrupts stay as they are. It is there to be caught: a core
 * built on it is interrupted in the middle of its changes, and `stress` must notice
 * (boot/stress.h). All else is the metal port's. */
#ifndef KHEAP_BOOT_METAL_UNLOCKED_MACHINE_PORT_H
#define KHEAP_BOOT_METAL_UNLOCKED_MACHINE_PORT_H

#define machine_interrupts_disable machine_interrupts_disable_locked
#define machine_interrupts_restore machine_interrupts_restore_locked
#include "boot/metal/machine_port.h"
#undef machine_interrupts_disable
#undef machine_interrupts_restore

static inline uint32_t machine_interrupts_disable(void)
{
    return 0;
}

static inline void machine_interrupts_restore(uint32_t enabled)
{
    (void)enabled;
}

#endif
