#include "fuzz/paging_model.h"

#include <string.h>

#include "fuzz/target_property.h"
#include "mmu_x86/frames.h"
#include "mmu_x86/injection.h"

#define RANGE_FLAGS (ENTRY_PRESENT | ENTRY_WRITABLE)

PROPERTY(paging, entry, "an entry is what was mapped")
PROPERTY(paging, new_entry, "a range is mapped present, writable, to a frame that was free")
PROPERTY(paging, table, "a table is there exactly if a page is mapped in it")
PROPERTY(paging, table_frame, "a table lies in a frame that was free, writable, supervisor")
PROPERTY(paging, directory, "all other directory entries are as boot left them")
PROPERTY(paging, frames, "taken frames are those in use")
PROPERTY(paging, frame_count, "the count of free frames is the model's")
PROPERTY(paging, tlb, "the TLB holds nothing that the tables do not")

struct paging_model model;

static bool frame_is_free(uint32_t frame)
{
    return frame < MODEL_FRAMES && (model.free[frame / 32u] >> frame % 32u & 1u) != 0;
}

void model_frame_flip(uint32_t frame)
{
    model.free_count += frame_is_free(frame) ? ~0u : 1u;
    model.free[frame / 32u] ^= 1u << frame % 32u;
}

void model_make(const struct boot_state *boot)
{
    memset(&model, 0, sizeof(model));
    model.boot = boot;
    for (uint32_t i = 0; i < boot->map.usable_count; i++)
        for (uint32_t n = 0; n < boot->usable[i].count; n++)
            if (!frame_is_free(boot->usable[i].first.n + n))
                model_frame_flip(boot->usable[i].first.n + n);
    for (uint32_t i = 0; i < boot->map.reserved_count; i++)
        for (uint32_t n = 0; n < boot->reserved[i].count; n++)
            if (frame_is_free(boot->reserved[i].first.n + n))
                model_frame_flip(boot->reserved[i].first.n + n);
}

void model_map(uint32_t page, uint32_t entry)
{
    model.entries[page] = entry;
    model.mapped[page / TABLE_ENTRIES]++;
}

void model_unmap(uint32_t page)
{
    model.entries[page] = 0;
    model.mapped[page / TABLE_ENTRIES]--;
}

struct paging_change model_needed(uint32_t first, uint32_t end)
{
    struct paging_change need = {0};
    for (uint32_t page = first; page < end; page++) {
        need.page_count += model.entries[page] == 0;
        need.table_count +=
            model.mapped[page / TABLE_ENTRIES] == 0 && (page == first || page % TABLE_ENTRIES == 0);
    }
    return need;
}

bool model_granted(uint32_t frame_count)
{
    uint32_t k = injection.refuse_countdown;
    return frame_count <= model.free_count && (k == 0 || k > frame_count);
}

void model_adopt(uint32_t first, uint32_t end)
{
    for (uint32_t page = first; page < end; page++) {
        if (model.entries[page] != 0)
            continue;
        const uint32_t *table = probe_table(MODEL_FIRST_SLOT + page / TABLE_ENTRIES);
        uint32_t entry = table == NULL ? 0 : table[page % TABLE_ENTRIES];
        if (entry_frame(entry).n >= MODEL_FRAMES || !frame_is_free(entry_frame(entry).n) ||
            (entry & ENTRY_FLAGS) != RANGE_FLAGS)
            paging_broken_new_entry(model_address(page).v, RANGE_FLAGS, entry);
        model_frame_flip(entry_frame(entry).n);
        model_map(page, entry);
    }
}

/* Tables appear in free frames and give them back as pages come and go. */
static void check_table(uint32_t slot)
{
    uint32_t entry = probe_directory()[MODEL_FIRST_SLOT + slot] & ~MODEL_IGNORED;
    bool expected = model.mapped[slot] != 0;
    if ((entry != 0) != expected)
        paging_broken_table(MODEL_FIRST_SLOT + slot, expected, entry);
    if (entry == model.tables[slot])
        return;
    if (model.tables[slot] != 0)
        model_frame_flip(entry_frame(model.tables[slot]).n);
    model.tables[slot] = entry;
    if (entry == 0)
        return;
    if (!frame_is_free(entry_frame(entry).n) || (entry & ENTRY_FLAGS) != RANGE_FLAGS)
        paging_broken_table_frame(MODEL_FIRST_SLOT + slot, RANGE_FLAGS, entry);
    model_frame_flip(entry_frame(entry).n);
}

static void check_entries(uint32_t slot)
{
    const uint32_t *table = probe_table(MODEL_FIRST_SLOT + slot);
    const uint32_t *expected = &model.entries[slot * TABLE_ENTRIES];
    for (uint32_t i = 0; table != NULL && i < TABLE_ENTRIES; i++)
        if ((table[i] & ~MODEL_IGNORED) != expected[i])
            paging_broken_entry(model_address(slot * TABLE_ENTRIES + i).v, expected[i], table[i]);
}

static void check_directory(void)
{
    const uint32_t *found = probe_directory();
    const uint32_t *expected = probe_boot_directory();
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        bool own = slot >= MODEL_FIRST_SLOT && slot < MODEL_FIRST_SLOT + MODEL_SLOTS;
        if (!own && ((found[slot] ^ expected[slot]) & ~MODEL_IGNORED) != 0)
            paging_broken_directory(slot, expected[slot], found[slot]);
    }
}

static void check_frames(void)
{
    const uint32_t *words = probe_page(model.boot->frames_at);
    uint32_t word_count = (words[FRAMES_COUNT / 4u] + 31u) / 32u;
    const uint32_t *free = words + FRAMES_BITS / 4u + (word_count + 31u) / 32u;
    for (uint32_t w = 0; w < word_count; w++)
        if (free[w] != model.free[w])
            paging_broken_frames(32u * w, model.free[w], free[w]);
    if (words[FRAMES_FREE / 4u] != model.free_count)
        paging_broken_frame_count(0, model.free_count, words[FRAMES_FREE / 4u]);
}

static void check_tlb(void)
{
    for (uint32_t i = 0; i < probe_tlb_count(); i++) {
        struct tlb_entry held = probe_tlb_entry(i);
        if ((held.entry & ENTRY_PRESENT) == 0)
            continue;
        const uint32_t *table = probe_table(directory_slot(held.page));
        uint32_t entry = table == NULL ? 0 : table[table_index(held.page)];
        uint32_t rights = held.entry & (ENTRY_PRESENT | ENTRY_WRITABLE);
        if (((held.entry ^ entry) & ENTRY_FRAME) != 0 || (rights & ~entry) != 0)
            paging_broken_tlb(held.page.v, entry, held.entry);
    }
}

void model_check(void)
{
    for (uint32_t slot = 0; slot < MODEL_SLOTS; slot++)
        check_table(slot);
    for (uint32_t slot = 0; slot < MODEL_SLOTS; slot++)
        check_entries(slot);
    check_directory();
    check_frames();
    check_tlb();
}
