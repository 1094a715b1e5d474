#include "boot/place.h"

#include <stddef.h>

#include "boot/asan/shadow.h"
#include "boot/layout.h"
#include "boot/stacks.h"
#include "mmu_x86/probe.h"

extern const uint8_t image_start[], image_text_end[], image_writable[], image_end[];

static uint32_t address_of(const uint8_t *symbol)
{
    return (uint32_t)(uintptr_t)symbol;
}

/* Only kheap-asan.elf maps its shadow, all of it, before anything can fault. */
static const char *shadow_part(void)
{
    const uint32_t *directory = probe_directory();
    return directory != NULL && (directory[SHADOW_AT >> TABLE_SHIFT] & ENTRY_PRESENT) != 0
               ? "AddressSanitizer's shadow"
               : "nothing is mapped there";
}

/* The parts of the address space, as boot/layout.h has them. */
static const char *part_of(uint32_t at)
{
    const struct {
        uint32_t end; /* of the part that starts where the line before ends */
        const char *name;
    } parts[] = {
        {PAGE_SIZE, "the null page"},
        {SHADOW_AT, "nothing is mapped there"},
        {DIRECT_AT, shadow_part()},
        {PROBE_SLOT_DEVICE << TABLE_SHIFT, "the direct map of physical memory"},
        {PROBE_SLOT_KERNEL << TABLE_SHIFT, "the device window"},
        {address_of(image_start), "nothing is mapped there"},
        {address_of(image_text_end), "the kernel's text, which is read-only"},
        {address_of(image_writable), "the kernel's constants, which are read-only"},
        {address_of(image_end), "the kernel's data"},
        {(PROBE_SLOT_KERNEL + 1u) << TABLE_SHIFT, "nothing is mapped there"},
        {TABLES_AT, "the heap's window"},
        {DIRECTORY_AT, "the page tables, in the recursive window: this table is not there"},
    };
    for (uint32_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (at < parts[i].end)
            return parts[i].name;
    return "the page directory, in the recursive window";
}

void place_text(struct line *line, uint32_t at)
{
    const struct stack *stack = stack_of(at);
    if (stack == NULL) {
        line_text(line, part_of(at));
        return;
    }
    if (at < stack->start)
        line_text(line, "the guard page below ");
    else if (at >= stack->end)
        line_text(line, "the guard page above ");
    line_text(line, stack->name);
    if (at < stack->start)
        line_text(line, ": a stack overflow");
}
