/* Paging alone under the fuzzer, against a model of every entry of three page tables.
 *
 * An input is the number of frames (1 byte, times 6) and operations: one byte for the kind, two for
 * the page, two for a count or what else the kind takes. */
#include <stdlib.h>

#include "fuzz/paging_model.h"
#include "fuzz/target_property.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX (255u * 6u)
#define OPS_MAX 200u
#define MAP_FLAGS 0x1Eu /* all that paging_map may be asked for */

PROPERTY(paging, result, "a call answers as the model says")
PROPERTY(paging, change, "pages and tables are counted as they change")
PROPERTY(paging, translate, "translate gives the entry that the tables hold")
PROPERTY(paging, unmapped_frame, "unmap hands back the frame that was mapped")

static struct boot_state boot;

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
    model_frame_flip(frame.n);
    enum paging_result expected = PAGING_OK;
    if (!model_granted(model_needed(page, page + 1u).table_count))
        expected = PAGING_NO_FRAME;
    else if (model.entries[page] != 0)
        expected = PAGING_ALREADY_MAPPED;
    enum paging_result found = paging_map(boot.frames_at, model_address(page), frame, flags);
    if (found != expected)
        paging_broken_result(page, expected, found);
    if (found == PAGING_OK) {
        model_map(page, entry_of(frame, flags | ENTRY_PRESENT));
        return;
    }
    model_frame_flip(frame.n);
    (void)frames_give_back(boot.frames_at, frame);
}

static void apply_unmap(uint32_t page)
{
    frame_t frame = {~0u};
    enum paging_result expected = model.entries[page] != 0 ? PAGING_OK : PAGING_NOT_MAPPED;
    enum paging_result found = paging_unmap(boot.frames_at, model_address(page), &frame);
    if (found != expected)
        paging_broken_result(page, expected, found);
    if (found != PAGING_OK)
        return;
    if (frame.n != entry_frame(model.entries[page]).n)
        paging_broken_unmapped_frame(page, model.entries[page], frame.n);
    model_unmap(page);
    model_frame_flip(frame.n);
    (void)frames_give_back(boot.frames_at, frame);
}

static void apply_map_range(uint32_t first, uint32_t end)
{
    struct paging_change need = model_needed(first, end);
    struct paging_change change;
    enum paging_result expected =
        model_granted(need.page_count + need.table_count) ? PAGING_OK : PAGING_NO_FRAME;
    enum paging_result found =
        paging_map_range(boot.frames_at, model_address(first), end - first, &change);
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
    paging_unmap_range(boot.frames_at, model_address(first), end - first, &change);
    for (uint32_t page = first; page < end; page++) {
        if (model.entries[page] == 0)
            continue;
        model_frame_flip(entry_frame(model.entries[page]).n);
        model_unmap(page);
        expected.page_count++;
        expected.table_count += model.mapped[page / TABLE_ENTRIES] == 0;
    }
    check_change(first, &expected, &change);
}

static void apply_translate(uint32_t page)
{
    uint32_t entry = 0;
    bool mapped = paging_translate(model_address(page), &entry);
    if (mapped != (model.entries[page] != 0))
        paging_broken_translate(page, model.entries[page], mapped);
    if (mapped && (entry & ~MODEL_IGNORED) != model.entries[page])
        paging_broken_translate(page, model.entries[page], entry);
}

/* Uses pages as a program would, so that the TLB holds them. */
static void apply_touch(uint32_t first, uint32_t end)
{
    for (uint32_t page = first; page < end; page++) {
        if ((model.entries[page] & ENTRY_WRITABLE) != 0)
            probe_user_store(model_address(page), page);
        else if (model.entries[page] != 0)
            (void)probe_user_load(model_address(page));
    }
}

static void apply(struct reader *reader)
{
    uint32_t op = read_byte(reader);
    uint32_t page = read_pair(reader) % MODEL_PAGES;
    uint32_t arg = read_pair(reader);
    /* Most ranges are short. */
    uint32_t count = (op & 16u) != 0 ? arg % 48u : arg % 1300u;
    uint32_t end = page + count < MODEL_PAGES ? page + count : MODEL_PAGES;
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
    model_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = {data, size};
    if (!probe_reset(6u * read_byte(&reader), &boot) ||
        frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map) != FRAMES_OK)
        return 0;
    model_make(&boot);
    model_check();
    for (uint32_t i = 0; i < OPS_MAX && reader.left > 0; i++)
        apply(&reader);
    injection.refuse_countdown = 0;
    apply_unmap_range(0, MODEL_PAGES);
    model_check();
    return 0;
}
