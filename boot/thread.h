/* Kernel threads, for the tests: one processor, taken in turns.
 *
 * A thread runs until it yields, ends, or is preempted: the timer's handler calls thread_preempt,
 * and the switch happens inside the interrupt, on the thread's own stack. Whoever disables
 * interrupts is not preempted meanwhile, which is all that the heap asks of a kernel.
 *
 * Each thread has a stack in a window of its own (boot/layout.h), between two guard pages that are
 * never mapped. Thread 0 is who called threads_start, on the kernel stack. */
#ifndef KHEAP_BOOT_THREAD_H
#define KHEAP_BOOT_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/layout.h"

#define THREADS (THREAD_STACKS + 1u) /* thread 0 among them */

/* Makes the caller thread 0, and maps the others' stacks, to memory that is carved out of what is
 * free. To be called once, before probe_start (boot/probe.h): from then on nobody may map there.
 * Returns false if there is too little memory. */
bool threads_start(void);

/* Starts a thread that calls entry(argument) with interrupts enabled, and ends when that returns.
 * Requires that fewer than THREAD_STACKS threads are there beside thread 0. Returns its number. */
uint32_t thread_start(void (*entry)(void *argument), void *argument);

/* Lets the others run. Requires interrupts enabled. */
void thread_yield(void);

/* Waits, yielding, until the thread has ended; then its number is free. */
void thread_join(uint32_t thread);

/* Takes the processor from the running thread, if another can run. Returns when it has it back.
 * Requires interrupts disabled, and that no other interrupt's handler is under way. */
void thread_preempt(void);

/* The thread that runs. */
uint32_t thread_running(void);

struct thread_counts {
    uint64_t switches;
    uint64_t preemptions; /* of these, those of thread_preempt */
};
struct thread_counts thread_counts(void);

#endif
