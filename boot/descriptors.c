#include "boot/descriptors.h"

#include "boot/layout.h"
#include "mmu_x86/machine.h"

/* SDM 3A 3.4.5: base 0, limit 4 GiB, 32-bit, of ring 0 and of ring 3; code that can be read, data
 * that can be written. */
#define SEGMENT_CODE 0x00CF9B000000FFFFull
#define SEGMENT_DATA 0x00CF93000000FFFFull
#define SEGMENT_USER_CODE 0x00CFFB000000FFFFull
#define SEGMENT_USER_DATA 0x00CFF3000000FFFFull

/* SDM 3A 7.2.2, figure 7-3: a present, available 32-bit TSS of ring 0, its limit in bytes. */
#define SEGMENT_TASK 0x0000890000000000ull

/* SDM 1, 3.4.3: bit 1 is always set. Interrupts are disabled. */
#define EFLAGS_NONE 0x2u

#define SEGMENT_BYTES 8u
#define SEGMENT_COUNT 7u

/* Writable, as are the task states: the processor marks a task as busy in its descriptor. */
static uint64_t segments[SEGMENT_COUNT];
static struct task_state kernel_task, fault_task;
static void (*double_fault_handler)(void);

/* Handlers of what a user raises run here; none of them goes deep. */
static uint8_t __attribute__((aligned(16))) user_handler_stack[PAGE_SIZE];

static uint64_t task_segment(const struct task_state *task)
{
    uint64_t base = (uintptr_t)task;
    return SEGMENT_TASK | (base & 0xFFFFFFu) << 16 | (base >> 24) << 56 | (sizeof *task - 1u);
}

static void segments_load(void)
{
    struct table_register gdt = {sizeof segments - 1u, (uint32_t)(uintptr_t)segments};
    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\n\t"
                     "movw %w2, %%ds\n\t"
                     "movw %w2, %%es\n\t"
                     "movw %w2, %%fs\n\t"
                     "movw %w2, %%gs\n\t"
                     "movw %w2, %%ss\n\t"
                     "ltr %w3"
                     :
                     : "m"(gdt), "i"(SELECTOR_CODE), "r"(SELECTOR_DATA), "r"(SELECTOR_TASK)
                     : "memory");
}

void descriptors_start(void (*on_double_fault)(void))
{
    double_fault_handler = on_double_fault;
    /* An I/O map that starts at the limit: none (SDM 3A 7.2.1). */
    kernel_task.trap_and_io_map = (uint32_t)sizeof kernel_task << 16;
    kernel_task.esp0 =
        (uint32_t)(uintptr_t)user_handler_stack + (uint32_t)sizeof user_handler_stack;
    kernel_task.ss0 = SELECTOR_DATA;
    fault_task = (struct task_state){
        .cr3 = machine_root().n << PAGE_SHIFT,
        .eip = (uint32_t)(uintptr_t)on_double_fault,
        .eflags = EFLAGS_NONE,
        .esp = FAULT_STACK_AT + FAULT_STACK_SIZE,
        .es = SELECTOR_DATA,
        .cs = SELECTOR_CODE,
        .ss = SELECTOR_DATA,
        .ds = SELECTOR_DATA,
        .fs = SELECTOR_DATA,
        .gs = SELECTOR_DATA,
        .trap_and_io_map = (uint32_t)sizeof fault_task << 16,
    };
    segments[SELECTOR_CODE / SEGMENT_BYTES] = SEGMENT_CODE;
    segments[SELECTOR_DATA / SEGMENT_BYTES] = SEGMENT_DATA;
    segments[SELECTOR_TASK / SEGMENT_BYTES] = task_segment(&kernel_task);
    segments[SELECTOR_FAULT_TASK / SEGMENT_BYTES] = task_segment(&fault_task);
    segments[SELECTOR_USER_CODE / SEGMENT_BYTES] = SEGMENT_USER_CODE;
    segments[SELECTOR_USER_DATA / SEGMENT_BYTES] = SEGMENT_USER_DATA;
    segments_load();
}

/* There is no other task that a double fault could have come in. */
const struct task_state *descriptors_interrupted(void)
{
    return &kernel_task;
}

/* IRET in a task that a gate has switched to switches back (SDM 3A 7.3). The processor saves this
 * task there, and that is where the next double fault begins: on a fresh stack, as the first. */
void descriptors_resume(void (*at)(void), uint32_t esp)
{
    kernel_task.eip = (uint32_t)(uintptr_t)at;
    kernel_task.esp = esp - (uint32_t)sizeof(uint32_t); /* the return address of a call */
    kernel_task.eflags = EFLAGS_NONE;
    kernel_task.cr3 = machine_root().n << PAGE_SHIFT;
    for (;;)
        __asm__ volatile("iret\n\t"
                         "movl %0, %%esp\n\t"
                         "xorl %%ebp, %%ebp\n\t"
                         "call *%1"
                         :
                         : "i"(FAULT_STACK_AT + FAULT_STACK_SIZE), "m"(double_fault_handler)
                         : "memory");
}
