/* The emulator as the machine that scenarios run on. Without execute-disable a fetch asks for the
 * same rights as a read, and a fault does not tell one from the other (SDM 3A 4.6.1, 4.7): so it is
 * one here, and what it would run is what it reads.
 *
 * Its TLB never evicts by itself (mmu_x86/emulator/machine_port.h): that is its promise. */
#include "mmu_x86/scenario/machine.h"

#include <setjmp.h>

#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/scenario/oracle.h"

/* Not 0, so that a frame's number is not taken for its symbol unnoticed. */
#define BASE TABLE_ENTRIES

static jmp_buf on_fault;
static struct fault fault;

_Noreturn static void fault_take(const struct fault *raised)
{
    fault = *raised;
    longjmp(on_fault, 1);
}

bool machine_scenario_prepare(void)
{
    return emulator_power_on(BASE + SCENARIO_FRAMES);
}

uint32_t machine_scenario_base(void)
{
    return BASE;
}

uint32_t machine_scenario_traits(void)
{
    return ORACLE_PROMISES;
}

static uint32_t *word_at(struct scenario_place place)
{
    frame_t frame = {BASE + place.frame};
    emulator_frame_use(frame);
    return &emulator.ram[frame.n * (PAGE_SIZE / 4u) + place.index];
}

void machine_scenario_start(bool protect, bool page_sizes)
{
    struct boot_state boot;
    (void)probe_reset(BASE + SCENARIO_FRAMES, &boot);
    emulator.protect_off = !protect;
    emulator.page_sizes = page_sizes ? EMULATOR_SIZES_ON : EMULATOR_SIZES_OFF;
    emulator.on_fault = fault_take;
    machine_scenario_reload(SCENARIO_DIRECTORY);
}

void machine_scenario_end(void)
{
    emulator.protect_off = false;
    emulator.page_sizes = EMULATOR_SIZES_REFUSED;
    emulator.on_fault = NULL;
}

uint32_t machine_scenario_peek(struct scenario_place place)
{
    return *word_at(place);
}

void machine_scenario_poke(struct scenario_place place, uint32_t word)
{
    *word_at(place) = word;
}

void machine_scenario_access(const struct scenario_step *step, uint32_t at, uint32_t word,
                             struct scenario_outcome *outcome)
{
    uint32_t access = step->kind == STEP_WRITE ? EMULATOR_WRITE : EMULATOR_READ;
    if (setjmp(on_fault) != 0) {
        outcome->faulted = true;
        outcome->error_code = fault.error_code;
        outcome->fault_at = fault.at.v;
        return;
    }
    uint32_t *place = step->user != 0 ? emulator_user_word(vaddr_of(at), access)
                                      : emulator_word(vaddr_of(at), access);
    if (access == EMULATOR_READ) {
        outcome->word = *place;
        return;
    }
    emulator_watch(vaddr_of(at), place, word);
    *place = word;
}

void machine_scenario_flush(uint32_t at)
{
    emulator_flush_page(vaddr_of(at));
}

void machine_scenario_reload(uint32_t symbolic_frame)
{
    emulator_set_root((frame_t){BASE + symbolic_frame});
}

void machine_scenario_protect(bool protect)
{
    emulator.protect_off = !protect;
}
