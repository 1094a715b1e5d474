#include "mmu_x86/emulator/snapshot.h"

#include "ci/unit.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"
#include "mmu_x86/test_boot.h"

#define FRAME_COUNT 64u
#define DEPTH_MAX 3u
#define AT vaddr_of(0xC0400000u)

static uint64_t mixed(uint64_t hash, uint32_t word)
{
    return (hash ^ word) * 0x100000001B3ull;
}

/* All that a run can see of the machine. A TLB entry whose dirty bit a snapshot has taken away is
 * dirty to everyone else. */
static uint64_t machine_hash(void)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < emulator.used_count; i++) {
        const uint32_t *words = &emulator.ram[emulator.used_frames[i] * TABLE_ENTRIES];
        hash = mixed(hash, emulator.used_frames[i]);
        hash = mixed(hash, emulator.frame_used[emulator.used_frames[i]]);
        hash = mixed(hash, emulator.tlb_uses[emulator.used_frames[i]]);
        for (uint32_t w = 0; w < TABLE_ENTRIES; w++)
            hash = mixed(hash, words[w]);
    }
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        uint32_t entry = emulator.tlb[emulator.tlb_pages[i]];
        bool clean = (entry & EMULATOR_CLEAN) != 0;
        hash = mixed(hash, emulator.tlb_pages[i]);
        hash = mixed(hash, clean ? (entry & ~EMULATOR_CLEAN) | ENTRY_DIRTY : entry);
    }
    hash = mixed(hash, emulator.interrupts_enabled);
    hash = mixed(hash, (uint32_t)emulator.counts.stores);
    hash = mixed(hash, injection.frame_requests);
    return mixed(hash, injection.refuse_countdown);
}

static void boot(void)
{
    test_boot_up(FRAME_COUNT);
    EXPECT(snapshots_make(DEPTH_MAX));
}

/* Maps a page and writes to it, in every way that there is. */
static void use_page(uint32_t page)
{
    struct paging_change change;
    vaddr_t at = vaddr_add(AT, page * PAGE_SIZE);
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, at, 1, &change), PAGING_OK);
    machine_store(at, page);
    machine_fill(vaddr_add(at, 8), (uint8_t)page, 100);
    machine_copy(vaddr_add(at, 200), at, 100);
    probe_user_store(vaddr_add(at, 400), ~page);
}

static void leave_page(uint32_t page)
{
    struct paging_change change;
    paging_unmap_range(test_boot.frames_at, vaddr_add(AT, page * PAGE_SIZE), 1, &change);
}

TEST(what_was_written_is_as_it_was)
{
    boot();
    use_page(0);
    uint64_t before = machine_hash();
    snapshot_push();
    EXPECT_EQUAL(machine_hash(), before);
    for (uint32_t i = 0; i < 3u; i++) {
        machine_store(AT, i);
        use_page(1u + i);
        leave_page(0);
        injection.refuse_countdown = 7;
        EXPECT(machine_hash() != before);
        snapshot_restore();
        EXPECT_EQUAL(machine_hash(), before);
    }
    snapshots_free();
}

TEST(a_page_written_again_after_each_restore_is_restored_each_time)
{
    boot();
    use_page(0);
    snapshot_push();
    for (uint32_t i = 1; i < 4u; i++) {
        machine_store(AT, 100u + i);
        EXPECT_EQUAL(machine_load(AT), 100u + i);
        snapshot_restore();
        EXPECT_EQUAL(machine_load(AT), 0);
    }
    snapshots_free();
}

TEST(a_stale_translation_is_restored_as_stale)
{
    boot();
    use_page(0);
    use_page(1);
    const uint32_t *page_1 = probe_page(vaddr_add(AT, PAGE_SIZE));
    frame_t frame_1 = {(uint32_t)((size_t)(page_1 - emulator.ram) / TABLE_ENTRIES)};
    machine_store(vaddr_of(TABLES_AT + (AT.v >> PAGE_SHIFT) * 4u),
                  entry_of(frame_1, ENTRY_PRESENT | ENTRY_WRITABLE));
    EXPECT_EQUAL(machine_load(AT), 0);
    snapshot_push();
    machine_store(AT, 9);
    EXPECT_EQUAL(machine_load(vaddr_add(AT, PAGE_SIZE)), 1);
    machine_flush_page(AT);
    EXPECT_EQUAL(machine_load(AT), 1);
    snapshot_restore();
    EXPECT_EQUAL(machine_load(AT), 0);
    EXPECT_EQUAL(test_tlb_stale(), 1);
    snapshots_free();
}

TEST(a_frame_first_used_after_the_push_reads_as_garbage_again)
{
    boot();
    use_page(0);
    snapshot_push();
    for (uint32_t i = 0; i < 2u; i++) {
        use_page(1);
        EXPECT_EQUAL(machine_load(vaddr_add(AT, PAGE_SIZE + 2048u)), 0xA5A5A5A5u);
        machine_store(vaddr_add(AT, PAGE_SIZE + 2048u), 1);
        snapshot_restore();
    }
    snapshots_free();
}

TEST(a_pop_leads_to_the_state_of_its_push_and_the_one_below_still_holds)
{
    boot();
    use_page(0);
    uint64_t first = machine_hash();
    snapshot_push();
    use_page(1);
    machine_store(AT, 5);
    uint64_t second = machine_hash();
    snapshot_push();
    leave_page(1);
    machine_store(AT, 6);
    use_page(2);
    snapshot_pop();
    EXPECT_EQUAL(snapshot_depth(), 1);
    EXPECT_EQUAL(machine_hash(), second);
    snapshot_push();
    machine_store(AT, 7);
    snapshot_restore();
    EXPECT_EQUAL(machine_hash(), second);
    snapshot_pop();
    snapshot_restore();
    EXPECT_EQUAL(machine_hash(), first);
    snapshot_pop();
    EXPECT_EQUAL(snapshot_depth(), 0);
    EXPECT_EQUAL(machine_hash(), first);
    machine_store(AT, 8);
    EXPECT_EQUAL(machine_load(AT), 8);
    snapshots_free();
}

int main(void)
{
    RUN(what_was_written_is_as_it_was);
    RUN(a_page_written_again_after_each_restore_is_restored_each_time);
    RUN(a_stale_translation_is_restored_as_stale);
    RUN(a_frame_first_used_after_the_push_reads_as_garbage_again);
    RUN(a_pop_leads_to_the_state_of_its_push_and_the_one_below_still_holds);
    return 0;
}
