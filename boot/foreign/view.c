#include "boot/foreign/view.h"

#include "boot/memory.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/probe.h"

#define SLOT_FRAMES TABLE_ENTRIES

extern uint32_t boot_directory[TABLE_ENTRIES]; /* boot/entry.S */

/* True if any of the 4 MiB that the direct map shows in a slot are in use. */
static bool slot_used(uint32_t slot)
{
    uint32_t first = (slot - DIRECT_SLOT) * SLOT_FRAMES;
    for (uint32_t i = 0; i < memory.reserved_count; i++) {
        const struct frame_range *range = &memory.reserved[i];
        if (range->first.n < first + SLOT_FRAMES && range->first.n + range->count > first)
            return true;
    }
    return false;
}

/* A translation may be cached until CR3 is written (SDM 3A 4.10.4.2). */
static void flush(void)
{
    machine_set_root(machine_root());
}

void view_close(void)
{
    for (uint32_t slot = DIRECT_SLOT; slot < DIRECT_SLOT + DIRECT_SLOTS; slot++)
        if (!slot_used(slot))
            boot_directory[slot] = 0;
    view_tables_close();
}

void view_open(void)
{
    for (uint32_t slot = DIRECT_SLOT; slot < DIRECT_SLOT + DIRECT_SLOTS; slot++)
        boot_directory[slot] = probe_boot_directory()[slot];
    view_tables_open();
    flush();
}

void view_tables_open(void)
{
    boot_directory[RECURSIVE_SLOT] = probe_boot_directory()[RECURSIVE_SLOT];
    __asm__ volatile("" : : : "memory"); /* it stands there before anything is read through it */
}

void view_tables_close(void)
{
    boot_directory[RECURSIVE_SLOT] = 0;
    flush();
}
