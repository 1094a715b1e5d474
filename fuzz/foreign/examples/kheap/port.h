/* The machine of machine_port.h, as the adapter sees it. */
#ifndef KHEAP_FUZZ_FOREIGN_EXAMPLES_KHEAP_PORT_H
#define KHEAP_FUZZ_FOREIGN_EXAMPLES_KHEAP_PORT_H

#include "mmu_x86/board.h"
#include "mmu_x86/machine.h"

/* Makes the machine as a boot loader leaves it, for a window that starts at `start`, with frames
 * for page_count pages and their tables. Returns false if there is no memory for it. */
bool port_boot(uintptr_t start, uint32_t page_count, struct boot_state *boot);

#endif
