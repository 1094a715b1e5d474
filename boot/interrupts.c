#include "boot/interrupts.h"

#include <stddef.h>

#include "boot/fault.h"
#include "boot/pic.h"

/* SDM 3A 3.4.5: base 0, limit 4 GiB, 32-bit, ring 0; code that can be read, data that can be
 * written. Both are marked accessed, because the table lies in read-only memory. */
#define SEGMENT_CODE 0x00CF9B000000FFFFull
#define SEGMENT_DATA 0x00CF93000000FFFFull
#define SELECTOR_CODE 0x08u
#define SELECTOR_DATA 0x10u

/* SDM 3A 6.11: a present 32-bit interrupt gate of ring 0. */
#define GATE_INTERRUPT 0x8E00u

#define VECTOR_ENTRY_BYTES 16u

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t kind;
    uint16_t offset_high;
};

/* What LGDT and LIDT read (SDM 3A 2.4). */
struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t at;
};

extern const uint8_t vector_entries[];

static const uint64_t segments[] = {0, SEGMENT_CODE, SEGMENT_DATA};
static struct gate gates[VECTOR_COUNT];

/* By IRQ. */
static void (*handlers[PIC_IRQS])(void);

void interrupts_start(void)
{
    for (uint32_t i = 0; i < VECTOR_COUNT; i++) {
        uint32_t entry = (uint32_t)(uintptr_t)&vector_entries[i * VECTOR_ENTRY_BYTES];
        gates[i] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = SELECTOR_CODE,
            .kind = GATE_INTERRUPT,
            .offset_high = (uint16_t)(entry >> 16),
        };
    }
    struct table_register gdt = {sizeof segments - 1u, (uint32_t)(uintptr_t)segments};
    struct table_register idt = {sizeof gates - 1u, (uint32_t)(uintptr_t)gates};
    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %2, $1f\n"
                     "1:\n\t"
                     "movw %w3, %%ds\n\t"
                     "movw %w3, %%es\n\t"
                     "movw %w3, %%fs\n\t"
                     "movw %w3, %%gs\n\t"
                     "movw %w3, %%ss\n\t"
                     "lidt %1"
                     :
                     : "m"(gdt), "m"(idt), "i"(SELECTOR_CODE), "r"(SELECTOR_DATA)
                     : "memory");
}

void interrupts_handle(uint32_t irq, void (*handler)(void))
{
    handlers[irq] = handler;
}

void interrupt_dispatch(const struct interrupt_frame *frame)
{
    uint32_t irq = frame->vector - PIC_VECTOR;
    if (frame->vector < PIC_VECTOR)
        fault_report(frame);
    if (pic_spurious(irq))
        return;
    if (handlers[irq] == NULL)
        fault_report(frame);
    handlers[irq]();
}
