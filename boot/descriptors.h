/* Segments and tasks: the GDT, and the two task states that it names. Read by C and by the
 * assembler.
 *
 * The processor keeps no stack for a handler in ring 0: it pushes onto the stack that is in use. If
 * that one has overflowed, it cannot push, and a double fault comes. So that one switches tasks
 * instead: the gate of vector 8 names a task with a stack of its own (boot/layout.h).
 *
 * Ring 3 is there for accesses that are a user's (boot/trap.h). What a user raises is handled on a
 * stack that the kernel's task state names. */
#ifndef KHEAP_BOOT_DESCRIPTORS_H
#define KHEAP_BOOT_DESCRIPTORS_H

/* Offsets in the GDT (SDM 3A 3.4.2). */
#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TASK 0x18       /* what the kernel runs in */
#define SELECTOR_FAULT_TASK 0x20 /* what a double fault runs in */
#define SELECTOR_USER_CODE 0x28
#define SELECTOR_USER_DATA 0x30

/* What a selector of the user's has besides: its privilege level (SDM 3A 3.4.2). */
#define SELECTOR_RING_USER 3

#ifndef __ASSEMBLER__

#include <stdint.h>

/* A 32-bit task state (SDM 3A 7.2.1, figure 7-2). A selector is the low half of its word. */
struct task_state {
    uint32_t previous_task;
    uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3;
    uint32_t eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs;
    uint32_t ldt;
    uint32_t trap_and_io_map;
};

/* What LGDT and LIDT read (SDM 3A 2.4). */
struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t at;
};

/* Loads a flat GDT and the task register. A double fault goes to on_double_fault, on its own stack,
 * with the tables that are in use now. */
void descriptors_start(void (*on_double_fault)(void));

/* The registers of what ran when the processor switched to the double fault's task. Requires that
 * it has. CR3 and the stacks of inner rings are not among what it saves (SDM 3A 7.2.1). */
const struct task_state *descriptors_interrupted(void);

/* To be called in the double fault's task, with the view of memory that there was when descriptors
 * were loaded: goes on at `at`, a function that does not return, in the task that was interrupted,
 * with its stack pointer at `esp` and interrupts disabled. Another double fault starts anew. */
_Noreturn void descriptors_resume(void (*at)(void), uint32_t esp);

#endif

#endif
