#include "boot/fault.h"

#include "boot/exit.h"
#include "boot/inputs.h"
#include "boot/memory.h"
#include "boot/serial.h"
#include "boot/stress.h"
#include "boot/thread.h"
#include "mmu_x86/machine.h"

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

extern const uint8_t image_start[], image_writable[], image_end[];

static void field(struct line *line, const char *name, uint32_t value)
{
    line_text(line, name);
    line_hex(line, value, 8);
}

static uint32_t address_of(const uint8_t *symbol)
{
    return (uint32_t)(uintptr_t)symbol;
}

/* What lies at an address, in words that say why it faults (boot/layout.h). */
static const char *place_of(uint32_t at)
{
    const struct {
        uint32_t end; /* of the part that starts where the line before ends */
        const char *name;
    } parts[] = {
        {PAGE_SIZE, "the null page"},
        {DIRECT_AT, "nothing is mapped there"},
        {PROBE_SLOT_DEVICE << TABLE_SHIFT, "the direct map of physical memory"},
        {PROBE_SLOT_KERNEL << TABLE_SHIFT, "the device window"},
        {address_of(image_start), "nothing is mapped there"},
        {address_of(image_writable), "the kernel's text and constants, which are read-only"},
        {address_of(image_end), "the kernel's data"},
        {THREAD_STACKS_AT, "nothing is mapped there"},
        {THREAD_STACKS_AT + THREAD_STACKS * THREAD_STACK_SPAN, "a thread's stack, not in use"},
        {STACK_AT - PAGE_SIZE, "nothing is mapped there"},
        {STACK_AT, "the guard page below the kernel stack: a stack overflow"},
        {STACK_AT + STACK_SIZE, "the kernel stack"},
        {STACK_AT + STACK_SIZE + PAGE_SIZE, "the guard page above the kernel stack"},
        {(PROBE_SLOT_KERNEL + 1u) << TABLE_SHIFT, "nothing is mapped there"},
        {TABLES_AT, "the heap's window"},
        {DIRECTORY_AT, "the page tables, in the recursive window: this table is not there"},
    };
    for (uint32_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (at < parts[i].end)
            return parts[i].name;
    return "the page directory, in the recursive window";
}

static void place_text(struct line *line, uint32_t at)
{
    uint32_t thread;
    bool below;
    if (!thread_guard(at, &thread, &below)) {
        line_text(line, place_of(at));
        return;
    }
    line_text(line, "the guard page ");
    line_text(line, below ? "below" : "above");
    line_text(line, " the stack of thread ");
    line_decimal(line, thread);
    line_text(line, below ? ": a stack overflow" : "");
}

static void page_fault_line(const struct interrupt_frame *frame, uint32_t at)
{
    uint32_t code = frame->error_code;
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: page fault: ");
    /* Without execute-disable the error code does not tell a fetch from a read (SDM 3A 4.7). */
    line_text(&line, (code & FAULT_WRITE) != 0 ? "write to "
                     : at == frame->eip        ? "fetch from "
                                               : "read of ");
    line_hex(&line, at, 8);
    line_text(&line, (code & FAULT_PRESENT) != 0 ? ", access refused" : ", page not present");
    line_text(&line, (code & FAULT_USER) != 0 ? ", user" : ", supervisor");
    serial_line(&line);
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
    field(&line, " = ", directory[slot]);
    const uint32_t *table = probe_table(slot);
    if (table != NULL) {
        line_text(&line, ", table entry ");
        line_decimal(&line, index);
        field(&line, " = ", table[index]);
    } else {
        line_text(&line, ", no table");
    }
    serial_line(&line);
}

static void exception_line(const struct interrupt_frame *frame)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: ");
    line_text(&line, frame->vector < EXCEPTION_NAMES ? exception_names[frame->vector]
                                                     : "unexpected interrupt");
    line_text(&line, ", vector ");
    line_decimal(&line, frame->vector);
    serial_line(&line);
}

static void register_lines(const struct interrupt_frame *frame, uint32_t cr2)
{
    /* The processor pushed nothing below its frame: what lies above it is the faulting code's. */
    uint32_t esp = (uint32_t)(uintptr_t)(&frame->eflags + 1);
    struct line line;
    line_clear(&line);
    field(&line, "kheap:   eip=", frame->eip);
    field(&line, " error=", frame->error_code);
    field(&line, " cr2=", cr2);
    field(&line, " cr3=", machine_root().n << PAGE_SHIFT);
    field(&line, " eflags=", frame->eflags);
    serial_line(&line);
    field(&line, "kheap:   eax=", frame->eax);
    field(&line, " ebx=", frame->ebx);
    field(&line, " ecx=", frame->ecx);
    field(&line, " edx=", frame->edx);
    serial_line(&line);
    field(&line, "kheap:   esi=", frame->esi);
    field(&line, " edi=", frame->edi);
    field(&line, " ebp=", frame->ebp);
    field(&line, " esp=", esp);
    serial_line(&line);
}

void fault_report(const struct interrupt_frame *frame)
{
    static bool reporting;
    uint32_t cr2;
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    if (reporting) {
        serial_text("kheap: a second fault while the first was being reported\n");
        exit_machine(EXIT_FAULT);
    }
    reporting = true;
    injected_interrupt_cancel(); /* nothing can be printed while it is raised */
    if (frame->vector == VECTOR_PAGE_FAULT) {
        page_fault_line(frame, cr2);
        walk_line(cr2);
    } else {
        exception_line(frame);
    }
    register_lines(frame, cr2);
    if (frame->vector == VECTOR_PAGE_FAULT) {
        inputs_faulted(cr2, frame->error_code);
        stress_faulted(cr2, frame->error_code);
    }
    exit_machine(EXIT_FAULT);
}
