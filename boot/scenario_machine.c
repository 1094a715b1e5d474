/* Scenarios have directories of their own, which have all that the kernel's has, and besides, in
 * entries that scenarios do not know of:
 *
 *   slot 513  the user's code and stack (boot/trap.h)
 *   slot 514  a view of the first 4 MiB of their memory, page by page, because CR4.PSE may be clear
 *   slot 515  a view of the other 4 MiB */
#include "boot/layout.h"
#include "boot/memory.h"
#include "boot/trap.h"
#include "boot/user_mode.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/probe.h"
#include "mmu_x86/scenario/machine.h"
#include "mmu_x86/scenario/oracle.h"

#define USER_SLOT (TRAP_USER_AT >> TABLE_SHIFT)
#define VIEW_SLOT 514u
#define VIEW_AT (VIEW_SLOT << TABLE_SHIFT)

/* SDM 3A 2.5. */
#define CR0_WP 0x00010000u
#define CR4_PSE 0x00000010u

static uint32_t __attribute__((aligned(PAGE_SIZE))) user_table[TABLE_ENTRIES];
static uint32_t __attribute__((aligned(PAGE_SIZE))) view_tables[2][TABLE_ENTRIES];
static uint32_t base;        /* the frame that symbolic frame 0 is */
static frame_t kernel_root;  /* the directory that everything else runs on */
static uint32_t was_enabled; /* interrupts, before the scenario */

static uint32_t table_entry_of(const uint32_t *table, uint32_t flags)
{
    return ((uint32_t)(uintptr_t)table - KERNEL_AT) | flags;
}

static void directory_make(uint32_t symbolic_frame)
{
    const uint32_t supervisor = ENTRY_PRESENT | ENTRY_WRITABLE;
    uint32_t *directory = memory_direct((base + symbolic_frame) << PAGE_SHIFT);
    for (uint32_t slot = 0; slot < RECURSIVE_SLOT; slot++)
        directory[slot] = probe_directory()[slot];
    directory[USER_SLOT] = table_entry_of(user_table, supervisor | ENTRY_USER);
    directory[VIEW_SLOT] = table_entry_of(view_tables[0], supervisor);
    directory[VIEW_SLOT + 1u] = table_entry_of(view_tables[1], supervisor);
}

bool machine_scenario_prepare(void)
{
    /* Half as much again holds twice 4 MiB that start at a multiple of them. */
    uint64_t longest;
    void *memory_at = memory_carve(3u * TABLE_SPAN, &longest);
    if (memory_at == (void *)0)
        return false;
    uint32_t physical = (uint32_t)(uintptr_t)memory_at - DIRECT_AT;
    base = ((physical + TABLE_SPAN - 1u) & ~(TABLE_SPAN - 1u)) >> PAGE_SHIFT;
    kernel_root = machine_root();
    user_table[0] = trap_user_code();
    user_table[1] = trap_user_stack();
    for (uint32_t frame = 0; frame < SCENARIO_FRAMES; frame++)
        view_tables[frame / TABLE_ENTRIES][frame % TABLE_ENTRIES] =
            entry_of((frame_t){base + frame}, ENTRY_PRESENT | ENTRY_WRITABLE);
    directory_make(SCENARIO_DIRECTORY);
    directory_make(SCENARIO_DIRECTORY_2);
    user_mode_start();
    return true;
}

uint32_t machine_scenario_base(void)
{
    return base;
}

/* A hypervisor signs leaf 40000000H of CPUID with EBX, ECX, EDX; QEMU's translator as
 * "TCGTCGTCGTCG" (target/i386/cpu.c). A processor has something else there (SDM 2A, CPUID). */
uint32_t machine_scenario_traits(void)
{
    const uint32_t signature[] = {0x54474354u, 0x43544743u, 0x47435447u};
    uint32_t eax = 0x40000000u;
    uint32_t ebx, ecx, edx;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    if (ebx != signature[0] || ecx != signature[1] || edx != signature[2])
        return 0;
    return ORACLE_DEPARTS_RESERVED | ORACLE_DEPARTS_KEEPS;
}

static void page_sizes_set(bool on)
{
    uint32_t cr4;
    __asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
    cr4 = on ? cr4 | CR4_PSE : cr4 & ~CR4_PSE;
    __asm__ volatile("movl %0, %%cr4" : : "r"(cr4) : "memory");
}

void machine_scenario_protect(bool protect)
{
    uint32_t cr0;
    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    cr0 = protect ? cr0 | CR0_WP : cr0 & ~CR0_WP;
    __asm__ volatile("movl %0, %%cr0" : : "r"(cr0) : "memory");
}

void machine_scenario_reload(uint32_t symbolic_frame)
{
    machine_set_root((frame_t){base + symbolic_frame});
}

void machine_scenario_start(bool protect, bool page_sizes)
{
    was_enabled = machine_interrupts_disable();
    machine_scenario_protect(protect);
    page_sizes_set(page_sizes);
    machine_scenario_reload(SCENARIO_DIRECTORY);
}

void machine_scenario_end(void)
{
    machine_scenario_protect(true);
    page_sizes_set(true);
    machine_set_root(kernel_root);
    machine_interrupts_restore(was_enabled);
}

static vaddr_t view_of(struct scenario_place place)
{
    return vaddr_of(VIEW_AT + (place.frame << PAGE_SHIFT) + 4u * place.index);
}

/* Volatile by the same reason as the probe: the processor writes these words as well. */
uint32_t machine_scenario_peek(struct scenario_place place)
{
    return *(const volatile metal_word_t *)view_of(place).v;
}

void machine_scenario_poke(struct scenario_place place, uint32_t word)
{
    *(volatile metal_word_t *)view_of(place).v = word;
}

void machine_scenario_access(const struct scenario_step *step, uint32_t at, uint32_t word,
                             struct scenario_outcome *outcome)
{
    static const enum trap_kind kinds[] = {
        [STEP_READ] = TRAP_READ, [STEP_WRITE] = TRAP_WRITE, [STEP_FETCH] = TRAP_FETCH};
    struct trap trap;
    trap_access(kinds[step->kind], step->user != 0, at, word, &trap);
    /* Another exception than a page fault is none that an oracle predicts: it shows as a code that
     * no page fault has. */
    outcome->faulted = trap.raised;
    if (trap.raised) {
        outcome->error_code =
            trap.error_code | (trap.vector == VECTOR_PAGE_FAULT ? 0 : trap.vector << 8);
        outcome->fault_at = trap.fault_at;
    } else if (step->kind == STEP_FETCH) {
        outcome->word = CODE_WORD(trap.word & 0xFFu);
    } else if (step->kind == STEP_READ) {
        outcome->word = trap.word;
    }
}

void machine_scenario_flush(uint32_t at)
{
    machine_flush_page(vaddr_of(at));
}
