#include "boot/fault_cause.h"

#include <stddef.h>

#include "boot/place.h"
#include "boot/serial.h"
#include "boot/stacks.h"
#include "mmu_x86/probe.h"

/* Names of the processor's exceptions (SDM 3A 6.15). */
static const char *const exception_names[] = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack-segment fault",
    "general protection fault",
    "page fault",
    "reserved exception 15",
    "floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point error",
    "virtualization exception",
    "control protection exception",
};

#define EXCEPTION_NAMES (sizeof exception_names / sizeof exception_names[0])

/* SDM 3A 6.13, figure 6-7: an error code that names a selector. */
#define SELECTOR_IN_IDT 0x2u
#define SELECTOR_IN_LDT 0x4u
#define SELECTOR_INDEX 0xFFF8u

static void why_line(uint32_t at)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   why: ");
    place_text(&line, at);
    serial_line(&line);
}

/* The entries on the way to `at`, as physical memory holds them. */
static void walk_line(uint32_t at)
{
    uint32_t slot = directory_slot(vaddr_of(at));
    uint32_t index = table_index(vaddr_of(at));
    const uint32_t *directory = probe_directory();
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   directory entry ");
    line_decimal(&line, slot);
    if (directory == NULL) {
        line_text(&line, ": CR3 leads outside memory");
        serial_line(&line);
        return;
    }
    line_text(&line, " = ");
    line_hex(&line, directory[slot], 8);
    const uint32_t *table = probe_table(slot);
    if (table != NULL) {
        line_text(&line, ", table entry ");
        line_decimal(&line, index);
        line_text(&line, " = ");
        line_hex(&line, table[index], 8);
    } else {
        line_text(&line, ", no table");
    }
    serial_line(&line);
}

static void page_fault_lines(const struct fault *fault)
{
    uint32_t code = fault->error_code;
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: page fault: ");
    /* Without execute-disable the error code does not tell a fetch from a read (SDM 3A 4.7). */
    line_text(&line, (code & FAULT_WRITE) != 0      ? "write to "
                     : fault->address == fault->eip ? "fetch from "
                                                    : "read of ");
    line_hex(&line, fault->address, 8);
    line_text(&line, (code & FAULT_PRESENT) != 0 ? ", access refused" : ", page not present");
    line_text(&line, (code & FAULT_USER) != 0 ? ", user" : ", supervisor");
    serial_line(&line);
    why_line(fault->address);
    walk_line(fault->address);
}

/* A double fault does not say which two exceptions it is made of (SDM 3A 6.15, interrupt 8). If the
 * stack pointer is in a guard page, or a push would reach one, that is it; otherwise the last page
 * fault is the best that is known. */
static void double_fault_lines(const struct fault *fault)
{
    const struct stack *stack = stack_of(fault->esp);
    bool overflowed =
        stack != NULL && !stack_holds(stack, fault->address) && stack_of(fault->address) == stack;
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: double fault: ");
    line_text(&line, overflowed ? "the stack ended at "
                                : "no handler could be called; last page fault at ");
    line_hex(&line, fault->address, 8);
    serial_line(&line);
    why_line(fault->address);
    walk_line(fault->address);
}

static void exception_line(const struct fault *fault)
{
    uint32_t code = fault->error_code;
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: ");
    line_text(&line, fault->vector < EXCEPTION_NAMES ? exception_names[fault->vector]
                                                     : "unexpected interrupt");
    line_text(&line, ", vector ");
    line_decimal(&line, fault->vector);
    if (fault->vector == VECTOR_GENERAL_PROTECTION && code != 0) {
        line_text(&line, ", by selector ");
        line_hex(&line, code & SELECTOR_INDEX, 4);
        line_text(&line, (code & SELECTOR_IN_IDT) != 0   ? " of the IDT"
                         : (code & SELECTOR_IN_LDT) != 0 ? " of the LDT"
                                                         : " of the GDT");
    }
    serial_line(&line);
}

void fault_cause_lines(const struct fault *fault)
{
    if (fault->vector == VECTOR_PAGE_FAULT)
        page_fault_lines(fault);
    else if (fault->vector == VECTOR_DOUBLE_FAULT)
        double_fault_lines(fault);
    else
        exception_line(fault);
}
