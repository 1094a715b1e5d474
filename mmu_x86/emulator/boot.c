/* RAM and the state that a boot loader leaves in it (mmu_x86/board.h), and the probe's view of
 * both. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mmu_x86/board.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"

static void *host_memory(size_t size_bytes)
{
    void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool emulator_power_on(uint32_t frame_count_max)
{
    size_t frames = board_ram_frames(frame_count_max);
    emulator = (struct emulator){
        .frame_count_max = frame_count_max,
        .ram = host_memory(frames * PAGE_SIZE),
        .tlb = host_memory(EMULATOR_PAGES * sizeof(uint32_t)),
        .tlb_pages = host_memory(EMULATOR_PAGES * sizeof(uint32_t)),
        .frame_used = host_memory(frames * sizeof(bool)),
        .tlb_uses = host_memory(frames * sizeof(uint32_t)),
        .used_frames = host_memory(frames * sizeof(uint32_t)),
        .journal = host_memory(EMULATOR_JOURNAL_MAX * sizeof(struct journal_entry)),
        .bulk = host_memory(EMULATOR_BULK_MAX * sizeof(struct bulk_entry)),
    };
    if (emulator.ram == NULL || emulator.tlb == NULL || emulator.tlb_pages == NULL ||
        emulator.frame_used == NULL || emulator.tlb_uses == NULL || emulator.used_frames == NULL ||
        emulator.journal == NULL || emulator.bulk == NULL) {
        emulator_power_off();
        return false;
    }
    probe_payloads(NULL, VADDR_NULL, 0);
    return true;
}

uint32_t emulator_ram_frames(void)
{
    return board_ram_frames(emulator.frame_count_max);
}

static void host_release(void *memory, size_t size_bytes)
{
    if (memory != NULL)
        (void)munmap(memory, size_bytes);
}

void emulator_power_off(void)
{
    size_t frames = emulator_ram_frames();
    host_release(emulator.ram, frames * PAGE_SIZE);
    host_release(emulator.tlb, EMULATOR_PAGES * sizeof(uint32_t));
    host_release(emulator.tlb_pages, EMULATOR_PAGES * sizeof(uint32_t));
    host_release(emulator.frame_used, frames * sizeof(bool));
    host_release(emulator.tlb_uses, frames * sizeof(uint32_t));
    host_release(emulator.used_frames, frames * sizeof(uint32_t));
    host_release(emulator.journal, EMULATOR_JOURNAL_MAX * sizeof(struct journal_entry));
    host_release(emulator.bulk, EMULATOR_BULK_MAX * sizeof(struct bulk_entry));
    emulator = (struct emulator){0};
}

static uint32_t *frame_words(uint32_t frame)
{
    emulator_frame_use((frame_t){frame});
    return &emulator.ram[frame * (PAGE_SIZE / 4u)];
}

bool probe_reset(uint32_t frame_count, struct boot_state *boot)
{
    if (frame_count > emulator.frame_count_max)
        return false;
    for (uint32_t i = 0; i < emulator.used_count; i++)
        emulator.frame_used[emulator.used_frames[i]] = false;
    emulator.used_count = 0;
    emulator.frame_count = board_ram_frames(frame_count);
    emulator_set_root((frame_t){BOARD_DIRECTORY});
    emulator.interrupts_enabled = 1;
    board_describe(frame_count, boot);
    board_tables(boot, frame_words(BOARD_DIRECTORY), frame_words(BOARD_TABLE));
    memcpy(emulator.boot_directory, frame_words(BOARD_DIRECTORY), PAGE_SIZE);
    memcpy(emulator.boot_table, frame_words(BOARD_TABLE), PAGE_SIZE);
    probe_journal_clear();
    emulator.unlocked = VADDR_NULL;
    probe_payloads(NULL, VADDR_NULL, 0);
    emulator.trespass = VADDR_NULL;
    emulator.free_bitmap = VADDR_NULL;
    emulator.free_bitmap_size = 0;
    emulator.freed_in_use = false;
    emulator.stale_used = false;
    emulator.counts = (struct probe_counts){0};
    emulator.loads_max = UINT64_MAX;
    injection = (struct injection){.interrupt_handler = injection.interrupt_handler};
    return true;
}

uint32_t probe_frame_count_max(void)
{
    return emulator.frame_count_max;
}

/* The words of the frame that an entry names; null if it is not present or lies outside RAM. */
static const uint32_t *entry_words(uint32_t entry)
{
    if ((entry & ENTRY_PRESENT) == 0 || entry_frame(entry).n >= emulator.frame_count)
        return NULL;
    return frame_words(entry_frame(entry).n);
}

const uint32_t *probe_directory(void)
{
    return frame_words(emulator.root.n);
}

const uint32_t *probe_table(uint32_t slot)
{
    return entry_words(probe_directory()[slot]);
}

const uint32_t *probe_mapped(vaddr_t page, uint32_t entry)
{
    (void)page;
    return entry_words(entry);
}

const uint32_t *probe_page(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    return table == NULL ? NULL : entry_words(table[table_index(page)]);
}

const uint32_t *probe_boot_directory(void)
{
    return emulator.boot_directory;
}

const uint32_t *probe_boot_table(void)
{
    return emulator.boot_table;
}

frame_t probe_root(void)
{
    return emulator.root;
}

uint32_t probe_tlb_count(void)
{
    return emulator.tlb_count;
}

struct tlb_entry probe_tlb_entry(uint32_t i)
{
    uint32_t page = emulator.tlb_pages[i];
    return (struct tlb_entry){vaddr_of(page << PAGE_SHIFT),
                              probe_tlb_of(vaddr_of(page << PAGE_SHIFT))};
}

uint32_t probe_tlb_of(vaddr_t page)
{
    uint32_t entry = emulator.tlb[page.v >> PAGE_SHIFT];
    return (entry & EMULATOR_STALE) != 0 ? (entry & ~EMULATOR_STALE) | ENTRY_PRESENT : entry;
}

bool probe_stale_use(struct stale_use *use)
{
    *use = emulator.stale_use;
    return emulator.stale_used;
}

const uint32_t *probe_frame(frame_t frame)
{
    return frame.n < emulator.frame_count ? frame_words(frame.n) : NULL;
}

bool probe_journal_kept(void)
{
    return true;
}

const struct bulk_entry *probe_bulk(uint32_t *count)
{
    *count = emulator.bulk_count;
    return emulator.bulk;
}

const struct journal_entry *probe_journal(uint32_t *count, bool *lost)
{
    *count = emulator.journal_count;
    *lost = emulator.journal_lost;
    return emulator.journal;
}

void probe_free_bitmap(vaddr_t at, uint32_t frame_count)
{
    emulator.free_bitmap = at;
    emulator.free_bitmap_size = (frame_count + 31u) / 32u * 4u;
}

bool probe_freed_in_use(frame_t *frame)
{
    *frame = emulator.freed_frame;
    return emulator.freed_in_use;
}

bool probe_interrupts_enabled(void)
{
    return emulator.interrupts_enabled != 0;
}

void probe_loads_allow(uint64_t count)
{
    emulator.loads_max = emulator.counts.loads + count;
}

vaddr_t probe_unlocked(void)
{
    return emulator.unlocked;
}

void probe_payloads(const uint32_t *owned, vaddr_t from, uint32_t size_bytes)
{
    static const uint32_t none;
    emulator.payloads = size_bytes == 0 ? &none : owned;
    emulator.payloads_at = from;
    emulator.payloads_size = size_bytes;
}

void emulator_trespass(vaddr_t at)
{
    if (!vaddr_is_null(emulator.trespass))
        return;
    emulator.trespass = at;
    if (emulator.on_trespass != NULL)
        emulator.on_trespass(at);
}

vaddr_t probe_trespass(void)
{
    return emulator.trespass;
}

void probe_journal_clear(void)
{
    emulator.journal_count = 0;
    emulator.bulk_count = 0;
    emulator.journal_lost = false;
}

const uint32_t *probe_user_read(vaddr_t page)
{
    return emulator_word(page, EMULATOR_READ);
}

uint32_t *probe_user_write(vaddr_t page)
{
    return emulator_word(page, EMULATOR_WRITE);
}

void probe_prefetch(vaddr_t at)
{
    uint32_t entry = emulator.tlb[at.v >> PAGE_SHIFT];
    if ((entry & ENTRY_PRESENT) != 0)
        __builtin_prefetch(&emulator.ram[((entry & ENTRY_FRAME) | (at.v & PAGE_MASK)) / 4u]);
}

struct probe_counts probe_counts(void)
{
    return emulator.counts;
}
