/* Paging alone under the fuzzer, against a model of every entry of three page tables.
 *
 * An input is the number of frames (1 byte, times 6) and operations: one byte for the kind, two for
 * the page, two for a count or what else the kind takes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target_property.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/paging.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX (255u * 6u)
#define MODEL_FRAMES 2048u
#define SLOTS 3u
#define FIRST_SLOT 769u
#define PAGES (SLOTS * TABLE_ENTRIES)
#define OPS_MAX 200u
#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)
#define MAP_FLAGS 0x1Eu /* all that paging_map may be asked for */
#define RANGE_FLAGS (ENTRY_PRESENT | ENTRY_WRITABLE)

PROPERTY(paging, result, "a call answers as the model says")
PROPERTY(paging, change, "pages and tables are counted as they change")
PROPERTY(paging, translate, "translate gives the entry that the tables hold")
PROPERTY(paging, unmapped_frame, "unmap hands back the frame that was mapped")
PROPERTY(paging, entry, "an entry is what was mapped")
PROPERTY(paging, new_entry, "a range is mapped present, writable, to a frame that was free")
PROPERTY(paging, table, "a table is there exactly if a page is mapped in it")
PROPERTY(paging, table_frame, "a table lies in a frame that was free, writable, supervisor")
PROPERTY(paging, directory, "all other directory entries are as boot left them")
PROPERTY(paging, frames, "taken frames are those in use")
PROPERTY(paging, frame_count, "the count of free frames is the model's")
PROPERTY(paging, tlb, "the TLB holds nothing that the tables do not")

static struct boot_state boot;
static struct {
    uint32_t entries[PAGES]; /* 0, or flags and frame without the processor's bits */
    uint32_t mapped[SLOTS];  /* pages of a table that are mapped */
    uint32_t tables[SLOTS];  /* the directory entry of a table, or 0 */
    uint32_t free[MODEL_FRAMES / 32u];
    uint32_t free_count;
} model;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (!emulator_power_on(FRAMES_MAX)) {
        (void)fprintf(stderr, "not enough memory for the machine\n");
        exit(1);
    }
    return 0;
}

static vaddr_t address_of(uint32_t page)
{
    return vaddr_of((FIRST_SLOT << TABLE_SHIFT) + page * PAGE_SIZE);
}

static bool frame_is_free(uint32_t frame)
{
    return frame < MODEL_FRAMES && (model.free[frame / 32u] >> frame % 32u & 1u) != 0;
}

static void frame_flip(uint32_t frame)
{
    model.free_count += frame_is_free(frame) ? ~0u : 1u;
    model.free[frame / 32u] ^= 1u << frame % 32u;
}

static void model_make(void)
{
    memset(&model, 0, sizeof(model));
    for (uint32_t i = 0; i < boot.map.usable_count; i++)
        for (uint32_t n = 0; n < boot.usable[i].count; n++)
            if (!frame_is_free(boot.usable[i].first.n + n))
                frame_flip(boot.usable[i].first.n + n);
    for (uint32_t i = 0; i < boot.map.reserved_count; i++)
        for (uint32_t n = 0; n < boot.reserved[i].count; n++)
            if (frame_is_free(boot.reserved[i].first.n + n))
                frame_flip(boot.reserved[i].first.n + n);
}

static void model_map(uint32_t page, uint32_t entry)
{
    model.entries[page] = entry;
    model.mapped[page / TABLE_ENTRIES]++;
}

static void model_unmap(uint32_t page)
{
    model.entries[page] = 0;
    model.mapped[page / TABLE_ENTRIES]--;
}

/* The frames that mapping [first, end) takes: pages, and tables that are missing. */
static struct paging_change needed(uint32_t first, uint32_t end)
{
    struct paging_change need = {0};
    for (uint32_t page = first; page < end; page++) {
        need.page_count += model.entries[page] == 0;
        need.table_count +=
            model.mapped[page / TABLE_ENTRIES] == 0 && (page == first || page % TABLE_ENTRIES == 0);
    }
    return need;
}

/* Whether `count` requests in a row are all granted. */
static bool granted(uint32_t count)
{
    uint32_t k = injection.refuse_countdown;
    return count <= model.free_count && (k == 0 || k > count);
}

/* Tables appear in free frames and give them back as pages come and go. */
static void check_table(uint32_t slot)
{
    uint32_t entry = probe_directory()[FIRST_SLOT + slot] & ~PROCESSOR_BITS;
    bool expected = model.mapped[slot] != 0;
    if ((entry != 0) != expected)
        paging_broken_table(FIRST_SLOT + slot, expected, entry);
    if (entry == model.tables[slot])
        return;
    if (model.tables[slot] != 0)
        frame_flip(entry_frame(model.tables[slot]).n);
    model.tables[slot] = entry;
    if (entry == 0)
        return;
    if (!frame_is_free(entry_frame(entry).n) || (entry & ENTRY_FLAGS) != RANGE_FLAGS)
        paging_broken_table_frame(FIRST_SLOT + slot, RANGE_FLAGS, entry);
    frame_flip(entry_frame(entry).n);
}

static void check_entries(uint32_t slot)
{
    const uint32_t *table = probe_table(FIRST_SLOT + slot);
    const uint32_t *expected = &model.entries[slot * TABLE_ENTRIES];
    for (uint32_t i = 0; table != NULL && i < TABLE_ENTRIES; i++)
        if ((table[i] & ~PROCESSOR_BITS) != expected[i])
            paging_broken_entry(address_of(slot * TABLE_ENTRIES + i).v, expected[i], table[i]);
}

static void check_directory(void)
{
    const uint32_t *found = probe_directory();
    const uint32_t *expected = probe_boot_directory();
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        bool own = slot >= FIRST_SLOT && slot < FIRST_SLOT + SLOTS;
        if (!own && ((found[slot] ^ expected[slot]) & ~PROCESSOR_BITS) != 0)
            paging_broken_directory(slot, expected[slot], found[slot]);
    }
}

static void check_frames(void)
{
    const uint32_t *words = probe_page(boot.frames_at);
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

static void check_all(void)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        check_table(slot);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        check_entries(slot);
    check_directory();
    check_frames();
    check_tlb();
}

static void check_change(uint32_t page, const struct paging_change *expected,
                         const struct paging_change *found)
{
    if (found->page_count != expected->page_count)
        paging_broken_change(page, expected->page_count, found->page_count);
    if (found->table_count != expected->table_count)
        paging_broken_change(page, expected->table_count, found->table_count);
}

/* Maps one page to a frame of the caller's, taken before and given back if it stays unused. */
static void apply_map(uint32_t page, uint32_t flags)
{
    frame_t frame;
    if (frames_take(boot.frames_at, &frame) != FRAMES_OK)
        return;
    frame_flip(frame.n);
    enum paging_result expected = PAGING_OK;
    if (!granted(needed(page, page + 1u).table_count))
        expected = PAGING_NO_FRAME;
    else if (model.entries[page] != 0)
        expected = PAGING_ALREADY_MAPPED;
    enum paging_result found = paging_map(boot.frames_at, address_of(page), frame, flags);
    if (found != expected)
        paging_broken_result(page, expected, found);
    if (found == PAGING_OK) {
        model_map(page, entry_of(frame, flags | ENTRY_PRESENT));
        return;
    }
    frame_flip(frame.n);
    (void)frames_give_back(boot.frames_at, frame);
}

static void apply_unmap(uint32_t page)
{
    frame_t frame = {~0u};
    enum paging_result expected = model.entries[page] != 0 ? PAGING_OK : PAGING_NOT_MAPPED;
    enum paging_result found = paging_unmap(boot.frames_at, address_of(page), &frame);
    if (found != expected)
        paging_broken_result(page, expected, found);
    if (found != PAGING_OK)
        return;
    if (frame.n != entry_frame(model.entries[page]).n)
        paging_broken_unmapped_frame(page, model.entries[page], frame.n);
    model_unmap(page);
    frame_flip(frame.n);
    (void)frames_give_back(boot.frames_at, frame);
}

/* Adopts what the tables now say of [first, end), where the model had nothing. */
static void model_adopt(uint32_t first, uint32_t end)
{
    for (uint32_t page = first; page < end; page++) {
        if (model.entries[page] != 0)
            continue;
        const uint32_t *table = probe_table(FIRST_SLOT + page / TABLE_ENTRIES);
        uint32_t entry = table == NULL ? 0 : table[page % TABLE_ENTRIES];
        if (entry_frame(entry).n >= MODEL_FRAMES || !frame_is_free(entry_frame(entry).n) ||
            (entry & ENTRY_FLAGS) != RANGE_FLAGS)
            paging_broken_new_entry(address_of(page).v, RANGE_FLAGS, entry);
        frame_flip(entry_frame(entry).n);
        model_map(page, entry);
    }
}

static void apply_map_range(uint32_t first, uint32_t end)
{
    struct paging_change need = needed(first, end);
    struct paging_change change;
    enum paging_result expected =
        granted(need.page_count + need.table_count) ? PAGING_OK : PAGING_NO_FRAME;
    enum paging_result found =
        paging_map_range(boot.frames_at, address_of(first), end - first, &change);
    if (found != expected)
        paging_broken_result(first, expected, found);
    if (found != PAGING_OK)
        need = (struct paging_change){0};
    check_change(first, &need, &change);
    if (found == PAGING_OK)
        model_adopt(first, end);
}

static void apply_unmap_range(uint32_t first, uint32_t end)
{
    struct paging_change expected = {0};
    struct paging_change change;
    paging_unmap_range(boot.frames_at, address_of(first), end - first, &change);
    for (uint32_t page = first; page < end; page++) {
        if (model.entries[page] == 0)
            continue;
        frame_flip(entry_frame(model.entries[page]).n);
        model_unmap(page);
        expected.page_count++;
        expected.table_count += model.mapped[page / TABLE_ENTRIES] == 0;
    }
    check_change(first, &expected, &change);
}

static void apply_translate(uint32_t page)
{
    uint32_t entry = 0;
    bool mapped = paging_translate(address_of(page), &entry);
    if (mapped != (model.entries[page] != 0))
        paging_broken_translate(page, model.entries[page], mapped);
    if (mapped && (entry & ~PROCESSOR_BITS) != model.entries[page])
        paging_broken_translate(page, model.entries[page], entry);
}

/* Uses pages as a program would, so that the TLB holds them. */
static void apply_touch(uint32_t first, uint32_t end)
{
    for (uint32_t page = first; page < end; page++) {
        if ((model.entries[page] & ENTRY_WRITABLE) != 0)
            probe_user_store(address_of(page), page);
        else if (model.entries[page] != 0)
            (void)probe_user_load(address_of(page));
    }
}

static void apply(struct reader *reader)
{
    uint32_t op = read_byte(reader);
    uint32_t page = read_pair(reader) % PAGES;
    uint32_t arg = read_pair(reader);
    /* Most ranges are short. */
    uint32_t count = (op & 16u) != 0 ? arg % 48u : arg % 1300u;
    uint32_t end = page + count < PAGES ? page + count : PAGES;
    switch (op % 8u) {
    case 0: apply_map(page, arg & MAP_FLAGS); break;
    case 1: apply_unmap(page); break;
    case 2:
    case 3: apply_map_range(page, end); break;
    case 4: apply_unmap_range(page, end); break;
    case 5: apply_translate(page); break;
    case 6: apply_touch(page, end); break;
    default:
        injection.refuse_countdown = arg % (op < 128u ? 16u : 1400u);
        injection.refuse_all_after = (op & 8u) != 0;
    }
    check_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = {data, size};
    if (!probe_reset(6u * read_byte(&reader), &boot) ||
        frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map) != FRAMES_OK)
        return 0;
    model_make();
    check_all();
    for (uint32_t i = 0; i < OPS_MAX && reader.left > 0; i++)
        apply(&reader);
    injection.refuse_countdown = 0;
    apply_unmap_range(0, PAGES);
    check_all();
    return 0;
}
