/* The seam: all that the core needs of the machine it runs on.
 *
 * The core touches memory, page tables and the processor through these functions alone, so the same
 * sources run in a kernel, on an emulated MMU under a fuzzer, and in a plain process. The build
 * chooses a port by the include path on which it puts that port's machine_port.h:
 *
 *   boot/metal/         the kernel: plain pointers, invlpg, cr3, cli/sti, all inline
 *   mmu_x86/emulator/   a RAM array behind a two-level walk and a TLB; sees what hardware hides
 *   mmu_x86/window/     a flat mapping in a host process, for benchmarks and 32-bit sanitizers
 *
 * To take the core into a kernel of your own, write such a header (boot/metal/machine_port.h is the
 * model) and define machine_misuse. */
#ifndef KHEAP_MMU_X86_MACHINE_H
#define KHEAP_MMU_X86_MACHINE_H

#include "mmu_x86/address.h"
#include "mmu_x86/i386.h"

/* Reads the aligned 32-bit word at `at` through the current page tables.
 * Requires at.v % 4 == 0. Page fault where `at` is not mapped. */
static inline uint32_t machine_load(vaddr_t at);

/* Writes the aligned 32-bit word at `at` through the current page tables.
 * Requires at.v % 4 == 0. Page fault where `at` is not mapped or not writable (CR0.WP is set). */
static inline void machine_store(vaddr_t at, uint32_t word);

/* Sets size_bytes bytes from `at` on to `byte`. Cost: size_bytes. Page fault as machine_store. */
static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes);

/* Copies size_bytes bytes; the two ranges must not overlap. Cost: size_bytes. Page fault as above.
 */
static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes);

/* Drops the translation of one page from the TLB and every cached directory entry (INVLPG; SDM
 * 3A 4.10.4.1). */
static inline void machine_flush_page(vaddr_t page);

/* The frame of the page directory (CR3 bits 31:12; SDM 3A 4.3). */
static inline frame_t machine_root(void);

/* Sets the page directory and drops all translations that are not global (MOV to CR3; SDM
 * 3A 4.10.4.1). */
static inline void machine_set_root(frame_t directory);

/* Disables maskable interrupts on this processor. Returns the state to hand to
 * machine_interrupts_restore. */
static inline uint32_t machine_interrupts_disable(void);

/* Puts interrupts back into the state that the paired machine_interrupts_disable returned. */
static inline void machine_interrupts_restore(uint32_t state);

/* Asked before every frame that is taken; false refuses it as if memory had run out. Fault
 * injection hangs here; a kernel that wants none returns true, and the question costs it nothing.
 */
static inline bool machine_frame_granted(void);

/* The one hook through which the heap reports a caller's misuse or a damaged block (heap/misuse.h).
 * It is called with interrupts disabled and nothing changed. It may return: then the call that was
 * misused has no effect. */
struct misuse;
void machine_misuse(const struct misuse *misuse);

#include "machine_port.h"

#endif
