/* What of the machine's memory a plain C access may touch, for AddressSanitizer.
 *
 * The core accesses memory only through mmu_x86/machine.h, whose functions are not instrumented; a
 * plain access in the core is compiled in like any other, and would go unseen. So while the core
 * runs, all that is not its own is poisoned, granule by granule of 8 bytes, and one byte beyond is
 * seen: live payloads, the insides of free blocks, pages of others, frames that are free, pages
 * that are not mapped. Open are the control block, tags, the links of free blocks, page tables and
 * directory, and the frame bitmap.
 *
 * The build chooses: poison_emulator.c and poison_window.c where the core is compiled with
 * AddressSanitizer and the harness, which reads and writes anything, is not; otherwise
 * poison_none.c. */
#ifndef KHEAP_FUZZ_POISON_H
#define KHEAP_FUZZ_POISON_H

#include "invariants/mirror.h"

/* The machine has been reset: only what boot made is open. Cost: what was open. */
void poison_begin(const struct boot_state *boot);

/* The heap has been found whole. Requires that nothing has been checked since without this being
 * called. Does nothing if the port has a mirror and it is not valid. Cost on the emulator: what has
 * changed since check_step_begin, or after mirror_take everything; on the window port everything.
 */
void poison_update(const struct scene *scene, const struct mirror *mirror);

/* The machine's memory is to be given back to the host. */
void poison_end(void);

#endif
