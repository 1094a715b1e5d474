/* The start of the metal probe; the rest of it is mmu_x86/probe.h. */
#ifndef KHEAP_BOOT_PROBE_H
#define KHEAP_BOOT_PROBE_H

#include <stdbool.h>

/* Notes the directory as boot left it, and the frames that the core can have. To be called once,
 * after everything that is not the core's is reserved (boot/memory.h). Returns false if the room
 * for the frame bitmap is smaller than the core wants. */
bool probe_start(void);

#endif
