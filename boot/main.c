/* The kernel: brings the machine up, runs the inputs, ends the run.
 *
 * Words on its command line make it misbehave on purpose, so that what watches it can be tested:
 * `hang` stops for ever, `fault` writes to the guard page below the stack, `fault-null` reads the
 * null page, `triple` faults with no handlers left.
 *
 * `stop=N` calls guilty_operation before operation N of each input, for a debugger that waits there
 * (fuzz/session.h).
 *
 * With `time` it runs no checks, but counts what calls of the heap take (boot/timing.h); with
 * `time-first-fit` under the other policy. */
#include "boot/command_line.h"
#include "boot/exit.h"
#include "boot/inputs.h"
#include "boot/interrupts.h"
#include "boot/latency.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/pic.h"
#include "boot/screen.h"
#include "boot/serial.h"
#include "boot/timing.h"
#include "mmu_x86/machine.h"

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

static void misbehave(const struct multiboot_info *info)
{
    if (command_line_has(info, "hang"))
        for (;;)
            __asm__ volatile("hlt");
    if (command_line_has(info, "fault"))
        machine_store(vaddr_of(STACK_AT - 4u), 0);
    if (command_line_has(info, "fault-null"))
        (void)probe_user_load(VADDR_NULL);
    if (command_line_has(info, "triple")) {
        static const uint16_t no_table[3];
        __asm__ volatile("lidt %0\n\tud2" : : "m"(no_table));
    }
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
    {"time", time_bins},
    {"time-first-fit", time_first_fit},
    {"latency", latency_run},
};

void kernel_main(uint32_t magic, uint32_t info_at)
{
    serial_start();
    screen_start();
    interrupts_start();
    pic_start();
    if (magic != MULTIBOOT_LOADER_MAGIC)
        die(EXIT_BAD_INPUT, "not started by a Multiboot loader");
    const struct multiboot_info *info = memory_direct(info_at);
    const char *error = memory_describe(info, (uint32_t)(uintptr_t)image_start - KERNEL_AT,
                                        (uint32_t)(uintptr_t)image_end - KERNEL_AT + STACK_SIZE);
    if (error != NULL)
        die(EXIT_BAD_INPUT, error);

    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: kernel up, ");
    line_decimal(&line, memory_frame_count());
    line_text(&line, " frames of memory");
    serial_line(&line);
    __asm__ volatile("sti" : : : "memory");
    misbehave(info);
    for (uint32_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (command_line_has(info, modes[i].word))
            exit_machine(modes[i].run(info));
    exit_machine(inputs_run(info, command_line_number(info, "stop=", 0)));
}
