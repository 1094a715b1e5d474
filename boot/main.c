/* The kernel: brings the machine up, runs the inputs, ends the run.
 *
 * Words on its command line make it misbehave on purpose, so that what watches it can be tested
 * (boot/provoke.c).
 *
 * `stop=N` calls guilty_operation before operation N of each input, for a debugger that waits there
 * (fuzz/session.h).
 *
 * With `stress` it runs threads and interrupts instead (boot/stress.h).
 *
 * With `time` it runs no checks, but counts what calls of the heap take (boot/timing.h); with
 * `time-first-fit` under the other policy. With `scenarios` it runs the MMU scenarios
 * (boot/scenarios.h), with `latency` it measures calls of the heap by size (boot/latency.h). */
#include "boot/command_line.h"
#include "boot/exit.h"
#include "boot/inputs.h"
#include "boot/interrupts.h"
#include "boot/latency.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/pic.h"
#include "boot/provoke.h"
#include "boot/scenarios.h"
#include "boot/screen.h"
#include "boot/serial.h"
#include "boot/stress.h"
#include "boot/timing.h"

extern const uint8_t image_start[], image_end[]; /* boot/kernel.ld */

_Noreturn void kernel_main(uint32_t magic, uint32_t info_at);

_Noreturn static void die(enum exit_value value, const char *why)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: ");
    line_text(&line, why);
    serial_line(&line);
    exit_machine(value);
}

/* What the kernel does, by the word that asks for it; without one of them it runs the inputs. */
struct mode {
    const char *word;
    enum exit_value (*run)(const struct multiboot_info *info);
};

static enum exit_value time_bins(const struct multiboot_info *info)
{
    return timing_run(info, HEAP_BINS);
}

static enum exit_value time_first_fit(const struct multiboot_info *info)
{
    return timing_run(info, HEAP_FIRST_FIT);
}

static const struct mode modes[] = {
    {"time", time_bins},    {"time-first-fit", time_first_fit}, {"latency", latency_run},
    {"stress", stress_run}, {"scenarios", scenarios_run},
};

void kernel_main(uint32_t magic, uint32_t info_at)
{
    serial_start();
    screen_start();
    interrupts_start();
    interrupts_handle(IRQ_COM1, injected_interrupt_handle);
    pic_start();
    if (magic != MULTIBOOT_LOADER_MAGIC)
        die(EXIT_BAD_INPUT, "not started by a Multiboot loader");
    const struct multiboot_info *info = memory_direct(info_at);
    const char *error =
        memory_describe(info, (uint32_t)(uintptr_t)image_start - KERNEL_AT,
                        (uint32_t)(uintptr_t)image_end - KERNEL_AT + STACK_SIZE + FAULT_STACK_SIZE);
    if (error != NULL)
        die(EXIT_LITTLE_MEMORY, error);

    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: kernel up, ");
    line_decimal(&line, memory_frame_count());
    line_text(&line, " frames of memory");
    serial_line(&line);
    __asm__ volatile("sti" : : : "memory");
    provoke(info);
    for (uint32_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (command_line_has(info, modes[i].word))
            exit_machine(modes[i].run(info));
    exit_machine(inputs_run(info, command_line_number(info, "stop=", 0)));
}
