/* The inside of the stress mode (boot/stress.h), shared by the files that make it up. */
#ifndef KHEAP_BOOT_STRESS_INTERNAL_H
#define KHEAP_BOOT_STRESS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/fault.h"
#include "fuzz/random.h"
#include "heap/control.h"
#include "invariants/violation.h"

struct session;

#define STRESS_THREADS_MAX 8u
#define STRESS_HZ_MIN 100u
#define STRESS_HZ_MAX 20000u

/* Each worker has so many slots for blocks of up to so many bytes: all of them at once take a third
 * of STRESS_FRAMES_AMPLE, so that with these no request may be refused. */
#define STRESS_SLOTS 64u
#define STRESS_SIZE_MAX 0x8000u
#define STRESS_FRAMES_AMPLE 16384u

/* A heap is not made without a page for its control block and a table for that. */
#define STRESS_FRAMES_MIN 2u

/* How deep the timer's handler may be entered anew while it works; deeper, it only counts. */
#define STRESS_DEPTH_MAX 2u

/* One after another: the threads', the timer handler's by depth, the nested handler's. */
#define STRESS_WORKERS (STRESS_THREADS_MAX + STRESS_DEPTH_MAX + 1u)
#define STRESS_WORKER_TIMER STRESS_THREADS_MAX
#define STRESS_WORKER_NESTED (STRESS_THREADS_MAX + STRESS_DEPTH_MAX)

enum stress_call {
    STRESS_KMALLOC,
    STRESS_KCALLOC,
    STRESS_ALIGNED,
    STRESS_KREALLOC,
    STRESS_KFREE,
    STRESS_LOOK, /* no call: a block's contents are looked at */
    STRESS_CALLS
};

/* Someone who allocates: a thread or a handler. Nobody else touches its slots. */
struct stress_worker {
    struct random random;
    uint32_t thread; /* its number, if it is one */
    uint32_t first_slot;
    volatile uint32_t steps;
    uint32_t calls[STRESS_CALLS];
    uint32_t refused;
};

struct stress {
    struct session *session;
    uint32_t seconds;
    uint32_t ticks_end; /* 0: there is none */
    uint32_t hz;
    uint32_t thread_count;
    uint32_t seed;
    uint32_t frame_count;
    enum heap_policy policy;
    volatile bool stopped;
    struct stress_worker workers[STRESS_WORKERS];

    volatile uint32_t ticks; /* timer interrupts so far */
    uint32_t seconds_passed; /* since the real-time clock was first seen to change, */
    uint32_t ticks_first;    /* when so many ticks had come; */
    uint32_t ticks_last;     /* and how many when it was last seen to */
    uint32_t nested;         /* interrupts that came inside the timer's handler */
    uint32_t deepest;        /* handlers under way at once */
    uint32_t provoked;       /* spurious interrupts */

    uint32_t slices; /* of the reclaimer */
    uint32_t frames_reclaimed;
    uint32_t checks;
    volatile uint32_t checked_at; /* ticks at the last check */
};

extern struct stress stress;

/* One random operation of a worker's, with its checks: a rule broken ends the run. */
void stress_step(struct stress_worker *worker);

/* Makes the heap, has the threads run until the time is over, gives everything back and checks that
 * the baseline is reached. */
void stress_threads_run(void);

/* The timer's interrupts begin, and end. */
void stress_interrupts_start(void);
void stress_interrupts_stop(void);

/* True once the time is over. */
bool stress_time_over(void);

/* Ends the run because of a broken rule. */
_Noreturn void stress_fail(const struct violation *violation);

/* On a page fault, prints that rule P7 is broken: the fault has ended the run. */
void stress_faulted(const struct fault *fault);

/* Prints how the run is set up, what was done, and the closing summary. */
void stress_print_start(void);
void stress_print_counts(void);
void stress_print_summary(uint32_t violation_count);

#endif
