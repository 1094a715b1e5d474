#include "boot/interrupts.h"

#include <stddef.h>

#include "boot/descriptors.h"
#include "boot/fault.h"
#include "boot/pic.h"
#include "boot/trap.h"

/* SDM 3A 6.11: a present 32-bit interrupt gate of ring 0. */
#define GATE_INTERRUPT 0x8E00u

/* SDM 3A 7.2.5: a present task gate of ring 0; it has no offset. */
#define GATE_TASK 0x8500u

#define VECTOR_ENTRY_BYTES 16u

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t kind;
    uint16_t offset_high;
};

extern const uint8_t vector_entries[];

static struct gate gates[VECTOR_COUNT];

/* By IRQ. */
static void (*handlers[PIC_IRQS])(void);

void interrupts_start(void)
{
    descriptors_start(fault_report_double);
    for (uint32_t i = 0; i < VECTOR_COUNT; i++) {
        uint32_t entry = (uint32_t)(uintptr_t)&vector_entries[i * VECTOR_ENTRY_BYTES];
        gates[i] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = SELECTOR_CODE,
            .kind = GATE_INTERRUPT,
            .offset_high = (uint16_t)(entry >> 16),
        };
    }
    gates[VECTOR_DOUBLE_FAULT] = (struct gate){.selector = SELECTOR_FAULT_TASK, .kind = GATE_TASK};
    struct table_register idt = {sizeof gates - 1u, (uint32_t)(uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(idt) : "memory");
}

void interrupts_handle(uint32_t irq, void (*handler)(void))
{
    handlers[irq] = handler;
}

void interrupt_dispatch(const struct interrupt_frame *frame)
{
    uint32_t irq = frame->vector - PIC_VECTOR;
    if (frame->vector < PIC_VECTOR) {
        trap_take(frame);
        fault_report(frame);
    }
    if (pic_spurious(irq))
        return;
    if (handlers[irq] == NULL)
        fault_report(frame);
    handlers[irq]();
}
