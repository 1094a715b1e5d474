#include "mmu_x86/emulator/emulator.h"

#include <setjmp.h>
#include <string.h>

#include "ci/unit.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/test_boot.h"

#define FRAME_COUNT 300u
/* Frames of the core's own, by the layout of boot. */
#define TABLE_FRAME_OWN 100u
#define PAGE_FRAME_OWN 101u
#define AT vaddr_of(0xC0400000u)
/* The entries for AT, as the recursive window shows them. */
#define TABLE_ENTRY vaddr_of(TABLES_AT + 4u * (AT.v >> PAGE_SHIFT))
#define DIRECTORY_ENTRY vaddr_of(DIRECTORY_AT + 4u * (AT.v >> TABLE_SHIFT))
#define PRESENT ENTRY_PRESENT
#define WRITABLE (ENTRY_PRESENT | ENTRY_WRITABLE)

static struct fault last_fault;
static jmp_buf fault_return;

static void fault_note(const struct fault *fault)
{
    last_fault = *fault;
    longjmp(fault_return, 1);
}

/* True if the access faults; then last_fault says how. */
static bool faults(vaddr_t at, uint32_t access)
{
    last_fault = (struct fault){0};
    emulator.on_fault = fault_note;
    if (setjmp(fault_return) != 0)
        return true;
    if (access == EMULATOR_WRITE)
        machine_store(at, 1);
    else
        (void)machine_load(at);
    return false;
}

static void expect_fault(vaddr_t at, uint32_t access, uint32_t error_code)
{
    EXPECT(faults(at, access));
    EXPECT_EQUAL(last_fault.at.v, at.v);
    EXPECT_EQUAL(last_fault.error_code, error_code);
}

/* RAM as the processor sees it without paging. */
static uint32_t *physical(uint32_t frame, uint32_t index)
{
    emulator_frame_use((frame_t){frame});
    return &emulator.ram[frame * TABLE_ENTRIES + index];
}

static uint32_t *directory_word(vaddr_t at)
{
    return physical(emulator.root.n, directory_slot(at));
}

static uint32_t *table_word(vaddr_t at)
{
    return physical(TABLE_FRAME_OWN, table_index(at));
}

/* A machine in which AT is mapped by hand, through an entry of each level with these flags. */
static void boot_with(uint32_t directory_flags, uint32_t table_flags)
{
    test_boot_up(FRAME_COUNT);
    memset(physical(TABLE_FRAME_OWN, 0), 0, PAGE_SIZE);
    *directory_word(AT) = entry_of((frame_t){TABLE_FRAME_OWN}, directory_flags);
    *table_word(AT) = entry_of((frame_t){PAGE_FRAME_OWN}, table_flags);
}

TEST(an_access_without_a_table_faults_as_not_present)
{
    test_boot_up(FRAME_COUNT);
    expect_fault(AT, EMULATOR_READ, 0);
    expect_fault(vaddr_add(AT, 8), EMULATOR_WRITE, FAULT_WRITE);
    EXPECT_EQUAL(last_fault.directory_entry, 0);
}

TEST(an_access_without_a_page_faults_as_not_present)
{
    boot_with(WRITABLE, WRITABLE);
    vaddr_t next = vaddr_add(AT, PAGE_SIZE);
    expect_fault(next, EMULATOR_READ, 0);
    expect_fault(next, EMULATOR_WRITE, FAULT_WRITE);
    *table_word(next) = entry_of((frame_t){PAGE_FRAME_OWN}, ENTRY_WRITABLE);
    expect_fault(next, EMULATOR_READ, 0);
    EXPECT_EQUAL(last_fault.table_entry, entry_of((frame_t){PAGE_FRAME_OWN}, ENTRY_WRITABLE));
    EXPECT_EQUAL(last_fault.directory_entry & ENTRY_FRAME, TABLE_FRAME_OWN << PAGE_SHIFT);
}

TEST(a_write_to_a_read_only_page_faults_as_a_protection_violation)
{
    boot_with(WRITABLE, PRESENT);
    EXPECT(!faults(AT, EMULATOR_READ));
    expect_fault(AT, EMULATOR_WRITE, FAULT_PRESENT | FAULT_WRITE);
    boot_with(PRESENT, WRITABLE);
    EXPECT(!faults(AT, EMULATOR_READ));
    expect_fault(AT, EMULATOR_WRITE, FAULT_PRESENT | FAULT_WRITE);
    EXPECT_EQUAL(*table_word(AT) & ENTRY_DIRTY, 0);
}

TEST(ram_that_does_not_exist_faults)
{
    boot_with(WRITABLE, WRITABLE);
    *table_word(AT) = entry_of((frame_t){emulator.frame_count}, WRITABLE);
    expect_fault(AT, EMULATOR_READ, FAULT_PRESENT);
    *directory_word(AT) = entry_of((frame_t){ENTRY_FRAME >> PAGE_SHIFT}, WRITABLE);
    expect_fault(AT, EMULATOR_WRITE, FAULT_PRESENT | FAULT_WRITE);
    EXPECT(probe_table(directory_slot(AT)) == NULL);
    EXPECT(probe_page(AT) == NULL);
}

TEST(a_4_mib_page_faults)
{
    boot_with(WRITABLE | ENTRY_PAGE_SIZE, WRITABLE);
    expect_fault(AT, EMULATOR_READ, FAULT_PRESENT);
}

TEST(a_fault_marks_the_directory_entry_that_was_used_and_nothing_else)
{
    boot_with(WRITABLE, PRESENT);
    expect_fault(AT, EMULATOR_WRITE, FAULT_PRESENT | FAULT_WRITE);
    EXPECT_EQUAL(*table_word(AT), entry_of((frame_t){PAGE_FRAME_OWN}, PRESENT));
    EXPECT_EQUAL(*directory_word(AT),
                 entry_of((frame_t){TABLE_FRAME_OWN}, WRITABLE | ENTRY_ACCESSED));
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(a_fault_drops_what_the_tlb_has_of_its_page)
{
    boot_with(WRITABLE, PRESENT);
    (void)machine_load(AT);
    EXPECT_EQUAL(probe_tlb_of(AT) & ENTRY_FRAME, PAGE_FRAME_OWN << PAGE_SHIFT);
    expect_fault(AT, EMULATOR_WRITE, FAULT_PRESENT | FAULT_WRITE);
    EXPECT_EQUAL(probe_tlb_of(AT) & ENTRY_PRESENT, 0);
}

TEST(a_read_sets_accessed_at_both_levels_and_a_write_sets_dirty)
{
    boot_with(WRITABLE, WRITABLE);
    (void)machine_load(AT);
    EXPECT_EQUAL(*directory_word(AT) & ENTRY_FLAGS, WRITABLE | ENTRY_ACCESSED);
    EXPECT_EQUAL(*table_word(AT) & ENTRY_FLAGS, WRITABLE | ENTRY_ACCESSED);
    machine_store(AT, 1);
    EXPECT_EQUAL(*table_word(AT) & ENTRY_FLAGS, WRITABLE | ENTRY_ACCESSED | ENTRY_DIRTY);
    EXPECT_EQUAL(*directory_word(AT) & ENTRY_FLAGS, WRITABLE | ENTRY_ACCESSED);
}

TEST(accessed_and_dirty_are_set_again_only_after_a_flush)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 1);
    *table_word(AT) &= ~(ENTRY_ACCESSED | ENTRY_DIRTY);
    machine_store(AT, 2);
    EXPECT_EQUAL(*table_word(AT) & (ENTRY_ACCESSED | ENTRY_DIRTY), 0);
    machine_flush_page(AT);
    machine_store(AT, 3);
    EXPECT_EQUAL(*table_word(AT) & (ENTRY_ACCESSED | ENTRY_DIRTY), ENTRY_ACCESSED | ENTRY_DIRTY);
}

TEST(a_page_that_is_dirty_in_memory_is_not_dirty_in_the_tlb_until_written)
{
    boot_with(WRITABLE, WRITABLE | ENTRY_DIRTY);
    (void)machine_load(AT);
    *table_word(AT) &= ~ENTRY_DIRTY;
    machine_store(AT, 1);
    EXPECT_EQUAL(*table_word(AT) & ENTRY_DIRTY, ENTRY_DIRTY);
}

TEST(a_translation_stays_stale_until_its_page_is_flushed)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 11);
    *table_word(AT) = entry_of((frame_t){PAGE_FRAME_OWN + 1u}, WRITABLE);
    *physical(PAGE_FRAME_OWN + 1u, 0) = 22;
    EXPECT_EQUAL(machine_load(AT), 11);
    EXPECT_EQUAL(test_tlb_stale(), 1);
    machine_flush_page(vaddr_add(AT, PAGE_SIZE));
    EXPECT_EQUAL(machine_load(AT), 11);
    machine_flush_page(AT);
    EXPECT_EQUAL(test_tlb_stale(), 0);
    EXPECT_EQUAL(machine_load(AT), 22);
}

TEST(a_translation_stays_stale_until_the_root_is_reloaded)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 11);
    *table_word(AT) = 0;
    EXPECT_EQUAL(machine_load(AT), 11);
    machine_set_root(machine_root());
    EXPECT_EQUAL(probe_tlb_count(), 0);
    expect_fault(AT, EMULATOR_READ, 0);
}

TEST(a_flushed_page_that_is_used_again_is_listed_once)
{
    boot_with(WRITABLE, WRITABLE);
    for (uint32_t i = 0; i < 5; i++) {
        machine_store(AT, i);
        machine_flush_page(AT);
    }
    machine_store(AT, 9);
    uint32_t found = 0;
    for (uint32_t i = 0; i < probe_tlb_count(); i++)
        found += probe_tlb_entry(i).page.v == AT.v;
    EXPECT_EQUAL(found, 1);
}

/* Of a word that is mapped, one that is not, and one that only the tables know. */
TEST(a_hint_leaves_no_trace)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 11);
    probe_journal_clear();
    uint32_t count = probe_tlb_count();
    uint64_t loads = probe_counts().loads;
    machine_flush_page(AT);
    const vaddr_t hints[] = {AT, VADDR_NULL, vaddr_of(TABLES_AT), vaddr_of(~3u)};
    for (uint32_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        probe_prefetch(hints[i]);
    EXPECT_EQUAL(probe_tlb_count(), count);
    EXPECT_EQUAL(probe_tlb_of(AT) & ENTRY_PRESENT, 0);
    EXPECT_EQUAL(probe_counts().loads, loads);
    EXPECT_EQUAL(machine_load(AT), 11);
}

TEST(the_root_is_what_was_set)
{
    boot_with(WRITABLE, WRITABLE);
    uint32_t old_root = machine_root().n;
    memcpy(physical(120, 0), physical(old_root, 0), PAGE_SIZE);
    machine_set_root((frame_t){120});
    EXPECT_EQUAL(machine_root().n, 120);
    EXPECT(probe_directory() == physical(120, 0));
}

TEST(the_recursive_slot_shows_directory_and_tables)
{
    boot_with(WRITABLE, WRITABLE);
    vaddr_t entry_at = vaddr_of(DIRECTORY_AT + 4u * directory_slot(AT));
    EXPECT_EQUAL(entry_frame(machine_load(entry_at)).n, TABLE_FRAME_OWN);
    vaddr_t at = vaddr_of(TABLES_AT + 4u * (AT.v >> PAGE_SHIFT));
    EXPECT_EQUAL(entry_frame(machine_load(at)).n, PAGE_FRAME_OWN);
    machine_store(at, 0);
    EXPECT_EQUAL(*table_word(AT), 0);
}

TEST(fill_and_copy_cross_pages_at_any_byte)
{
    boot_with(WRITABLE, WRITABLE);
    for (uint32_t i = 0; i < 3; i++)
        *table_word(vaddr_add(AT, i * PAGE_SIZE)) = entry_of((frame_t){110u + 7u * i}, WRITABLE);
    machine_fill(AT, 0x11, 3u * PAGE_SIZE);
    machine_fill(vaddr_add(AT, PAGE_SIZE - 3u), 0x22, PAGE_SIZE + 7u);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, PAGE_SIZE - 4u)), 0x22222211u);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, 2u * PAGE_SIZE)), 0x22222222u);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, 2u * PAGE_SIZE + 4u)), 0x11111111u);
    machine_fill(vaddr_add(AT, 1), 0x33, 0);
    machine_copy(vaddr_add(AT, 2u * PAGE_SIZE - 6u), vaddr_add(AT, PAGE_SIZE - 5u), 9);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, 2u * PAGE_SIZE - 8u)), 0x11112222u);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, 2u * PAGE_SIZE - 4u)), 0x22222222u);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, 2u * PAGE_SIZE)), 0x22222222u);
}

TEST(fill_faults_at_the_first_page_that_is_missing)
{
    boot_with(WRITABLE, WRITABLE);
    emulator.on_fault = fault_note;
    if (setjmp(fault_return) == 0) {
        machine_fill(vaddr_add(AT, 8), 0, 2u * PAGE_SIZE);
        EXPECT(false);
    }
    EXPECT_EQUAL(last_fault.at.v, AT.v + PAGE_SIZE);
    EXPECT_EQUAL(last_fault.error_code, FAULT_WRITE);
}

TEST(the_journal_holds_each_store_with_the_word_it_replaced)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 5);
    probe_journal_clear();
    machine_store(AT, 6);
    machine_store(AT, 7);
    uint32_t count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    EXPECT_EQUAL(count, 2);
    EXPECT(!lost);
    EXPECT_EQUAL(journal[0].at.v, AT.v);
    EXPECT_EQUAL(journal[0].old, 5);
    EXPECT_EQUAL(journal[1].old, 6);
    EXPECT_EQUAL(journal[1].physical, PAGE_FRAME_OWN * PAGE_SIZE);
    EXPECT_EQUAL(journal[0].word, 6);
    EXPECT_EQUAL(journal[1].word, 7);
}

TEST(a_journal_that_is_full_says_that_it_lost_entries)
{
    boot_with(WRITABLE, WRITABLE);
    probe_journal_clear();
    for (uint32_t i = 0; i <= EMULATOR_JOURNAL_MAX; i++)
        machine_store(AT, i);
    uint32_t count;
    bool lost;
    (void)probe_journal(&count, &lost);
    EXPECT_EQUAL(count, EMULATOR_JOURNAL_MAX);
    EXPECT(lost);
    probe_journal_clear();
    (void)probe_journal(&count, &lost);
    EXPECT_EQUAL(count, 0);
    EXPECT(!lost);
}

TEST(accesses_of_the_core_are_counted_and_those_of_the_program_are_not)
{
    boot_with(WRITABLE, WRITABLE);
    struct probe_counts before = probe_counts();
    probe_journal_clear();
    probe_user_store(AT, 5);
    EXPECT_EQUAL(probe_user_load(AT), 5);
    EXPECT_EQUAL(probe_counts().loads, before.loads);
    EXPECT_EQUAL(probe_counts().stores, before.stores);
    (void)machine_load(AT);
    machine_store(AT, 1);
    machine_flush_page(AT);
    EXPECT_EQUAL(probe_counts().loads, before.loads + 1u);
    EXPECT_EQUAL(probe_counts().stores, before.stores + 1u);
    EXPECT_EQUAL(probe_counts().flushes, before.flushes + 1u);
    uint32_t count;
    bool lost;
    (void)probe_journal(&count, &lost);
    EXPECT_EQUAL(count, 1);
}

TEST(a_use_of_a_stale_translation_is_told_with_the_entry_that_was_written)
{
    struct stale_use use;
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 1);
    uint32_t old = machine_load(TABLE_ENTRY);
    machine_store(TABLE_ENTRY, 0);
    EXPECT(!probe_stale_use(&use));
    EXPECT_EQUAL(machine_load(AT), 1); /* a processor may still go there */
    EXPECT(probe_stale_use(&use));
    EXPECT_EQUAL(use.page.v, AT.v);
    EXPECT_EQUAL(use.held, old & ENTRY_FRAME);
    EXPECT_EQUAL(use.entry, 0);
}

TEST(an_entry_written_back_makes_its_translation_good_again)
{
    struct stale_use use;
    boot_with(WRITABLE, WRITABLE);
    (void)machine_load(AT);
    uint32_t old = machine_load(TABLE_ENTRY);
    machine_store(TABLE_ENTRY, 0);
    machine_store(TABLE_ENTRY, old);
    (void)machine_load(AT);
    EXPECT(!probe_stale_use(&use));
    EXPECT_EQUAL(emulator.stale_count, 0);
}

TEST(a_directory_entry_that_goes_makes_all_its_pages_stale)
{
    struct stale_use use;
    boot_with(WRITABLE, WRITABLE);
    (void)machine_load(AT);
    machine_store(DIRECTORY_ENTRY, 0);
    EXPECT(emulator.stale_count >= 1u);
    (void)machine_load(AT);
    EXPECT(probe_stale_use(&use));
}

TEST(a_flush_that_drops_nothing_stale_is_counted_as_needless)
{
    boot_with(WRITABLE, WRITABLE);
    (void)machine_load(AT);
    uint64_t before = probe_counts().flushes_needless;
    machine_flush_page(AT);
    EXPECT_EQUAL(probe_counts().flushes_needless, before + 1u);
    (void)machine_load(AT);
    machine_store(TABLE_ENTRY, 0);
    machine_flush_page(AT);
    EXPECT_EQUAL(probe_counts().flushes_needless, before + 1u);
    machine_set_root(machine_root());
    EXPECT_EQUAL(probe_counts().flushes_needless, before + 2u);
}

TEST(bulk_writes_are_noted_by_the_page)
{
    uint32_t count;
    boot_with(WRITABLE, WRITABLE);
    probe_journal_clear();
    machine_fill(vaddr_add(AT, 8), 0x11, 24);
    const struct bulk_entry *bulk = probe_bulk(&count);
    EXPECT_EQUAL(count, 1);
    EXPECT_EQUAL(bulk[0].at.v, AT.v + 8u);
    EXPECT_EQUAL(bulk[0].size_bytes, 24);
    EXPECT_EQUAL(bulk[0].physical & PAGE_MASK, 8);
    probe_journal_clear();
    (void)probe_bulk(&count);
    EXPECT_EQUAL(count, 0);
}

static uint32_t interrupts_seen;

static void interrupt_handle(void)
{
    EXPECT_EQUAL(emulator.interrupts_enabled, 0);
    uint32_t state = machine_interrupts_disable();
    machine_interrupts_restore(state);
    EXPECT_EQUAL(emulator.interrupts_enabled, 0);
    interrupts_seen++;
}

TEST(an_interrupt_comes_where_interrupts_are_enabled_for_the_kth_time)
{
    test_boot_up(FRAME_COUNT);
    injection.interrupt_handler = interrupt_handle;
    injection.interrupt_countdown = 3;
    interrupts_seen = 0;
    for (uint32_t k = 1; k <= 5; k++) {
        uint32_t outer = machine_interrupts_disable();
        uint32_t inner = machine_interrupts_disable();
        EXPECT_EQUAL(outer, 1);
        EXPECT_EQUAL(inner, 0);
        machine_interrupts_restore(inner);
        EXPECT_EQUAL(emulator.interrupts_enabled, 0);
        machine_interrupts_restore(outer);
        EXPECT_EQUAL(emulator.interrupts_enabled, 1);
        EXPECT_EQUAL(interrupts_seen, k >= 3);
    }
    injection.interrupt_handler = NULL;
}

TEST(ram_that_was_never_written_looks_mapped)
{
    boot_with(WRITABLE, WRITABLE);
    EXPECT_EQUAL(machine_load(AT), 0xA5A5A5A5u);
    EXPECT((machine_load(AT) & ENTRY_PRESENT) != 0);
}

TEST(reset_brings_back_the_same_bytes)
{
    test_boot_up(FRAME_COUNT);
    uint64_t booted = test_state(0, 0);
    boot_with(WRITABLE, WRITABLE);
    uint64_t before = test_state(0, 0);
    machine_fill(AT, 0x77, PAGE_SIZE);
    injection.refuse_countdown = 9;
    boot_with(WRITABLE, WRITABLE);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(injection.refuse_countdown, 0);
    test_boot_up(FRAME_COUNT);
    EXPECT_EQUAL(test_state(0, 0), booted);
    EXPECT_EQUAL(probe_counts().flushes, 0);
}

TEST(reset_leaves_the_tlb_empty)
{
    boot_with(WRITABLE, WRITABLE);
    machine_store(AT, 1);
    EXPECT(probe_reset(FRAME_COUNT, &test_boot));
    EXPECT_EQUAL(probe_tlb_count(), 0);
    expect_fault(AT, EMULATOR_READ, 0);
}

TEST(reset_refuses_more_frames_than_there_are)
{
    struct boot_state boot;
    EXPECT(!probe_reset(probe_frame_count_max() + 1u, &boot));
    EXPECT(probe_reset(probe_frame_count_max(), &boot));
}

TEST(boot_leaves_its_own_entries_and_nothing_else)
{
    test_boot_up(FRAME_COUNT);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        bool own = slot == PROBE_SLOT_KERNEL || slot == RECURSIVE_SLOT;
        EXPECT_EQUAL(probe_boot_directory()[slot] != 0, own);
        EXPECT_EQUAL(probe_directory()[slot] & ~(ENTRY_ACCESSED | ENTRY_DIRTY),
                     probe_boot_directory()[slot]);
    }
    EXPECT(probe_page(test_boot.frames_at) != NULL);
    EXPECT(probe_page(vaddr_of(test_boot.frames_at.v - PAGE_SIZE)) == NULL);
    EXPECT(probe_page(vaddr_add(test_boot.frames_at, test_boot.frames_size_bytes)) == NULL);
}

TEST(a_machine_can_be_powered_off_and_on_again)
{
    emulator_power_off();
    EXPECT_EQUAL(probe_frame_count_max(), 0);
    EXPECT(emulator_power_on(16));
    EXPECT_EQUAL(probe_frame_count_max(), 16);
    EXPECT(probe_reset(16, &test_boot));
    EXPECT(probe_page(test_boot.frames_at) != NULL);
    emulator_power_off();
}

TEST(words_of_payloads_are_noted_and_nothing_else)
{
    static uint32_t owned[2] = {1u << 2, 0};
    boot_with(WRITABLE, WRITABLE);
    const struct {
        uint32_t offset;
        bool noted;
    } rows[] = {{0, false}, {12, false}, {16, true}, {20, true}, {24, false}, {16 + 256, false}};
    for (uint32_t store = 0; store < 2u; store++)
        for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            boot_with(WRITABLE, WRITABLE);
            probe_payloads(owned, AT, 2u * 256u);
            EXPECT(!faults(vaddr_add(AT, rows[i].offset), store != 0 ? EMULATOR_WRITE : 0));
            EXPECT_EQUAL(probe_trespass().v, rows[i].noted ? AT.v + rows[i].offset : 0);
        }
    /* The bits end before what lies in front of them and behind them. */
    boot_with(WRITABLE, WRITABLE);
    probe_payloads(owned, vaddr_add(AT, PAGE_SIZE - 512u), 512);
    (void)machine_load(vaddr_add(AT, PAGE_SIZE - 512u - 8u));
    (void)machine_load(test_boot.frames_at);
    (void)machine_load(DIRECTORY_ENTRY);
    EXPECT(vaddr_is_null(probe_trespass()));
    /* The first one stays; a reset forgets it, and the bits as well. */
    (void)machine_load(vaddr_add(AT, PAGE_SIZE - 512u + 20u));
    (void)machine_load(vaddr_add(AT, PAGE_SIZE - 512u + 16u));
    EXPECT_EQUAL(probe_trespass().v, AT.v + PAGE_SIZE - 512u + 20u);
    boot_with(WRITABLE, WRITABLE);
    EXPECT(vaddr_is_null(probe_trespass()));
    (void)machine_load(vaddr_add(AT, PAGE_SIZE - 512u + 16u));
    EXPECT(vaddr_is_null(probe_trespass()));
}

int main(void)
{
    RUN(words_of_payloads_are_noted_and_nothing_else);
    RUN(an_access_without_a_table_faults_as_not_present);
    RUN(an_access_without_a_page_faults_as_not_present);
    RUN(a_write_to_a_read_only_page_faults_as_a_protection_violation);
    RUN(ram_that_does_not_exist_faults);
    RUN(a_4_mib_page_faults);
    RUN(a_fault_marks_the_directory_entry_that_was_used_and_nothing_else);
    RUN(a_fault_drops_what_the_tlb_has_of_its_page);
    RUN(a_read_sets_accessed_at_both_levels_and_a_write_sets_dirty);
    RUN(accessed_and_dirty_are_set_again_only_after_a_flush);
    RUN(a_page_that_is_dirty_in_memory_is_not_dirty_in_the_tlb_until_written);
    RUN(a_translation_stays_stale_until_its_page_is_flushed);
    RUN(a_translation_stays_stale_until_the_root_is_reloaded);
    RUN(a_flushed_page_that_is_used_again_is_listed_once);
    RUN(a_hint_leaves_no_trace);
    RUN(the_root_is_what_was_set);
    RUN(the_recursive_slot_shows_directory_and_tables);
    RUN(fill_and_copy_cross_pages_at_any_byte);
    RUN(fill_faults_at_the_first_page_that_is_missing);
    RUN(the_journal_holds_each_store_with_the_word_it_replaced);
    RUN(a_journal_that_is_full_says_that_it_lost_entries);
    RUN(accesses_of_the_core_are_counted_and_those_of_the_program_are_not);
    RUN(a_use_of_a_stale_translation_is_told_with_the_entry_that_was_written);
    RUN(an_entry_written_back_makes_its_translation_good_again);
    RUN(a_directory_entry_that_goes_makes_all_its_pages_stale);
    RUN(a_flush_that_drops_nothing_stale_is_counted_as_needless);
    RUN(bulk_writes_are_noted_by_the_page);
    RUN(an_interrupt_comes_where_interrupts_are_enabled_for_the_kth_time);
    RUN(ram_that_was_never_written_looks_mapped);
    RUN(reset_brings_back_the_same_bytes);
    RUN(reset_leaves_the_tlb_empty);
    RUN(reset_refuses_more_frames_than_there_are);
    RUN(boot_leaves_its_own_entries_and_nothing_else);
    RUN(a_machine_can_be_powered_off_and_on_again);
    return 0;
}
