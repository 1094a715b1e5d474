#include "mmu_x86/test_boot.h"

#include "ci/unit.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/machine.h"

#define FRAME_COUNT_LIMIT 8192u
#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)

struct boot_state test_boot;

void test_boot_up(uint32_t frame_count)
{
    if (emulator.ram == NULL)
        EXPECT(emulator_power_on(FRAME_COUNT_LIMIT));
    EXPECT(probe_reset(frame_count, &test_boot));
    uint32_t interrupts = machine_interrupts_disable();
    EXPECT_EQUAL(frames_init(test_boot.frames_at, test_boot.frames_size_bytes, &test_boot.map),
                 FRAMES_OK);
    machine_interrupts_restore(interrupts);
}

uint32_t test_frames_word(uint32_t offset)
{
    uint32_t at = test_boot.frames_at.v + offset;
    const uint32_t *page = probe_page(vaddr_of(page_round_down(at)));
    EXPECT(page != NULL);
    return page[(at & PAGE_MASK) / 4u];
}

/* The bit of `frame` in one of the bitmaps: 1 free, 2 managed; and of a word in the summary: 0. */
static bool bitmap_bit(uint32_t which, uint32_t bit)
{
    uint32_t words = (test_frames_word(FRAMES_COUNT) + 31u) / 32u;
    uint32_t summary_words = (words + 31u) / 32u;
    uint32_t first = which == 0 ? 0 : summary_words + (which - 1u) * words;
    uint32_t word = test_frames_word(FRAMES_BITS + 4u * (first + bit / 32u));
    return (word >> bit % 32u & 1u) != 0;
}

bool test_frame_free(uint32_t frame)
{
    return frame < test_frames_word(FRAMES_COUNT) && bitmap_bit(1, frame);
}

bool test_frame_managed(uint32_t frame)
{
    return frame < test_frames_word(FRAMES_COUNT) && bitmap_bit(2, frame);
}

void test_frames_hold(void)
{
    uint32_t count = test_frames_word(FRAMES_COUNT);
    uint32_t free_count = 0;
    uint32_t managed_count = 0;
    for (uint32_t w = 0; w < (count + 31u) / 32u; w++) {
        bool any = false;
        for (uint32_t frame = 32u * w; frame < 32u * w + 32u; frame++) {
            bool is_free = bitmap_bit(1, frame);
            bool is_managed = bitmap_bit(2, frame);
            EXPECT(is_managed || !is_free);
            EXPECT(frame < count || !is_managed);
            free_count += is_free;
            managed_count += is_managed;
            any = any || is_free;
        }
        EXPECT_EQUAL(bitmap_bit(0, w), any);
        EXPECT(!any || w / 32u >= test_frames_word(FRAMES_HINT));
    }
    EXPECT_EQUAL(test_frames_word(FRAMES_FREE), free_count);
    EXPECT_EQUAL(test_frames_word(FRAMES_MANAGED), managed_count);
}

uint32_t test_entry(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    return table == NULL ? 0 : table[table_index(page)];
}

static uint64_t mix(uint64_t hash, uint32_t word)
{
    return (hash ^ word) * 0x100000001B3u;
}

static uint64_t mix_page(uint64_t hash, vaddr_t page, uint32_t skip_from, uint32_t skip_to)
{
    const uint32_t *words = probe_page(page);
    EXPECT(words != NULL);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        uint32_t at = page.v + 4u * i;
        bool counter = at == test_boot.frames_at.v + FRAMES_HINT ||
                       at == test_boot.frames_at.v + FRAMES_REFUSED;
        if (!counter && (at < skip_from || at >= skip_to))
            hash = mix(hash, words[i]);
    }
    return hash;
}

uint64_t test_state(uint32_t skip_from, uint32_t skip_to)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t slot = 0; slot < RECURSIVE_SLOT; slot++) {
        hash = mix(hash, probe_directory()[slot] & ~PROCESSOR_BITS);
        const uint32_t *table = probe_table(slot);
        for (uint32_t i = 0; table != NULL && i < TABLE_ENTRIES; i++) {
            vaddr_t page = vaddr_of((slot << TABLE_SHIFT) + i * PAGE_SIZE);
            hash = mix(hash, table[i] & ~PROCESSOR_BITS);
            if ((table[i] & ENTRY_PRESENT) != 0)
                hash = mix_page(hash, page, skip_from, skip_to);
        }
    }
    return mix(hash, probe_directory()[RECURSIVE_SLOT] & ~PROCESSOR_BITS);
}

uint32_t test_tlb_stale(void)
{
    uint32_t stale = 0;
    for (uint32_t i = 0; i < probe_tlb_count(); i++) {
        struct tlb_entry cached = probe_tlb_entry(i);
        if ((cached.entry & ENTRY_PRESENT) == 0)
            continue;
        uint32_t rights = ENTRY_PRESENT | ENTRY_WRITABLE;
        uint32_t now = test_entry(cached.page);
        bool same_frame = entry_frame(now).n == entry_frame(cached.entry).n;
        stale += !same_frame || (cached.entry & rights & ~now) != 0;
    }
    return stale;
}
