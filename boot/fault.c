#include "boot/fault.h"

#include <stddef.h>

#include "boot/backtrace.h"
#include "boot/descriptors.h"
#include "boot/exit.h"
#include "boot/fault_cause.h"
#include "boot/nearest_block.h"
#include "boot/serial.h"
#include "boot/symbols.h"
#include "mmu_x86/machine.h"

static void field(struct line *line, const char *name, uint32_t value)
{
    line_text(line, name);
    line_hex(line, value, 8);
}

static void register_lines(const struct fault *fault)
{
    struct line line;
    line_clear(&line);
    field(&line, "kheap:   eip=", fault->eip);
    symbol_text(&line, fault->eip);
    serial_line(&line);
    field(&line, "kheap:   error=", fault->error_code);
    field(&line, " cr2=", fault->address);
    field(&line, " cr3=", machine_root().n << PAGE_SHIFT);
    field(&line, " eflags=", fault->eflags);
    serial_line(&line);
    field(&line, "kheap:   eax=", fault->eax);
    field(&line, " ebx=", fault->ebx);
    field(&line, " ecx=", fault->ecx);
    field(&line, " edx=", fault->edx);
    serial_line(&line);
    field(&line, "kheap:   esi=", fault->esi);
    field(&line, " edi=", fault->edi);
    field(&line, " ebp=", fault->ebp);
    field(&line, " esp=", fault->esp);
    serial_line(&line);
}

static enum exit_value exit_for(uint32_t vector)
{
    switch (vector) {
    case VECTOR_PAGE_FAULT: return EXIT_PAGE_FAULT;
    case VECTOR_DOUBLE_FAULT: return EXIT_DOUBLE_FAULT;
    case VECTOR_GENERAL_PROTECTION: return EXIT_GENERAL_PROTECTION;
    default: return EXIT_EXCEPTION;
    }
}

static const struct fault_watcher *watcher;

void fault_watch(const struct fault_watcher *who)
{
    watcher = who;
}

_Noreturn static void report(const struct fault *fault)
{
    static bool reporting;
    if (reporting) {
        serial_text("kheap: a second fault while the first was being reported\n");
        exit_machine(exit_for(fault->vector));
    }
    reporting = true;
    injected_interrupt_cancel(); /* nothing can be printed while it is raised */
    if (watcher != NULL && watcher->begins != NULL)
        watcher->begins();
    fault_cause_lines(fault);
    if (fault->vector == VECTOR_PAGE_FAULT)
        nearest_block_lines(fault->address);
    register_lines(fault);
    backtrace_lines(fault);
    const struct fault_watcher *told = watcher;
    watcher = NULL; /* once */
    reporting = false;
    if (told != NULL)
        told->reported(fault);
    exit_machine(exit_for(fault->vector));
}

static uint32_t last_page_fault(void)
{
    uint32_t cr2;
    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    return cr2;
}

void fault_report(const struct interrupt_frame *frame)
{
    report(&(struct fault){
        .vector = frame->vector,
        .error_code = frame->error_code,
        .address = last_page_fault(),
        .eip = frame->eip,
        .eflags = frame->eflags,
        .eax = frame->eax,
        .ebx = frame->ebx,
        .ecx = frame->ecx,
        .edx = frame->edx,
        .esi = frame->esi,
        .edi = frame->edi,
        .ebp = frame->ebp,
        /* The processor pushed nothing above its frame: that is the faulting code's. */
        .esp = (uint32_t)(uintptr_t)(&frame->eflags + 1),
    });
}

void fault_report_double(void)
{
    const struct task_state *task = descriptors_interrupted();
    report(&(struct fault){
        .vector = VECTOR_DOUBLE_FAULT,
        .error_code = 0, /* as it always is (SDM 3A 6.15, interrupt 8) */
        .address = last_page_fault(),
        .eip = task->eip,
        .eflags = task->eflags,
        .eax = task->eax,
        .ebx = task->ebx,
        .ecx = task->ecx,
        .edx = task->edx,
        .esi = task->esi,
        .edi = task->edi,
        .ebp = task->ebp,
        .esp = task->esp,
    });
}
