/* Boot's entries as runs, against a comparison entry by entry. */
#include "invariants/boot_runs.h"

#include "ci/unit.h"
#include "fuzz/random.h"
#include "mmu_x86/emulator/emulator.h"

#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)

static uint32_t boot[TABLE_ENTRIES];
static uint32_t words[TABLE_ENTRIES];
static struct boot_runs runs;

static void boot_set(uint32_t from, uint32_t end, uint32_t entry, uint32_t step)
{
    for (uint32_t i = from; i < end; i++, entry += step)
        boot[i] = entry;
}

static void boot_take(uint32_t count)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        words[i] = boot[i];
    boot_runs_take(&runs, boot, count);
}

/* As the kernel leaves its directory and table: empty, 4 MiB pages in a row, pages in a row that
 * may be read, then some that may be written, alone and in short stretches. */
static void boot_as_the_kernels(void)
{
    boot_set(0, TABLE_ENTRIES, 0, 0);
    boot_set(100, 163, 0x40000083u, TABLE_SPAN);
    boot_set(256, 411, 0x00100001u, PAGE_SIZE);
    boot_set(411, 500, 0x0019B003u, PAGE_SIZE);
    boot_set(700, 701, 0x00001003u, 0);
    boot_set(702, 704, 0x00500003u, PAGE_SIZE);
    boot_set(705, 708, 0x00700003u, 3u * PAGE_SIZE);
    boot_set(1008, 1016, 0x00200003u, 0);
}

static bool naive_hold(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (((words[i] ^ boot[i]) & ~PROCESSOR_BITS) != 0)
            return false;
    return true;
}

TEST(a_boots_entries_are_a_few_runs)
{
    boot_as_the_kernels();
    boot_take(TABLE_ENTRIES);
    EXPECT(runs.count > 8u);
    EXPECT(runs.count <= 16u);
    EXPECT_EQUAL(runs.runs[runs.count - 1u].end, TABLE_ENTRIES);
    EXPECT(boot_runs_hold(&runs, words));
    boot_set(0, TABLE_ENTRIES, 0, 0);
    boot_take(TABLE_ENTRIES);
    EXPECT_EQUAL(runs.count, 1);
    EXPECT(boot_runs_hold(&runs, words));
}

/* Any bit of any entry. */
TEST(each_changed_entry_is_noticed)
{
    boot_as_the_kernels();
    boot_take(TABLE_ENTRIES);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        for (uint32_t bit = 1; bit != 0; bit <<= 1) {
            words[i] ^= bit;
            EXPECT_EQUAL(boot_runs_hold(&runs, words), (bit & PROCESSOR_BITS) != 0);
            words[i] ^= bit;
        }
    EXPECT(boot_runs_hold(&runs, words));
}

/* Two changes that a sum, or an exclusive or, would not show. */
TEST(entries_that_change_places_are_noticed)
{
    boot_as_the_kernels();
    boot_take(TABLE_ENTRIES);
    words[300] = boot[301];
    words[301] = boot[300];
    EXPECT(!boot_runs_hold(&runs, words));
    words[300] = boot[300];
    words[301] = boot[301];
    words[300] += PAGE_SIZE;
    words[310] -= PAGE_SIZE;
    EXPECT(!boot_runs_hold(&runs, words));
}

/* In what boot has left, too: the processor may have set them before. */
TEST(accessed_and_dirty_bits_are_the_processors)
{
    boot_as_the_kernels();
    for (uint32_t i = 0; i < TABLE_ENTRIES; i += 3u)
        boot[i] ^= i % 2u == 0 ? ENTRY_ACCESSED : PROCESSOR_BITS;
    boot_take(TABLE_ENTRIES);
    EXPECT(runs.count <= 16u);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i += 5u)
        words[i] ^= i % 2u == 0 ? ENTRY_DIRTY : PROCESSOR_BITS;
    EXPECT(boot_runs_hold(&runs, words));
    words[999] ^= ENTRY_WRITABLE;
    EXPECT(!boot_runs_hold(&runs, words));
}

TEST(entries_beyond_the_count_are_not_looked_at)
{
    boot_as_the_kernels();
    boot_take(411);
    words[411] ^= PAGE_SIZE;
    EXPECT(boot_runs_hold(&runs, words));
    words[410] ^= PAGE_SIZE;
    EXPECT(!boot_runs_hold(&runs, words));
}

/* Of no runs nothing is proven, not even by the entries themselves. */
TEST(more_runs_than_there_is_room_for_prove_nothing)
{
    boot_set(0, TABLE_ENTRIES, 0, 0);
    for (uint32_t i = 0; i < 2u * (BOOT_RUNS_MAX - 1u); i += 2u)
        boot[2u * i] = (i * i + 1u) << PAGE_SHIFT;
    boot_take(TABLE_ENTRIES);
    EXPECT_EQUAL(runs.count, 0);
    EXPECT(!boot_runs_hold(&runs, words));
}

TEST(random_entries_agree_with_a_comparison_of_each)
{
    struct random random = {1};
    const uint32_t steps[] = {0, PAGE_SIZE, TABLE_SPAN, 0u - PAGE_SIZE, 0x10100u};
    for (uint32_t round = 0; round < 2000u; round++) {
        uint32_t count = random_below(&random, TABLE_ENTRIES) + 1u;
        for (uint32_t i = 0; i < TABLE_ENTRIES;) {
            uint32_t end = i + 1u + random_below(&random, 100);
            end = end < TABLE_ENTRIES ? end : TABLE_ENTRIES;
            uint32_t entry = random_below(&random, 3) == 0 ? 0 : random_below(&random, 1u << 30);
            boot_set(i, end, entry & ~PROCESSOR_BITS, steps[random_below(&random, 5)]);
            i = end;
        }
        boot_take(count);
        EXPECT(runs.count != 0);
        EXPECT(boot_runs_hold(&runs, words));
        for (uint32_t change = 0; change < 4u; change++) {
            words[random_below(&random, count)] ^= 1u << random_below(&random, 32);
            EXPECT_EQUAL(boot_runs_hold(&runs, words), naive_hold(count));
        }
    }
}

/* The more frames, the more pages their bitmap has in boot's table. */
TEST(what_is_taken_is_what_the_machine_left_at_its_last_reset)
{
    static struct boot_entries entries;
    static struct boot_state state;
    const uint32_t frame_counts[] = {300, 300, 60000, 60000, 300};
    EXPECT(emulator_power_on(60000));
    for (uint32_t i = 0; i < sizeof(frame_counts) / sizeof(frame_counts[0]); i++) {
        EXPECT(probe_reset(frame_counts[i], &state));
        boot_entries_take(&entries);
        EXPECT(boot_runs_hold(&entries.directory, probe_directory()));
        EXPECT(boot_runs_hold(&entries.table, probe_table(PROBE_SLOT_KERNEL)));
        EXPECT_EQUAL(entries.table.runs[entries.table.count - 1u].end, TABLE_ENTRIES);
    }
}

int main(void)
{
    RUN(a_boots_entries_are_a_few_runs);
    RUN(each_changed_entry_is_noticed);
    RUN(entries_that_change_places_are_noticed);
    RUN(accessed_and_dirty_bits_are_the_processors);
    RUN(entries_beyond_the_count_are_not_looked_at);
    RUN(more_runs_than_there_is_room_for_prove_nothing);
    RUN(random_entries_agree_with_a_comparison_of_each);
    RUN(what_is_taken_is_what_the_machine_left_at_its_last_reset);
    return 0;
}
