#include "boot/provoke.h"

#include <stddef.h>

#include "boot/asan/shadow.h"
#include "boot/command_line.h"
#include "boot/descriptors.h"
#include "boot/interrupts.h"
#include "boot/layout.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/nearest_block.h"
#include "boot/probe.h"
#include "boot/stage.h"
#include "boot/thread.h"
#include "mmu_x86/probe.h"

/* Keeps a function's name in the backtrace. */
#define PROVOCATION __attribute__((noinline)) static void

#define NOWHERE 0x10000000u  /* nothing is mapped there (boot/layout.h) */
#define SELECTOR_WRONG 0x50u /* behind the end of the GDT (boot/descriptors.h) */
#define PROVOKED_PAGES 64u

extern uint8_t image_start[]; /* not const: the compiler may leave out a store to that */

/* A null pointer of which the compiler does not know that it is one. */
static volatile uint32_t null_pointer;

PROVOCATION hang_for_ever(void)
{
    for (;;)
        __asm__ volatile("hlt");
}

PROVOCATION read_null(void)
{
    (void)probe_user_load(vaddr_of(null_pointer));
}

PROVOCATION write_null(void)
{
    machine_store(vaddr_of(null_pointer), 0);
}

PROVOCATION write_below_stack(void)
{
    machine_store(vaddr_of(STACK_AT - 4u), 0);
}

PROVOCATION write_above_stack(void)
{
    machine_store(vaddr_of(STACK_AT + STACK_SIZE), 0);
}

/* Reaches deeper than any stack. What it adds up keeps the compiler from making a loop of it. */
__attribute__((noinline)) static uint32_t overflow_stack_by(uint32_t depth)
{
    volatile uint32_t room[16];
    room[depth % 16u] = depth;
    uint32_t deeper = depth == 0 ? 0 : overflow_stack_by(depth - 1u);
    return deeper + room[depth % 16u];
}

PROVOCATION overflow_stack(void)
{
    (void)overflow_stack_by(~0u);
}

static void in_thread(void *run)
{
    ((void (*)(void))run)();
}

/* Has a thread do something, on a stack of its own. */
static void thread_does(void (*run)(void))
{
    if (threads_start())
        thread_join(thread_start(in_thread, (void *)run));
}

PROVOCATION write_above_thread(void)
{
    machine_store(vaddr_of(THREAD_STACKS_AT + THREAD_STACK_SPAN - PAGE_SIZE), 0);
}

static void fault_above_thread(void)
{
    thread_does(write_above_thread);
}

static void overflow_thread(void)
{
    thread_does(overflow_stack);
}

/* A heap of which no session knows, watched by the report. */
static bool heap_begin(struct heap *heap)
{
    const struct op_config config = {HEAP_BINS, PROVOKED_PAGES, PROVOKED_PAGES};
    nearest_block_watch(heap);
    return probe_start() && stage_heap(heap, &config, HEAP_BINS) == NULL;
}

/* Uses a block after it was freed and its pages were given back. */
PROVOCATION use_reclaimed_page(void)
{
    static struct heap heap;
    if (!heap_begin(&heap))
        return;
    vaddr_t at = kmalloc(&heap, 8u * PAGE_SIZE);
    vaddr_t behind = kmalloc(&heap, 100);
    kfree(&heap, at);
    (void)heap_reclaim(&heap, PROVOKED_PAGES);
    machine_store(vaddr_add(at, 4u * PAGE_SIZE), behind.v);
}

PROVOCATION write_behind_heap(void)
{
    static struct heap heap;
    if (heap_begin(&heap))
        machine_store(vaddr_of(HEAP_WINDOW_START + (PROVOKED_PAGES - 1u) * PAGE_SIZE), 0);
}

/* The report cannot find the block: the tag of one before it is overwritten. */
PROVOCATION use_page_behind_damage(void)
{
    static struct heap heap;
    if (!heap_begin(&heap))
        return;
    (void)kmalloc(&heap, 200);
    vaddr_t damaged = kmalloc(&heap, 100);
    machine_store(vaddr_of(damaged.v - 4u), 0);
    machine_store(vaddr_add(damaged, 8u * PAGE_SIZE), 0);
}

PROVOCATION write_text(void)
{
    machine_store(vaddr_of((uint32_t)(uintptr_t)image_start), 0);
}

/* Not by machine_store, which AddressSanitizer would look at first. */
PROVOCATION write_shadow(void)
{
    __asm__ volatile("movl %0, (%0)" : : "r"(SHADOW_AT) : "memory");
}

PROVOCATION jump_to_nowhere(void)
{
    void (*volatile nowhere)(void) = (void (*)(void))NOWHERE;
    nowhere();
}

PROVOCATION jump_to_null(void)
{
    void (*volatile nowhere)(void) = (void (*)(void))null_pointer;
    nowhere();
}

PROVOCATION load_wrong_selector(void)
{
    __asm__ volatile("movw %w0, %%es" : : "r"(SELECTOR_WRONG));
}

PROVOCATION divide_by_zero(void)
{
    uint32_t quotient = 1;
    __asm__ volatile("xorl %%edx, %%edx\n\tdivl %1" : "+a"(quotient) : "r"(0) : "edx", "cc");
}

PROVOCATION run_invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

PROVOCATION take_unexpected_interrupt(void)
{
    __asm__ volatile("int $42");
}

/* Leaves the report nothing to follow. */
PROVOCATION lose_frames(void)
{
    __asm__ volatile("movl $0x12345678, %ebp\n\tud2");
}

static void handler_that_faults(void)
{
    read_null();
}

/* The fault comes in the handler of an interrupt that came in this function. */
PROVOCATION wait_for_interrupt(void)
{
    injection.interrupt_handler = handler_that_faults;
    uint32_t interrupts = machine_interrupts_disable();
    injected_interrupt_raise();
    machine_interrupts_restore(interrupts);
}

/* The IDT ends before the page fault's gate, so that the double fault's is used. */
PROVOCATION fault_without_gate(void)
{
    struct table_register idt;
    __asm__ volatile("sidt %0" : "=m"(idt));
    idt.limit = VECTOR_PAGE_FAULT * 8u - 1u;
    __asm__ volatile("lidt %0" : : "m"(idt) : "memory");
    write_null();
}

/* Faults with no handler left, not even for the double fault that this becomes. */
PROVOCATION fault_without_handlers(void)
{
    static const uint16_t no_table[3];
    __asm__ volatile("lidt %0\n\tud2" : : "m"(no_table));
}

struct provocation {
    const char *word;
    void (*run)(void);
};

static const struct provocation provocations[] = {
    {"hang", hang_for_ever},
    {"fault-null-read", read_null},
    {"fault-null-write", write_null},
    {"fault-guard-below", write_below_stack},
    {"fault-guard-above", write_above_stack},
    {"fault-overflow", overflow_stack},
    {"fault-thread-overflow", overflow_thread},
    {"fault-thread-above", fault_above_thread},
    {"fault-reclaimed", use_reclaimed_page},
    {"fault-text", write_text},
    {"fault-shadow", write_shadow},
    {"fault-jump", jump_to_nowhere},
    {"fault-jump-null", jump_to_null},
    {"fault-selector", load_wrong_selector},
    {"fault-divide", divide_by_zero},
    {"fault-opcode", run_invalid_opcode},
    {"fault-interrupt", take_unexpected_interrupt},
    {"fault-in-handler", wait_for_interrupt},
    {"fault-behind-heap", write_behind_heap},
    {"fault-behind-damage", use_page_behind_damage},
    {"fault-lost-frames", lose_frames},
    {"fault-no-gate", fault_without_gate},
    {"triple", fault_without_handlers},
};

void provoke(const struct multiboot_info *info)
{
    for (uint32_t i = 0; i < sizeof provocations / sizeof provocations[0]; i++)
        if (command_line_has(info, provocations[i].word))
            provocations[i].run();
}
