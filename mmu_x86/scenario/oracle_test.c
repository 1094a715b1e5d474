/* The oracle against cases that are worked out by hand from the manual. */
#include "ci/unit.h"
#include "mmu_x86/scenario/oracle.h"

#define PWU (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER)

static struct oracle oracle;
static struct scenario scenario;

static uint32_t entry(uint32_t frame, uint32_t flags)
{
    return entry_of((frame_t){frame}, flags);
}

static void start(uint32_t directory_flags, uint32_t table_flags)
{
    scenario = (struct scenario){
        .group = "test",
        .protect = true,
        .page_sizes = true,
        .directory_entry = entry(SCENARIO_TABLE, directory_flags),
        .self_entry = entry(SCENARIO_DIRECTORY, ENTRY_PRESENT | ENTRY_WRITABLE),
        .table_entry = entry(SCENARIO_A, table_flags),
        .next_entry = entry(SCENARIO_B, PWU),
    };
    oracle_start(&oracle, &scenario, 0);
}

static void step(enum scenario_step_kind kind, bool user, uint32_t to, uint32_t word)
{
    oracle_step(&oracle, &(struct scenario_step){(uint8_t)kind, user, (uint8_t)to, word});
    EXPECT(!oracle.lost);
    EXPECT(oracle.world_count != 0);
}

/* How many worlds there are in which the last step faulted with a code; 8 bits more than a code
 * has: it did not. */
#define NO_FAULT 0x100u
static uint32_t worlds_with(uint32_t code)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < oracle.world_count; i++) {
        const struct scenario_outcome *now = &oracle.worlds[i].now;
        count += code == NO_FAULT ? !now->faulted : now->faulted && now->error_code == code;
    }
    return count;
}

static bool all(uint32_t code)
{
    return worlds_with(code) == oracle.world_count;
}

static uint32_t cell(enum scenario_cell which)
{
    return oracle.worlds[0].now.cells[which];
}

TEST(rights_of_both_levels_count)
{
    const struct {
        uint32_t directory, table;
        bool user, write;
        uint32_t code;
    } rows[] = {
        {PWU, PWU, true, true, NO_FAULT},
        {PWU & ~ENTRY_USER, PWU, true, false, FAULT_PRESENT | FAULT_USER},
        {PWU, PWU & ~ENTRY_USER, true, true, FAULT_PRESENT | FAULT_USER | FAULT_WRITE},
        {PWU & ~ENTRY_WRITABLE, PWU, false, true, FAULT_PRESENT | FAULT_WRITE},
        {PWU, PWU & ~ENTRY_WRITABLE, false, false, NO_FAULT},
        {PWU & ~ENTRY_PRESENT, PWU, false, true, FAULT_WRITE},
        {PWU, PWU & ~ENTRY_PRESENT, true, false, FAULT_USER},
    };
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        start(rows[i].directory, rows[i].table);
        step(rows[i].write ? STEP_WRITE : STEP_READ, rows[i].user, TARGET_PAGE, CODE_WORD(1));
        EXPECT(all(rows[i].code));
    }
}

TEST(without_write_protection_the_supervisor_writes_what_the_user_may_not)
{
    start(PWU, PWU & ~ENTRY_WRITABLE);
    step(STEP_PROTECT, false, 0, 0);
    step(STEP_WRITE, false, TARGET_PAGE, CODE_WORD(1));
    EXPECT(all(NO_FAULT));
    EXPECT_EQUAL(cell(CELL_A), CODE_WORD(1));
    step(STEP_WRITE, true, TARGET_PAGE, CODE_WORD(2));
    EXPECT(all(FAULT_PRESENT | FAULT_WRITE | FAULT_USER));
}

TEST(a_walk_marks_both_levels_accessed_and_a_write_the_page_dirty)
{
    start(PWU, PWU);
    step(STEP_READ, false, TARGET_PAGE, 0);
    EXPECT_EQUAL(oracle.world_count, 1);
    EXPECT_EQUAL(cell(CELL_DIRECTORY), entry(SCENARIO_TABLE, PWU | ENTRY_ACCESSED));
    EXPECT_EQUAL(cell(CELL_TABLE), entry(SCENARIO_A, PWU | ENTRY_ACCESSED));
    step(STEP_WRITE, false, TARGET_PAGE, CODE_WORD(1));
    EXPECT_EQUAL(oracle.world_count, 1);
    EXPECT_EQUAL(cell(CELL_TABLE), entry(SCENARIO_A, PWU | ENTRY_ACCESSED | ENTRY_DIRTY));
}

TEST(a_page_that_was_used_lives_on_or_not_until_it_is_flushed)
{
    start(PWU, PWU);
    step(STEP_READ, false, TARGET_PAGE, 0);
    step(STEP_POKE, false, CELL_TABLE, entry(SCENARIO_A, 0));
    step(STEP_READ, false, TARGET_PAGE, 0);
    EXPECT(worlds_with(NO_FAULT) != 0);
    EXPECT(worlds_with(0) != 0);
    start(PWU, PWU);
    step(STEP_READ, false, TARGET_PAGE, 0);
    step(STEP_POKE, false, CELL_TABLE, entry(SCENARIO_A, 0));
    step(STEP_FLUSH, false, TARGET_PAGE, 0);
    step(STEP_READ, false, TARGET_PAGE, 0);
    EXPECT(all(0));
}

TEST(a_page_that_was_not_present_is_never_kept)
{
    start(PWU, 0);
    step(STEP_READ, false, TARGET_PAGE, 0);
    EXPECT(all(0));
    step(STEP_POKE, false, CELL_TABLE, entry(SCENARIO_B, PWU));
    step(STEP_READ, false, TARGET_PAGE, 0);
    EXPECT(all(NO_FAULT));
}

TEST(a_reserved_bit_faults_as_present_and_reserved)
{
    start(PWU, PWU);
    uint32_t large = entry(SCENARIO_LARGE, PWU | ENTRY_PAGE_SIZE);
    step(STEP_POKE, false, CELL_DIRECTORY, large | 1u << 21);
    step(STEP_READ, true, TARGET_PAGE, 0);
    EXPECT(all(FAULT_PRESENT | FAULT_RESERVED | FAULT_USER));
    step(STEP_POKE, false, CELL_DIRECTORY, large);
    step(STEP_READ, true, TARGET_NEXT, 0);
    EXPECT(all(NO_FAULT));
    EXPECT_EQUAL(oracle.worlds[0].now.word, CODE_WORD(CODE_CELL(CELL_LARGE_NEXT)));
}

TEST(the_window_shows_the_entries_at_every_level)
{
    start(PWU, PWU);
    step(STEP_READ, false, TARGET_TABLE, 0);
    EXPECT_EQUAL(oracle.worlds[0].now.word, entry(SCENARIO_A, PWU));
    step(STEP_READ, false, TARGET_DIRECTORY, 0);
    EXPECT_EQUAL(oracle.worlds[0].now.word, entry(SCENARIO_TABLE, PWU | ENTRY_ACCESSED));
    step(STEP_WRITE, false, TARGET_SELF, entry(SCENARIO_DIRECTORY, ENTRY_PRESENT));
    EXPECT_EQUAL(cell(CELL_SELF), entry(SCENARIO_DIRECTORY, ENTRY_PRESENT));
}

TEST(what_no_world_has_is_refused_and_the_worlds_stay)
{
    start(PWU, PWU);
    step(STEP_READ, false, TARGET_PAGE, 0);
    struct scenario_outcome outcome = oracle.worlds[0].now;
    EXPECT(oracle_observe(&oracle, &outcome));
    outcome.cells[CELL_TABLE] &= ~ENTRY_ACCESSED;
    EXPECT(!oracle_observe(&oracle, &outcome));
    EXPECT_EQUAL(oracle.world_count, 1);
}

TEST(only_a_machine_that_is_known_to_depart_may)
{
    start(PWU, ENTRY_PRESENT);
    oracle_start(&oracle, &scenario, ORACLE_DEPARTS_KEEPS);
    for (uint32_t departs = 2; departs-- > 0;) {
        step(STEP_READ, false, TARGET_PAGE, 0);
        step(STEP_WRITE, false, TARGET_PAGE, CODE_WORD(1));
        EXPECT(all(FAULT_PRESENT | FAULT_WRITE));
        step(STEP_POKE, false, CELL_TABLE, entry(SCENARIO_A, 0));
        step(STEP_READ, false, TARGET_PAGE, 0);
        EXPECT_EQUAL(worlds_with(NO_FAULT) != 0, departs);
        oracle_start(&oracle, &scenario, 0);
    }
}

TEST(a_machine_that_promises_to_keep_must_use_what_it_keeps)
{
    start(PWU, PWU);
    oracle_start(&oracle, &scenario, ORACLE_PROMISES);
    step(STEP_READ, false, TARGET_PAGE, 0);
    step(STEP_POKE, false, CELL_TABLE, entry(SCENARIO_B, PWU));
    step(STEP_READ, true, TARGET_PAGE, 0);
    EXPECT_EQUAL(oracle.world_count, 1);
    EXPECT_EQUAL(oracle.worlds[0].now.word, CODE_WORD(CODE_CELL(CELL_A)));
    step(STEP_FLUSH, false, TARGET_PAGE, 0);
    step(STEP_READ, true, TARGET_PAGE, 0);
    EXPECT_EQUAL(oracle.worlds[0].now.word, CODE_WORD(CODE_CELL(CELL_B)));
}

TEST_MAIN(
    RUN(rights_of_both_levels_count)
        RUN(without_write_protection_the_supervisor_writes_what_the_user_may_not)
            RUN(a_walk_marks_both_levels_accessed_and_a_write_the_page_dirty)
                RUN(a_page_that_was_used_lives_on_or_not_until_it_is_flushed)
                    RUN(a_page_that_was_not_present_is_never_kept)
                        RUN(a_reserved_bit_faults_as_present_and_reserved)
                            RUN(the_window_shows_the_entries_at_every_level)
                                RUN(what_no_world_has_is_refused_and_the_worlds_stay)
                                    RUN(only_a_machine_that_is_known_to_depart_may)
                                        RUN(a_machine_that_promises_to_keep_must_use_what_it_keeps))
