#include "boot/thread.h"

#include <stddef.h>

#include "boot/memory.h"
#include "boot/stacks.h"
#include "mmu_x86/i386.h"
#include "mmu_x86/machine.h"

#define STACK_PAGES (THREAD_STACK_SPAN / PAGE_SIZE - 2u)

enum thread_state { THREAD_NONE, THREAD_READY, THREAD_ENDED };

struct thread {
    enum thread_state state;
    uint32_t esp; /* where its stack ends, while it does not run */
    void (*entry)(void *argument);
    void *argument;
};

_Static_assert(THREAD_STACKS_AT + THREAD_STACKS * THREAD_STACK_SPAN <= FAULT_STACK_AT - PAGE_SIZE,
               "the threads' stacks reach the double fault's guard page");
_Static_assert(THREAD_STACKS + 2u <= STACKS_MAX, "reports know all stacks, boot's two among them");

static struct thread threads[THREADS];
static uint32_t running;
static struct thread_counts counts;

extern uint32_t boot_table[TABLE_ENTRIES];

void thread_switch(uint32_t *leave_esp, uint32_t enter_esp);

/* The end of the stack of thread 1, 2, ...; its guard pages are the first and the last of its
 * span. */
static uint32_t stack_end(uint32_t thread)
{
    return THREAD_STACKS_AT + thread * THREAD_STACK_SPAN - PAGE_SIZE;
}

/* For fault reports, which cannot put a name together that the table of stacks points at. */
static const char *const stack_names[THREADS] = {
    NULL,
    "the stack of thread 1",
    "the stack of thread 2",
    "the stack of thread 3",
    "the stack of thread 4",
    "the stack of thread 5",
    "the stack of thread 6",
    "the stack of thread 7",
    "the stack of thread 8",
    "the stack of thread 9",
    "the stack of thread 10",
    "the stack of thread 11",
    "the stack of thread 12",
};

/* Boot's own table is written in place: it is the core's no more than the kernel's text is. */
bool threads_start(void)
{
    uint64_t longest;
    const void *memory_at =
        memory_carve((uint64_t)THREAD_STACKS * STACK_PAGES * PAGE_SIZE, &longest);
    if (memory_at == NULL)
        return false;
    uint32_t physical = (uint32_t)(uintptr_t)memory_at - DIRECT_AT;
    for (uint32_t thread = 1; thread < THREADS; thread++) {
        uint32_t end = stack_end(thread);
        struct stack stack = {end - STACK_PAGES * PAGE_SIZE, end, stack_names[thread]};
        for (uint32_t at = stack.start; at < end; at += PAGE_SIZE) {
            boot_table[table_index(vaddr_of(at))] = physical | ENTRY_PRESENT | ENTRY_WRITABLE;
            physical += PAGE_SIZE;
        }
        if (!stack_add(&stack))
            return false;
    }
    threads[0].state = THREAD_READY;
    return true;
}

/* Gives the processor to the next thread in turn, with interrupts disabled. */
static bool pass_on(void)
{
    uint32_t leave = running;
    uint32_t enter = running;
    do
        enter = (enter + 1u) % THREADS;
    while (threads[enter].state != THREAD_READY);
    if (enter == leave)
        return false;
    counts.switches++;
    running = enter;
    thread_switch(&threads[leave].esp, threads[enter].esp);
    return true;
}

/* Where every thread starts: on its own stack, switched to with interrupts disabled. */
static void thread_main(void)
{
    struct thread *thread = &threads[running];
    machine_interrupts_restore(EFLAGS_INTERRUPTS);
    thread->entry(thread->argument);
    (void)machine_interrupts_disable();
    thread->state = THREAD_ENDED;
    (void)pass_on();
    __builtin_unreachable();
}

/* What thread_switch will take from a new stack: the registers, where it returns to, and a return
 * address of zero, at which backtraces end. It lies so that the stack is aligned as after a call.
 */
struct new_stack {
    uint32_t edi, esi, ebx, ebp;
    void (*eip)(void);
    uint32_t returns_to;
};

uint32_t thread_start(void (*entry)(void *argument), void *argument)
{
    uint32_t interrupts = machine_interrupts_disable();
    uint32_t number = 1;
    while (threads[number].state != THREAD_NONE)
        number++;
    struct new_stack *stack = (struct new_stack *)stack_end(number) - 1;
    *stack = (struct new_stack){.eip = thread_main};
    threads[number] = (struct thread){
        .state = THREAD_READY,
        .esp = (uint32_t)(uintptr_t)stack,
        .entry = entry,
        .argument = argument,
    };
    machine_interrupts_restore(interrupts);
    return number;
}

void thread_yield(void)
{
    uint32_t interrupts = machine_interrupts_disable();
    (void)pass_on();
    machine_interrupts_restore(interrupts);
}

void thread_preempt(void)
{
    /* Counted before: the thread that was switched to goes on elsewhere. */
    counts.preemptions++;
    if (!pass_on())
        counts.preemptions--;
}

void thread_join(uint32_t thread)
{
    const volatile enum thread_state *state = &threads[thread].state;
    while (*state != THREAD_ENDED)
        thread_yield();
    threads[thread].state = THREAD_NONE;
}

uint32_t thread_running(void)
{
    return running;
}

struct thread_counts thread_counts(void)
{
    return counts;
}
