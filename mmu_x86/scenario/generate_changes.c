/* Groups about entries that change after they were used. */
#include "mmu_x86/scenario/generate_internal.h"

/* An entry changes, by a store in the recursive window or behind the processor's back. */
static void change(struct scenario *s, bool window, bool directory, uint32_t entry)
{
    if (window)
        step_add(s, STEP_WRITE, false, directory ? TARGET_DIRECTORY : TARGET_TABLE, entry);
    else
        step_poke(s, directory ? CELL_DIRECTORY : CELL_TABLE, entry);
}

/* Nothing, the flush that a change needs, one of another page, a reload of CR3. */
static void pick_flush(uint32_t *n, struct scenario *s, enum scenario_target target)
{
    uint32_t digit = pick_digit(n, 4);
    if (digit == 1)
        step_add(s, STEP_FLUSH, false, target, 0);
    if (digit == 2)
        step_add(s, STEP_FLUSH, false, target == TARGET_PAGE ? TARGET_NEXT : TARGET_PAGE, 0);
    if (digit == 3)
        step_add(s, STEP_RELOAD, false, SCENARIO_DIRECTORY, 0);
}

/* A page that was used is taken away, or changed. */
void generate_stale(uint32_t n, struct scenario *s)
{
    static const struct {
        bool directory;
        uint32_t entry;
    } changes[] = {
        {false, ENTRY(SCENARIO_A, ENTRY_WRITABLE | ENTRY_USER)},
        {false, ENTRY(SCENARIO_B, PWU)},
        {false, ENTRY(SCENARIO_A, ENTRY_PRESENT | ENTRY_USER)},
        {false, ENTRY(SCENARIO_A, PW)},
        {true, ENTRY(SCENARIO_TABLE, ENTRY_WRITABLE | ENTRY_USER)},
        {true, ENTRY(SCENARIO_TABLE_2, PWU)},
        {true, ENTRY(SCENARIO_TABLE, ENTRY_PRESENT | ENTRY_USER)},
        {true, ENTRY(SCENARIO_TABLE, PW)},
        {true, ENTRY(SCENARIO_LARGE, PWU | ENTRY_PAGE_SIZE)},
    };
    uint32_t which = pick_digit(&n, 9);
    pick_access(&n, s, 2, TARGET_PAGE);
    change(s, pick_digit(&n, 2) != 0, changes[which].directory, changes[which].entry);
    pick_flush(&n, s, TARGET_PAGE);
    pick_access(&n, s, 4, TARGET_PAGE);
    step_access(s, STEP_READ, false, TARGET_PAGE);
}

/* A page is given rights that it lacked when it was used first. */
void generate_grant(uint32_t n, struct scenario *s)
{
    bool directory = pick_digit(&n, 2) != 0;
    uint32_t *entry = directory ? &s->directory_entry : &s->table_entry;
    uint32_t granted = *entry;
    *entry = page_round_down(*entry) | pick_rights(&n);
    step_access(s, STEP_READ, false, TARGET_PAGE);
    step_poke(s, directory ? CELL_DIRECTORY : CELL_TABLE, granted);
    if (pick_digit(&n, 2) != 0)
        step_add(s, STEP_FLUSH, false, TARGET_PAGE, 0);
    pick_access(&n, s, 4, TARGET_PAGE);
}

/* A page fault drops what the processor keeps for its address (SDM 3A 4.10.4.1). */
void generate_faulted(uint32_t n, struct scenario *s)
{
    s->table_entry = ENTRY(SCENARIO_A, ENTRY_PRESENT);
    step_access(s, STEP_READ, false, TARGET_PAGE);
    if (pick_digit(&n, 2) == 0)
        step_access(s, STEP_WRITE, false, TARGET_PAGE);
    else
        step_access(s, STEP_READ, true, TARGET_PAGE);
    step_poke(s, CELL_TABLE, ENTRY(SCENARIO_B, pick_digit(&n, 2) == 0 ? PWU : 0));
    pick_access(&n, s, 4, TARGET_PAGE);
}

/* A page is mapped when it is missed, and the access made again. */
void generate_demand(uint32_t n, struct scenario *s)
{
    bool directory = pick_digit(&n, 2) != 0;
    uint32_t *entry = directory ? &s->directory_entry : &s->table_entry;
    uint32_t mapped = *entry;
    *entry &= ~ENTRY_PRESENT;
    s->protect = pick_digit(&n, 2) == 0;
    uint32_t again = n;
    pick_access(&n, s, 6, TARGET_PAGE);
    change(s, true, directory, mapped);
    pick_access(&again, s, 6, TARGET_PAGE);
}

/* Two pages with one frame; and a table that is mapped as a page, which shows its own entry. */
void generate_alias(uint32_t n, struct scenario *s)
{
    bool table = pick_digit(&n, 2) != 0;
    uint32_t digit = pick_digit(&n, 4);
    bool user = digit % 2u != 0;
    if (!table) {
        s->next_entry = s->table_entry;
        step_access(s, digit < 2u ? STEP_WRITE : STEP_READ, user, TARGET_PAGE);
        pick_access(&n, s, 4, TARGET_NEXT);
        step_access(s, STEP_READ, false, TARGET_PAGE);
        return;
    }
    s->table_entry = ENTRY(SCENARIO_TABLE, PWU);
    step_add(s, digit < 2u ? STEP_WRITE : STEP_READ, user, TARGET_PAGE, ENTRY(SCENARIO_B, PWU));
    pick_flush(&n, s, TARGET_PAGE);
    step_access(s, STEP_READ, user, TARGET_PAGE);
}

/* To another directory and back. */
void generate_roots(uint32_t n, struct scenario *s)
{
    pick_access(&n, s, 4, TARGET_PAGE);
    step_add(s, STEP_RELOAD, false, SCENARIO_DIRECTORY_2, 0);
    pick_access(&n, s, 4, TARGET_PAGE);
    step_add(s, STEP_WRITE, false, TARGET_TABLE, ENTRY(SCENARIO_A, PW));
    step_add(s, STEP_RELOAD, false, SCENARIO_DIRECTORY, 0);
    pick_access(&n, s, 4, TARGET_PAGE);
}

/* 4 MiB that were used are changed: into a table, into nothing, into 4 MiB that are read-only. What
 * the TLB has of both pages in it goes with a flush of either. */
void generate_large_stale(uint32_t n, struct scenario *s)
{
    static const uint32_t entries[] = {
        ENTRY(SCENARIO_TABLE, PWU),
        ENTRY(SCENARIO_LARGE, ENTRY_PAGE_SIZE),
        ENTRY(SCENARIO_LARGE, ENTRY_PRESENT | ENTRY_USER | ENTRY_PAGE_SIZE),
    };
    uint32_t entry = entries[pick_digit(&n, 3)];
    s->directory_entry = ENTRY(SCENARIO_LARGE, PWU | ENTRY_PAGE_SIZE);
    pick_access(&n, s, 2, TARGET_PAGE);
    if (pick_digit(&n, 2) != 0)
        step_access(s, STEP_READ, false, TARGET_NEXT);
    change(s, pick_digit(&n, 2) != 0, true, entry);
    pick_flush(&n, s, TARGET_PAGE);
    pick_access(&n, s, 4, TARGET_PAGE);
    step_access(s, STEP_READ, false, TARGET_NEXT);
}

/* CR0.WP changes between two writes of the supervisor. */
void generate_protect(uint32_t n, struct scenario *s)
{
    s->protect = pick_digit(&n, 2) == 0;
    s->table_entry = ENTRY(SCENARIO_A, pick_rights(&n));
    s->directory_entry &= pick_digit(&n, 2) != 0 ? ~ENTRY_WRITABLE : ~0u;
    step_access(s, STEP_WRITE, false, TARGET_PAGE);
    step_add(s, STEP_PROTECT, false, s->protect ? 0 : 1u, 0);
    if (pick_digit(&n, 2) != 0)
        step_add(s, STEP_FLUSH, false, TARGET_PAGE, 0);
    step_access(s, STEP_WRITE, false, TARGET_PAGE);
    step_add(s, STEP_PROTECT, false, s->protect ? 1u : 0, 0);
    step_access(s, STEP_WRITE, false, TARGET_PAGE);
}

/* A table was seen through the recursive window, and another one takes its place: the window's own
 * translation of it must be flushed, too. */
void generate_window_stale(uint32_t n, struct scenario *s)
{
    step_add(s, pick_digit(&n, 2) != 0 ? STEP_WRITE : STEP_READ, false, TARGET_TABLE,
             ENTRY(SCENARIO_A, PW));
    change(s, pick_digit(&n, 2) != 0, true, ENTRY(SCENARIO_TABLE_2, PWU));
    pick_flush(&n, s, TARGET_TABLE);
    step_add(s, pick_digit(&n, 2) != 0 ? STEP_WRITE : STEP_READ, false, TARGET_TABLE,
             ENTRY(SCENARIO_A, ENTRY_PRESENT));
    step_access(s, STEP_READ, pick_digit(&n, 2) != 0, TARGET_PAGE);
}
