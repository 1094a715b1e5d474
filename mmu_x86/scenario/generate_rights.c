/* Groups about what entries let an access do, and what it marks. */
#include "mmu_x86/scenario/generate_internal.h"

void generate_rights(uint32_t n, struct scenario *s)
{
    s->protect = pick_digit(&n, 2) == 0;
    pick_access(&n, s, 6, TARGET_PAGE);
    s->table_entry = ENTRY(SCENARIO_A, pick_rights(&n));
    s->directory_entry = ENTRY(SCENARIO_TABLE, pick_rights(&n));
}

/* What happens between two accesses. Each but the first leaves bits of the entries cleared. */
static void pick_cleared(uint32_t *n, struct scenario *s)
{
    uint32_t digit = pick_digit(n, 5);
    if (digit != 0)
        step_poke(s, CELL_TABLE, ENTRY(SCENARIO_A, PWU));
    if (digit == 2)
        step_add(s, STEP_FLUSH, false, TARGET_PAGE, 0);
    if (digit == 3)
        step_add(s, STEP_RELOAD, false, SCENARIO_DIRECTORY, 0);
    if (digit == 4)
        step_add(s, STEP_FLUSH, false, TARGET_NEXT, 0);
}

void generate_marks(uint32_t n, struct scenario *s)
{
    s->directory_entry |= pick_digit(&n, 2) != 0 ? ENTRY_ACCESSED : 0;
    s->table_entry |= pick_digit(&n, 2) != 0 ? ENTRY_ACCESSED : 0;
    s->table_entry |= pick_digit(&n, 2) != 0 ? ENTRY_DIRTY : 0;
    pick_access(&n, s, 4, TARGET_PAGE);
    pick_cleared(&n, s);
    pick_access(&n, s, 2, TARGET_PAGE);
}

/* Bits that must change nothing: of the table entry, of an entry that leads to a table, and of one
 * that maps 4 MiB (SDM 3A 4.3, tables 4-4 to 4-6). In the directory bit 6 is none of the
 * processor's where a table hangs on it, and without CR4.PSE nor is bit 7. */
void generate_ignored(uint32_t n, struct scenario *s)
{
    static const uint32_t bits[] = {ENTRY_WRITE_THROUGH,
                                    ENTRY_CACHE_DISABLE,
                                    ENTRY_DIRTY,
                                    ENTRY_PAGE_SIZE,
                                    ENTRY_GLOBAL,
                                    0x200u,
                                    0x400u,
                                    0x800u};
    uint32_t bit = bits[pick_digit(&n, 8)];
    uint32_t where = pick_digit(&n, 3);
    if (where == 0)
        s->table_entry |= bit;
    if (where == 1)
        s->directory_entry |= bit;
    if (where == 2)
        s->directory_entry = ENTRY(SCENARIO_LARGE, PWU | ENTRY_PAGE_SIZE | bit);
    s->page_sizes = where != 1 || bit != ENTRY_PAGE_SIZE;
    pick_access(&n, s, 6, TARGET_PAGE);
    step_add(s, STEP_RELOAD, false, SCENARIO_DIRECTORY, 0);
    step_access(s, STEP_READ, false, TARGET_PAGE);
}

/* Bit 21 of an entry that maps 4 MiB is reserved (table 4-4). */
void generate_large(uint32_t n, struct scenario *s)
{
    uint32_t reserved = pick_digit(&n, 2) != 0 ? 0x00200000u : 0;
    s->protect = pick_digit(&n, 2) == 0;
    pick_access(&n, s, 6, TARGET_PAGE);
    s->directory_entry = ENTRY(SCENARIO_LARGE, pick_rights(&n) | ENTRY_PAGE_SIZE | reserved);
    step_access(s, STEP_READ, false, TARGET_NEXT);
}

/* Without CR4.PSE the page-size bit is ignored, and the entry leads to a table. */
void generate_small(uint32_t n, struct scenario *s)
{
    s->page_sizes = false;
    pick_access(&n, s, 6, TARGET_PAGE);
    s->directory_entry = ENTRY(SCENARIO_TABLE, pick_rights(&n) | ENTRY_PAGE_SIZE);
}

/* The directory as a table: its entries' rights count as a page's, and once more as a table's. */
static void make_window(uint32_t n, struct scenario *s, enum scenario_target target, uint32_t entry)
{
    s->protect = pick_digit(&n, 2) == 0;
    bool user = pick_digit(&n, 2) != 0;
    step_add(s, pick_digit(&n, 2) != 0 ? STEP_WRITE : STEP_READ, user, target, entry);
    s->self_entry = ENTRY(SCENARIO_DIRECTORY, pick_rights(&n));
    if (target == TARGET_TABLE)
        s->directory_entry = ENTRY(SCENARIO_TABLE, pick_rights(&n));
    step_access(s, STEP_READ, false, TARGET_PAGE);
}

void generate_window_table(uint32_t n, struct scenario *s)
{
    make_window(n, s, TARGET_TABLE, ENTRY(SCENARIO_B, PWU));
}

void generate_window_directory(uint32_t n, struct scenario *s)
{
    make_window(n, s, TARGET_DIRECTORY, ENTRY(SCENARIO_TABLE_2, PWU));
}

void generate_window_self(uint32_t n, struct scenario *s)
{
    make_window(n, s, TARGET_SELF, ENTRY(SCENARIO_DIRECTORY, PWU));
}
