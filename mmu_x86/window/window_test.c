#include "mmu_x86/window/window.h"

#include "ci/unit.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"

#define FRAME_COUNT 20000u
#define SLOT_COUNT 200u

static struct boot_state boot;
static uint32_t misuse_count;

void machine_misuse(const struct misuse *misuse)
{
    (void)misuse;
    misuse_count++;
}

static void boot_up(uint32_t frame_count)
{
    EXPECT(window_open());
    EXPECT(probe_reset(frame_count, &boot));
    EXPECT_EQUAL(frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map), FRAMES_OK);
    EXPECT_EQUAL(frames_free(boot.frames_at), frame_count);
}

static struct heap heap_up(enum heap_policy policy, uint32_t limit)
{
    boot_up(FRAME_COUNT);
    struct heap heap;
    struct heap_config config = {boot.frames_at, vaddr_of(HEAP_WINDOW_START), vaddr_of(limit), 77,
                                 policy};
    misuse_count = 0;
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_OK);
    return heap;
}

TEST(the_window_reaches_far_beyond_its_start)
{
    EXPECT(window_open());
    EXPECT(window_limit() % PAGE_SIZE == 0);
    EXPECT(window_limit() <= HEAP_WINDOW_END);
    EXPECT(WINDOW_IDENTITY || window_limit() == HEAP_WINDOW_END);
    uint32_t last = window_limit() - 4u;
    machine_store(vaddr_of(last), 5);
    EXPECT_EQUAL(machine_load(vaddr_of(last)), 5);
    machine_store(vaddr_of(WINDOW_START), 6);
    EXPECT_EQUAL(machine_load(vaddr_of(WINDOW_START)), 6);
    printf("window limit %08x\n", window_limit());
}

TEST(reset_gives_any_number_of_frames_up_to_its_limit)
{
    for (uint32_t count = 0; count < 40; count++)
        boot_up(count);
    boot_up(probe_frame_count_max());
    EXPECT(!probe_reset(probe_frame_count_max() + 1u, &boot));
}

TEST(reset_forgets_what_was_written)
{
    const uint32_t places[] = {WINDOW_START, HEAP_WINDOW_START + 5000u * PAGE_SIZE};
    boot_up(FRAME_COUNT);
    for (uint32_t i = 0; i < 2u; i++)
        machine_store(vaddr_of(places[i]), 0x12345678);
    boot_up(FRAME_COUNT);
    for (uint32_t i = 0; i < 2u; i++)
        EXPECT_EQUAL(machine_load(vaddr_of(places[i])), 0);
}

TEST(boot_leaves_its_own_entries_and_nothing_else)
{
    boot_up(100);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        EXPECT_EQUAL(probe_directory()[slot], probe_boot_directory()[slot]);
        bool own = slot == PROBE_SLOT_KERNEL || slot == RECURSIVE_SLOT;
        EXPECT_EQUAL(probe_table(slot) != NULL, own);
    }
    EXPECT(probe_page(boot.frames_at) != NULL);
    EXPECT(probe_page(vaddr_add(boot.frames_at, boot.frames_size_bytes)) == NULL);
}

TEST(pages_show_through_the_probe_as_the_tables_say)
{
    struct heap heap = heap_up(HEAP_BINS, HEAP_WINDOW_START + (16u << 20));
    EXPECT(probe_page(heap.at) != NULL);
    EXPECT(probe_page(vaddr_add(heap.at, PAGE_SIZE)) == NULL);
    vaddr_t at = kmalloc(&heap, 5u << 20);
    EXPECT(!vaddr_is_null(at));
    EXPECT(probe_page(vaddr_of(page_round_down(at.v + (5u << 20) - 1u))) != NULL);
    probe_user_store(at, 0x1234u);
    EXPECT_EQUAL(probe_page(vaddr_of(page_round_down(at.v)))[(at.v & PAGE_MASK) / 4u], 0x1234u);
    EXPECT_EQUAL(machine_load(vaddr_of(DIRECTORY_AT + 4u * directory_slot(at))),
                 probe_directory()[directory_slot(at)]);
}

/* Random calls on a heap; every block holds its slot's number in its first and last words. */
static void churn(enum heap_policy policy, uint32_t seed, uint32_t steps)
{
    static struct {
        vaddr_t at;
        uint32_t last;
    } slots[SLOT_COUNT];
    uint32_t limit = HEAP_WINDOW_START + (32u << 20);
    struct heap heap = heap_up(policy, limit < window_limit() ? limit : window_limit());
    uint32_t random = seed;
    for (uint32_t step = 0; step < steps + SLOT_COUNT; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t slot = step < steps ? (random >> 4) % SLOT_COUNT : step - steps;
        if (!vaddr_is_null(slots[slot].at)) {
            EXPECT_EQUAL(probe_user_load(slots[slot].at), slot);
            EXPECT_EQUAL(probe_user_load(vaddr_of(slots[slot].last)), slot);
        }
        uint32_t size = random >> 14 & ((random & 1u) != 0 ? 0xFFu : 0xFFFFu);
        vaddr_t at = VADDR_NULL;
        if (step >= steps || size < 8 || (random & 0x30000000u) == 0)
            kfree(&heap, slots[slot].at);
        else
            at = krealloc(&heap, slots[slot].at, size);
        slots[slot].at = at;
        if (vaddr_is_null(at))
            continue;
        slots[slot].last = at.v + kmalloc_usable_size(&heap, at) - 4u;
        probe_user_store(at, slot);
        probe_user_store(vaddr_of(slots[slot].last), slot);
        if (step % 64 == 0)
            (void)heap_reclaim(&heap, 20);
    }
    EXPECT_EQUAL(misuse_count, 0);
    (void)heap_reclaim(&heap, ~0u);
    struct heap_stats stats;
    heap_stats(&heap, &stats);
    EXPECT_EQUAL(stats.live_blocks, 0);
    EXPECT_EQUAL(stats.free_blocks, 1);
    EXPECT_EQUAL(stats.mapped_pages, 1);
    EXPECT_EQUAL(frames_free(boot.frames_at), FRAME_COUNT - 2u);
}

TEST(random_calls_leave_the_heap_as_it_began)
{
    for (uint32_t seed = 1; seed <= 5; seed++) {
        churn(HEAP_BINS, seed, 3000);
        churn(HEAP_FIRST_FIT, seed, 3000);
    }
}

TEST(a_heap_can_fill_all_that_can_be_mapped)
{
    struct heap heap = heap_up(HEAP_BINS, window_limit());
    uint32_t size = window_limit() - HEAP_WINDOW_START - CONTROL_SIZE - 16u;
    EXPECT(vaddr_is_null(kmalloc(&heap, size + 8u)));
    boot_up(probe_frame_count_max());
    struct heap_config config = {boot.frames_at, heap.at, vaddr_of(window_limit()), 77, HEAP_BINS};
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_OK);
    vaddr_t at = kmalloc(&heap, size);
    EXPECT(!vaddr_is_null(at));
    probe_user_store(vaddr_add(at, size - 4u), 9);
    kfree(&heap, at);
    (void)heap_reclaim(&heap, ~0u);
    EXPECT_EQUAL(frames_free(boot.frames_at), probe_frame_count_max() - 2u);
}

static uint32_t interrupts_seen;

static void interrupt_handle(void)
{
    EXPECT_EQUAL(machine_interrupts_disable(), 0);
    interrupts_seen++;
}

TEST(interrupts_and_refusals_are_injected_as_on_the_emulator)
{
    struct heap heap = heap_up(HEAP_BINS, HEAP_WINDOW_START + (16u << 20));
    interrupts_seen = 0;
    injection.interrupt_handler = interrupt_handle;
    injection.interrupt_countdown = 2;
    vaddr_t at = kmalloc(&heap, 10);
    EXPECT_EQUAL(interrupts_seen, 0);
    kfree(&heap, at);
    EXPECT_EQUAL(interrupts_seen, 1);
    EXPECT_EQUAL(window.interrupts_enabled, 1);
    injection.interrupt_handler = NULL;
    injection.refuse_countdown = 2;
    EXPECT(vaddr_is_null(kmalloc(&heap, 100000)));
    EXPECT_EQUAL(frames_free(boot.frames_at), FRAME_COUNT - 2u);
}

TEST(what_only_the_emulator_has_is_empty)
{
    boot_up(10);
    uint32_t count = 1;
    bool lost = true;
    EXPECT(probe_journal(&count, &lost) != NULL);
    EXPECT_EQUAL(count, 0);
    EXPECT(!lost);
    EXPECT_EQUAL(probe_tlb_count(), 0);
    EXPECT_EQUAL(probe_counts().loads, 0);
    EXPECT(!probe_journal_kept());
}

int main(void)
{
    RUN(the_window_reaches_far_beyond_its_start);
    RUN(reset_gives_any_number_of_frames_up_to_its_limit);
    RUN(reset_forgets_what_was_written);
    RUN(boot_leaves_its_own_entries_and_nothing_else);
    RUN(pages_show_through_the_probe_as_the_tables_say);
    RUN(random_calls_leave_the_heap_as_it_began);
    RUN(a_heap_can_fill_all_that_can_be_mapped);
    RUN(interrupts_and_refusals_are_injected_as_on_the_emulator);
    RUN(what_only_the_emulator_has_is_empty);
    return 0;
}
