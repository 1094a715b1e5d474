/* The stress mode's threads: those that work, the one that reclaims, and thread 0, which checks. */
#include "boot/stress_internal.h"

#include "boot/nearest_block.h"
#include "boot/pic.h"
#include "boot/thread.h"
#include "fuzz/session_internal.h"

/* Between two checks of everything, and between two passes of the reclaimer. */
#define CHECKS_HZ 250u
#define PASSES_HZ 100u

/* Pages that a slice of the reclaimer gives back at most. */
#define SLICE_PAGES 16u

/* A thread provokes a spurious interrupt and yields every so many operations. */
#define SPURIOUS_EVERY 256u
#define YIELD_EVERY 61u

/* Lets the others run for a part of a second, and until the next tick at least. */
static void rest(uint32_t part)
{
    uint32_t start = stress.ticks;
    while (stress.ticks - start <= stress.hz / part && !stress.stopped)
        thread_yield();
}

/* An interrupt that no line stands for: the processor is led to the vectors that the controllers
 * report it by, and their in-service bits are clear, as if the line had fallen. */
static void spurious_provoke(void)
{
    uint32_t interrupts = machine_interrupts_disable();
    uint32_t provoked = stress.provoked++;
    machine_interrupts_restore(interrupts);
    if (provoked % 2u == 0)
        __asm__ volatile("int %0" : : "i"(PIC_VECTOR + IRQ_SPURIOUS_FIRST) : "memory");
    else
        __asm__ volatile("int %0" : : "i"(PIC_VECTOR + IRQ_SPURIOUS_SECOND) : "memory");
}

static void work(void *argument)
{
    struct stress_worker *worker = argument;
    while (!stress.stopped) {
        stress_step(worker);
        if (worker->steps % SPURIOUS_EVERY == 0)
            spurious_provoke();
        if (worker->steps % YIELD_EVERY == 0)
            thread_yield();
    }
}

/* As a kernel's would: a slice, and a short rest while there is more to come, otherwise a long one.
 */
static void reclaim(void *argument)
{
    const struct heap *heap = argument;
    while (!stress.stopped) {
        stress.frames_reclaimed += heap_reclaim(heap, SLICE_PAGES);
        stress.slices++;
        if (heap_reclaim_pending(heap))
            thread_yield();
        else
            rest(PASSES_HZ);
    }
}

/* Every rule over everything, while nobody is inside the heap. */
static void check(void)
{
    struct session *session = stress.session;
    uint32_t interrupts = machine_interrupts_disable();
    if (!session_check_all(session) || !session_rule_S6(session, 0, 0))
        stress_fail(&session->violation);
    stress.checks++;
    stress.checked_at = stress.ticks;
    machine_interrupts_restore(interrupts);
}

static void run(void)
{
    for (uint32_t i = 0; i < stress.thread_count; i++)
        stress.workers[i].thread = thread_start(work, &stress.workers[i]);
    uint32_t reclaimer = thread_start(reclaim, &stress.session->heap);
    stress_interrupts_start();
    while (!stress_time_over()) {
        check();
        rest(CHECKS_HZ);
    }
    stress.stopped = true;
    for (uint32_t i = 0; i < stress.thread_count; i++)
        thread_join(stress.workers[i].thread);
    thread_join(reclaimer);
    stress_interrupts_stop();
}

/* Everything is given back, and the baseline must be reached. */
static void end(void)
{
    check();
    if (!session_give_back(stress.session))
        stress_fail(&stress.session->violation);
}

/* The session is the model and the checkers; the operations are not its own. */
static bool session_start(void)
{
    struct op_config config = {
        .policy = stress.policy,
        .frame_count = stress.frame_count,
        .window_pages = OP_WINDOW_PAGES_MAX,
    };
    struct session_plan plan = {.check = SESSION_CHECK_FULL};
    session_check_begin(stress.session, &plan, false);
    nearest_block_watch(&stress.session->heap);
    return session_begin(stress.session, &config);
}

void stress_threads_run(void)
{
    if (!session_start())
        stress_fail(&stress.session->violation);
    run();
    end();
}
