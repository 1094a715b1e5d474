/* The kernel: brings the machine up, runs the inputs, ends the run.
 *
 * What it does instead of running inputs, a word on its command line says: a mode (boot/modes.h),
 * or a mistake to be made on purpose (boot/provoke.h). `stop=N` calls guilty_operation
 * before operation N of each input, for a debugger that waits there (fuzz/session.h).
 * boot/README.md lists the words, and the files of the kernel in reading order. */
#include <stddef.h>

#include "boot/command_line.h"
#include "boot/exit.h"
#include "boot/inputs.h"
#include "boot/interrupts.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/modes.h"
#include "boot/pic.h"
#include "boot/provoke.h"
#include "boot/screen.h"
#include "boot/serial.h"

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
    const char *why;
    enum exit_value described = memory_describe(
        info, (uint32_t)(uintptr_t)image_start - KERNEL_AT,
        (uint32_t)(uintptr_t)image_end - KERNEL_AT + STACK_SIZE + FAULT_STACK_SIZE, &why);
    if (described != EXIT_OK)
        die(described, why);

    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: kernel up, ");
    line_decimal(&line, memory_frame_count());
    line_text(&line, " frames of memory");
    serial_line(&line);
    __asm__ volatile("sti" : : : "memory");
    provoke(info);
    for (const struct mode *mode = modes; mode->word != NULL; mode++)
        if (command_line_has(info, mode->word))
            exit_machine(mode->run(info));
    exit_machine(inputs_run(info, command_line_number(info, "stop=", 0)));
}
