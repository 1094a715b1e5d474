/* The stress mode's interrupts: the timer's, whose handler uses the heap, COM1's inside it, and the
 * clock that says how many came in a second. */
#include "boot/stress_internal.h"

#include "boot/interrupts.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/pic.h"
#include "boot/pit.h"
#include "boot/rtc.h"
#include "boot/thread.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"

/* One timer interrupt in so many has another come inside its handler. */
#define NESTED_EVERY 4u

/* Without a check for so long, something hangs. */
#define SILENCE_SECONDS 5u

/* Handlers under way. It is 0 whenever a thread is switched to. */
static uint32_t depth;

static void enter(void)
{
    depth++;
    stress.nested += depth > 1u;
    stress.deepest = depth > stress.deepest ? depth : stress.deepest;
}

static void leave(void)
{
    depth--;
}

/* COM1's handler, with interrupts disabled throughout. */
static void nested(void)
{
    enter();
    stress_step(&stress.workers[STRESS_WORKER_NESTED]);
    leave();
}

/* Follows the real-time clock, from one change of its second to the next. */
static void clock_follow(void)
{
    static uint32_t last = RTC_SECONDS; /* not looked at yet */
    uint32_t now;
    if (!rtc_second(&now) || now == last)
        return;
    if (last != RTC_SECONDS) {
        if (stress.ticks_first == 0)
            stress.ticks_first = stress.ticks;
        else
            stress.seconds_passed += (now + RTC_SECONDS - last) % RTC_SECONDS;
        stress.ticks_last = stress.ticks;
    }
    last = now;
}

/* Calls that never return are found here, where interrupts still come. */
static void watch(void)
{
    struct violation violation;
    uint32_t silence = stress.ticks - stress.checked_at;
    if (silence <= SILENCE_SECONDS * stress.hz)
        return;
    (void)violation_set(&violation, RULE_C1, thread_running(), SILENCE_SECONDS * stress.hz, silence,
                        "ticks since the last check, in thread");
    stress_fail(&violation);
}

static void tick(void)
{
    pic_acknowledge(IRQ_TIMER);
    stress.ticks++;
    clock_follow();
    watch();
    if (depth < STRESS_DEPTH_MAX) {
        struct stress_worker *worker = &stress.workers[STRESS_WORKER_TIMER + depth];
        enter();
        if (random_below(&worker->random, NESTED_EVERY) == 0)
            injected_interrupt_raise();
        machine_interrupts_restore(EFLAGS_INTERRUPTS);
        stress_step(worker);
        (void)machine_interrupts_disable();
        leave();
    }
    if (depth == 0)
        thread_preempt();
}

void stress_interrupts_start(void)
{
    injection.interrupt_handler = nested;
    interrupts_handle(IRQ_TIMER, tick);
    pit_start(stress.hz);
    pic_unmask(IRQ_TIMER);
}

void stress_interrupts_stop(void)
{
    pic_mask(IRQ_TIMER);
}

bool stress_time_over(void)
{
    return stress.seconds_passed >= stress.seconds ||
           (stress.ticks_end != 0 && stress.ticks >= stress.ticks_end);
}
