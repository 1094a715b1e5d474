/* What the stress mode says of itself. */
#include "boot/stress.h"

#include "boot/exit.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/pic.h"
#include "boot/serial.h"
#include "boot/stress_internal.h"
#include "boot/thread.h"
#include "fuzz/session_internal.h"

static const char *const call_names[STRESS_CALLS] = {
    " kmalloc", " kcalloc", " kmalloc_aligned", " krealloc", " kfree", " looks at contents",
};

/* Adds `before`, a count, and what it counts. */
static void item(struct line *line, const char *before, uint64_t count, const char *what)
{
    line_text(line, before);
    line_decimal(line, count);
    line_text(line, what);
}

void stress_print_start(void)
{
    struct line line;
    line_clear(&line);
    item(&line, "stress: ", stress.thread_count, " threads");
    item(&line, ", timer at ", stress.hz, " Hz");
    if (stress.ticks_end != 0)
        item(&line, ", at most ", stress.ticks_end, " ticks");
    item(&line, ", at most ", stress.seconds, " s");
    item(&line, ", seed ", stress.seed, "");
    serial_line(&line);
}

static void calls_line(const char *who, uint32_t first, uint32_t count)
{
    struct line line;
    uint32_t refused = 0;
    line_clear(&line);
    line_text(&line, who);
    for (uint32_t call = 0; call < STRESS_CALLS; call++) {
        uint64_t calls = 0;
        for (uint32_t i = first; i < first + count; i++)
            calls += stress.workers[i].calls[call];
        item(&line, call == 0 ? ": " : ", ", calls, call_names[call]);
    }
    for (uint32_t i = first; i < first + count; i++)
        refused += stress.workers[i].refused;
    item(&line, ", ", refused, " refused");
    serial_line(&line);
}

static void interrupt_lines(void)
{
    struct line line;
    line_clear(&line);
    item(&line, "stress: interrupts: ", stress.ticks, " of the timer");
    if (stress.seconds_passed != 0)
        item(&line, ", ", (stress.ticks_last - stress.ticks_first) / stress.seconds_passed,
             " a second");
    item(&line, "; ", stress.nested, " nested");
    item(&line, ", at most ", stress.deepest, " deep");
    item(&line, "; ", pic_spurious_count(), " spurious");
    item(&line, ", ", stress.provoked, " provoked");
    serial_line(&line);
    struct thread_counts switches = thread_counts();
    item(&line, "stress: ", switches.switches, " switches");
    item(&line, ", ", switches.preemptions, " of them preemptions");
    serial_line(&line);
}

void stress_print_counts(void)
{
    struct line line;
    calls_line("stress: threads", 0, stress.thread_count);
    calls_line("stress: handlers", STRESS_WORKER_TIMER, STRESS_WORKERS - STRESS_WORKER_TIMER);
    interrupt_lines();
    line_clear(&line);
    item(&line, "stress: reclaimer: ", stress.slices, " slices");
    item(&line, ", ", stress.frames_reclaimed, " frames given back");
    serial_line(&line);
    item(&line, "stress: rules H, P, F, X checked ", stress.checks, " times");
    serial_line(&line);
}

void stress_print_summary(uint32_t violation_count)
{
    struct line line;
    uint64_t operations = 0;
    for (uint32_t i = 0; i < STRESS_WORKERS; i++)
        operations += stress.workers[i].steps;
    line_clear(&line);
    item(&line, "kheap: stress, ", violation_count,
         violation_count == 1 ? " violation" : " violations");
    item(&line, ", ", operations, " operations");
    serial_line(&line);
}

static void print_violation(const struct violation *violation)
{
    struct line line;
    line_clear(&line);
    item(&line, "stress: in thread ", thread_running(), " at tick ");
    item(&line, "", stress.ticks, ":");
    serial_line(&line);
    violation_line(violation, &line);
    serial_line(&line);
    if (violation->rule == RULE_S6) {
        line_text(&line, "stress: the misuse: ");
        line_text(&line, misuse_reason_text(stress.session->misuse.reason));
        line_text(&line, ", found by ");
        line_text(&line, misuse_call_text(stress.session->misuse.call));
        serial_line(&line);
    }
    stress_print_counts();
    stress_print_summary(1);
}

/* What else is under way is over: nothing can be printed while the nested interrupt is raised. */
void stress_fail(const struct violation *violation)
{
    (void)machine_interrupts_disable();
    injected_interrupt_cancel();
    print_violation(violation);
    exit_machine(EXIT_VIOLATION);
}

void stress_faulted(const struct fault *fault)
{
    struct violation violation;
    if (fault->vector != VECTOR_PAGE_FAULT)
        return;
    (void)violation_set(&violation, RULE_P7, fault->address, 0, fault->error_code,
                        "page fault, error code (found), at");
    print_violation(&violation);
}
