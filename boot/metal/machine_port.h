/* The metal port: mmu_x86/machine.h on the processor itself, all inline.
 *
 * Words are read and written through plain pointers, and the compiler orders them rightly: it
 * cannot know that a table entry and the page behind it are different words, so it keeps their
 * accesses in order, and it invents no accesses. What it cannot see is the processor reading tables
 * by itself; so the flushes, the string instructions and the interrupt switches are volatile
 * and clobber memory: every table edit stands in memory before them, and nothing read before them
 * is used after them.
 *
 * Two lines are the harness's, not a kernel's: the question for a frame is answered by injection,
 * and so is whether an interrupt is due. A production kernel returns true from the first, and from
 * the second leaves the `if` out. */
#ifndef KHEAP_BOOT_METAL_MACHINE_PORT_H
#define KHEAP_BOOT_METAL_MACHINE_PORT_H

#include "boot/metal/injected_interrupt.h"
#include "mmu_x86/injection.h"

#define EFLAGS_INTERRUPTS 0x200u /* IF (SDM 1, 3.4.3) */

/* The heap's words overlay whatever type their users gave the memory. */
typedef uint32_t __attribute__((may_alias)) metal_word_t;

static inline uint32_t machine_load(vaddr_t at)
{
    return *(const metal_word_t *)at.v;
}

static inline void machine_store(vaddr_t at, uint32_t word)
{
    *(metal_word_t *)at.v = word;
}

static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    uint32_t words = size_bytes / 4u;
    uint32_t rest = size_bytes % 4u;
    uint32_t pattern = byte * 0x01010101u;
    __asm__ volatile("rep stosl\n\tmovl %2, %%ecx\n\trep stosb"
                     : "+&D"(at.v), "+&c"(words)
                     : "r"(rest), "a"(pattern)
                     : "memory");
}

static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    uint32_t words = size_bytes / 4u;
    uint32_t rest = size_bytes % 4u;
    __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                     : "+&D"(to.v), "+&S"(from.v), "+&c"(words)
                     : "r"(rest)
                     : "memory");
}

static inline void machine_flush_page(vaddr_t page)
{
    __asm__ volatile("invlpg (%0)" : : "r"(page.v) : "memory");
}

static inline frame_t machine_root(void)
{
    uint32_t cr3;
    __asm__ volatile("movl %%cr3, %0" : "=r"(cr3) : : "memory");
    return (frame_t){cr3 >> PAGE_SHIFT};
}

static inline void machine_set_root(frame_t directory)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"(directory.n << PAGE_SHIFT) : "memory");
}

/* An injected interrupt is raised here, where interrupts go off, and stays pending until the paired
 * restore lets it in. Pairs nest, so counting at the disable counts what the emulator counts at the
 * restore. */
static inline uint32_t machine_interrupts_disable(void)
{
    uint32_t flags;
    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    uint32_t enabled = flags & EFLAGS_INTERRUPTS;
    if (enabled != 0 && injection_interrupt_due())
        injected_interrupt_raise();
    return enabled;
}

/* STI holds interrupts off for one more instruction (SDM 2B, STI): the NOP. So a pending interrupt
 * is over before anything behind this call runs. */
static inline void machine_interrupts_restore(uint32_t enabled)
{
    if (enabled != 0)
        __asm__ volatile("sti\n\tnop" : : : "memory", "cc");
}

static inline bool machine_frame_granted(void)
{
    return injection_frame_granted();
}

#endif
