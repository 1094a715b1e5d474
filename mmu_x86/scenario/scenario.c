#include "mmu_x86/scenario/scenario.h"

uint32_t scenario_address(enum scenario_target target)
{
    uint32_t page = SCENARIO_AT >> PAGE_SHIFT;
    switch (target) {
    case TARGET_NEXT: return SCENARIO_AT + PAGE_SIZE;
    case TARGET_TABLE: return TABLES_AT + 4u * page;
    case TARGET_DIRECTORY: return DIRECTORY_AT + 4u * SCENARIO_SLOT;
    case TARGET_SELF: return DIRECTORY_AT + 4u * RECURSIVE_SLOT;
    default: return SCENARIO_AT;
    }
}

struct scenario_place scenario_place(enum scenario_cell cell)
{
    static const struct scenario_place places[CELL_COUNT] = {
        [CELL_DIRECTORY] = {SCENARIO_DIRECTORY, SCENARIO_SLOT},
        [CELL_SELF] = {SCENARIO_DIRECTORY, RECURSIVE_SLOT},
        [CELL_TABLE] = {SCENARIO_TABLE, SCENARIO_INDEX},
        [CELL_NEXT] = {SCENARIO_TABLE, SCENARIO_INDEX + 1u},
        [CELL_DIRECTORY_2] = {SCENARIO_DIRECTORY_2, SCENARIO_SLOT},
        [CELL_SELF_2] = {SCENARIO_DIRECTORY_2, RECURSIVE_SLOT},
        [CELL_TABLE_2] = {SCENARIO_TABLE_2, SCENARIO_INDEX},
        [CELL_NEXT_2] = {SCENARIO_TABLE_2, SCENARIO_INDEX + 1u},
        [CELL_A] = {SCENARIO_A, SCENARIO_INDEX},
        [CELL_B] = {SCENARIO_B, SCENARIO_INDEX},
        [CELL_LARGE] = {SCENARIO_LARGE + SCENARIO_INDEX, SCENARIO_INDEX},
        [CELL_LARGE_NEXT] = {SCENARIO_LARGE + SCENARIO_INDEX + 1u, SCENARIO_INDEX},
    };
    return places[cell];
}

void scenario_cells(const struct scenario *scenario, uint32_t *cells)
{
    const uint32_t all = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER;
    cells[CELL_DIRECTORY] = scenario->directory_entry;
    cells[CELL_SELF] = scenario->self_entry;
    cells[CELL_TABLE] = scenario->table_entry;
    cells[CELL_NEXT] = scenario->next_entry;
    cells[CELL_DIRECTORY_2] = entry_of((frame_t){SCENARIO_TABLE_2}, all);
    cells[CELL_SELF_2] = entry_of((frame_t){SCENARIO_DIRECTORY_2}, ENTRY_PRESENT | ENTRY_WRITABLE);
    cells[CELL_TABLE_2] = entry_of((frame_t){SCENARIO_B}, all);
    cells[CELL_NEXT_2] = entry_of((frame_t){SCENARIO_A}, all);
    for (uint32_t cell = CELL_A; cell < CELL_COUNT; cell++)
        cells[cell] = CODE_WORD(CODE_CELL(cell));
}

bool scenario_outcome_same(const struct scenario_outcome *a, const struct scenario_outcome *b)
{
    for (uint32_t cell = 0; cell < CELL_COUNT; cell++)
        if (a->cells[cell] != b->cells[cell])
            return false;
    return a->faulted == b->faulted && a->error_code == b->error_code &&
           a->fault_at == b->fault_at && a->word == b->word;
}
