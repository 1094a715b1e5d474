/* Exceptions and interrupts: descriptor tables, and what a handler sees. */
#ifndef KHEAP_BOOT_INTERRUPTS_H
#define KHEAP_BOOT_INTERRUPTS_H

#include <stdint.h>

/* What boot/vectors.S leaves on the stack: PUSHA's registers, the vector, the error code (0 where
 * the processor pushes none), and what the processor pushes without a change of privilege (SDM 3A
 * 6.12.1). */
struct interrupt_frame {
    uint32_t edi, esi, ebp, esp_before_pusha, ebx, edx, ecx, eax;
    uint32_t vector;
    uint32_t error_code;
    uint32_t eip, cs, eflags;
};

#define VECTOR_COUNT 48u /* the processor's 32, then 16 IRQs */
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_GENERAL_PROTECTION 13u
#define VECTOR_PAGE_FAULT 14u

/* Loads the GDT (boot/descriptors.h) and an IDT whose gates lead to boot/vectors.S and keep
 * interrupts disabled; that of the double fault leads to a task of its own. */
void interrupts_start(void);

/* Has `handler` called when IRQ `irq` comes, with interrupts disabled, to acknowledge it
 * (boot/pic.h) and to do what is to be done. It may enable interrupts meanwhile; then others come
 * in the middle, and the same once it is acknowledged. An IRQ without a handler ends the run, but a
 * spurious one. */
void interrupts_handle(uint32_t irq, void (*handler)(void));

/* Called by boot/vectors.S. */
void interrupt_dispatch(const struct interrupt_frame *frame);

#endif
