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
#include "boot/exit.h"
#include "boot/inputs.h"
#include "boot/interrupts.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/pic.h"
#include "boot/serial.h"
#include "boot/timing.h"
#include "mmu_x86/machine.h"

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

/* What follows `word` on the command line, behind its first word, which names the kernel; null if
 * no word there starts with it. */
static const char *option_after(const struct multiboot_info *info, const char *word)
{
    if ((info->flags & MULTIBOOT_HAS_COMMAND_LINE) == 0)
        return NULL;
    const char *text = memory_direct(info->command_line_at);
    while (*text != '\0') {
        while (*text != '\0' && *text != ' ')
            text++;
        while (*text == ' ')
            text++;
        uint32_t i = 0;
        while (word[i] != '\0' && text[i] == word[i])
            i++;
        if (word[i] == '\0' && (text[i] == '\0' || text[i] == ' ' || word[i - 1u] == '='))
            return text + i;
    }
    return NULL;
}

static bool option_given(const struct multiboot_info *info, const char *word)
{
    return option_after(info, word) != NULL;
}

/* The number behind `word`, which ends with an equals sign; 0 if there is none. */
static uint32_t option_number(const struct multiboot_info *info, const char *word)
{
    const char *text = option_after(info, word);
    uint32_t number = 0;
    for (; text != NULL && *text >= '0' && *text <= '9'; text++)
        number = number * 10u + (uint32_t)(*text - '0');
    return number;
}

static void misbehave(const struct multiboot_info *info)
{
    if (option_given(info, "hang"))
        for (;;)
            __asm__ volatile("hlt");
    if (option_given(info, "fault"))
        machine_store(vaddr_of(STACK_AT - 4u), 0);
    if (option_given(info, "fault-null"))
        (void)probe_user_load(VADDR_NULL);
    if (option_given(info, "triple")) {
        static const uint16_t no_table[3];
        __asm__ volatile("lidt %0\n\tud2" : : "m"(no_table));
    }
}

void kernel_main(uint32_t magic, uint32_t info_at)
{
    serial_start();
    interrupts_start();
    pic_start();
    if (magic != MULTIBOOT_LOADER_MAGIC)
        die(EXIT_BAD_INPUT, "not started by a Multiboot loader");
    const struct multiboot_info *info = memory_direct(info_at);
    const char *error = memory_describe(info);
    if (error != NULL)
        die(EXIT_LITTLE_MEMORY, error);

    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: kernel up, ");
    line_decimal(&line, memory_frame_count());
    line_text(&line, " frames of memory");
    serial_line(&line);
    __asm__ volatile("sti" : : : "memory");
    misbehave(info);
    if (option_given(info, "time"))
        exit_machine(timing_run(info, HEAP_BINS));
    if (option_given(info, "time-first-fit"))
        exit_machine(timing_run(info, HEAP_FIRST_FIT));
    exit_machine(inputs_run(info, option_number(info, "stop=")));
}
