/* The board's side: RAM, and the state that a boot loader leaves; and the probe's view of both.
 *
 * Physical memory, in frames, for F frames of the core's own and B frames of bitmap:
 *
 *   0            reserved: the real-mode interrupt table of a PC
 *   1            page directory
 *   2            page table of slot 768: the boot data at VIRTUAL_BOOT
 *   3 ..         B frames of frame bitmap
 *   then         a third of the F frames; a hole of HOLE frames with nothing in it; another third;
 * a reserved run of HOLE frames; the rest */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"

#define VIRTUAL_BOOT 0xC0100000u
#define DIRECTORY_FRAME 1u
#define TABLE_FRAME 2u
#define BITMAP_FRAME 3u
#define HOLE 5u

static uint32_t bitmap_frames(uint32_t frame_count)
{
    /* The bitmap covers itself, the frames before it and the holes; a page more than enough for all
     * of these. */
    return frames_size_bytes(frame_count + 64u + frame_count / 1024u) / PAGE_SIZE + 1u;
}

static uint32_t ram_frames(uint32_t frame_count)
{
    return BITMAP_FRAME + bitmap_frames(frame_count) + frame_count + 2u * HOLE;
}

static void *host_memory(size_t size_bytes)
{
    void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool emulator_power_on(uint32_t frame_count_max)
{
    size_t frames = ram_frames(frame_count_max);
    emulator = (struct emulator){
        .frame_count_max = frame_count_max,
        .ram = host_memory(frames * PAGE_SIZE),
        .tlb = host_memory(EMULATOR_PAGES * sizeof(uint32_t)),
        .tlb_pages = host_memory(EMULATOR_PAGES * sizeof(uint32_t)),
        .frame_state = host_memory(frames),
        .used_frames = host_memory(frames * sizeof(uint32_t)),
        .journal = host_memory(EMULATOR_JOURNAL_MAX * sizeof(struct journal_entry)),
    };
    if (emulator.ram == NULL || emulator.tlb == NULL || emulator.tlb_pages == NULL ||
        emulator.frame_state == NULL || emulator.used_frames == NULL || emulator.journal == NULL) {
        emulator_power_off();
        return false;
    }
    return true;
}

static void host_release(void *memory, size_t size_bytes)
{
    if (memory != NULL)
        (void)munmap(memory, size_bytes);
}

void emulator_power_off(void)
{
    size_t frames = ram_frames(emulator.frame_count_max);
    host_release(emulator.ram, frames * PAGE_SIZE);
    host_release(emulator.tlb, EMULATOR_PAGES * sizeof(uint32_t));
    host_release(emulator.tlb_pages, EMULATOR_PAGES * sizeof(uint32_t));
    host_release(emulator.frame_state, frames);
    host_release(emulator.used_frames, frames * sizeof(uint32_t));
    host_release(emulator.journal, EMULATOR_JOURNAL_MAX * sizeof(struct journal_entry));
    emulator = (struct emulator){0};
}

static uint32_t *frame_words(uint32_t frame)
{
    emulator_frame_use((frame_t){frame});
    return &emulator.ram[frame * (PAGE_SIZE / 4u)];
}

static void memory_describe(uint32_t frame_count, struct boot_state *boot)
{
    uint32_t bitmap_count = bitmap_frames(frame_count);
    uint32_t own = BITMAP_FRAME + bitmap_count;
    uint32_t third = frame_count / 3u;
    uint32_t second = own + third + HOLE;
    boot->usable[0] = (struct frame_range){{0}, own + third};
    boot->usable[1] = (struct frame_range){{second}, frame_count - third + HOLE};
    boot->reserved[0] = (struct frame_range){{0}, own};
    boot->reserved[1] = (struct frame_range){{second + third}, HOLE};
    boot->map = (struct memory_map){boot->usable, 2, boot->reserved, 2};
    boot->frames_at = vaddr_of(VIRTUAL_BOOT);
    boot->frames_size_bytes = bitmap_count * PAGE_SIZE;
}

/* Directory and first table, as a boot loader makes them before it turns paging on. */
static void tables_make(uint32_t bitmap_count)
{
    uint32_t *directory = frame_words(DIRECTORY_FRAME);
    uint32_t *table = frame_words(TABLE_FRAME);
    uint32_t flags = ENTRY_PRESENT | ENTRY_WRITABLE;
    memset(directory, 0, PAGE_SIZE);
    memset(table, 0, PAGE_SIZE);
    directory[PROBE_SLOT_KERNEL] = entry_of((frame_t){TABLE_FRAME}, flags);
    directory[RECURSIVE_SLOT] = entry_of((frame_t){DIRECTORY_FRAME}, flags);
    for (uint32_t i = 0; i < bitmap_count; i++) {
        uint32_t index = table_index(vaddr_of(VIRTUAL_BOOT + i * PAGE_SIZE));
        table[index] = entry_of((frame_t){BITMAP_FRAME + i}, flags);
    }
    memcpy(emulator.boot_directory, directory, PAGE_SIZE);
}

bool probe_reset(uint32_t frame_count, struct boot_state *boot)
{
    if (frame_count > emulator.frame_count_max)
        return false;
    for (uint32_t i = 0; i < emulator.used_count; i++)
        emulator.frame_state[emulator.used_frames[i]] = 0;
    emulator.used_count = 0;
    emulator.watched_count = 0;
    emulator.watched_written = false;
    emulator.frame_count = ram_frames(frame_count);
    emulator_set_root((frame_t){DIRECTORY_FRAME});
    emulator.interrupts_enabled = 1;
    memory_describe(frame_count, boot);
    tables_make(bitmap_frames(frame_count));
    probe_journal_clear();
    emulator.counts = (struct probe_counts){0};
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

const uint32_t *probe_page(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    return table == NULL ? NULL : entry_words(table[table_index(page)]);
}

const uint32_t *probe_boot_directory(void)
{
    return emulator.boot_directory;
}

uint32_t probe_tlb_count(void)
{
    return emulator.tlb_count;
}

struct tlb_entry probe_tlb_entry(uint32_t i)
{
    uint32_t page = emulator.tlb_pages[i];
    return (struct tlb_entry){vaddr_of(page << PAGE_SHIFT), emulator.tlb[page]};
}

const struct journal_entry *probe_journal(uint32_t *count, bool *lost)
{
    *count = emulator.journal_count;
    *lost = emulator.journal_lost;
    return emulator.journal;
}

void probe_journal_clear(void)
{
    emulator.journal_count = 0;
    emulator.journal_lost = false;
}

void probe_watch_clear(void)
{
    for (uint32_t i = 0; i < emulator.watched_count; i++)
        emulator.frame_state[emulator.watched[i]] &= (uint8_t)~FRAME_WATCHED;
    emulator.watched_count = 0;
    emulator.watched_written = false;
}

void probe_watch(frame_t frame)
{
    if (emulator.watched_count == EMULATOR_WATCH_MAX) {
        emulator.watched_written = true;
        return;
    }
    emulator.frame_state[frame.n] |= FRAME_WATCHED;
    emulator.watched[emulator.watched_count++] = frame.n;
}

bool probe_watch_written(void)
{
    return emulator.watched_written;
}

const uint32_t *probe_user_read(vaddr_t page)
{
    return emulator_word(page, EMULATOR_READ);
}

uint32_t *probe_user_write(vaddr_t page)
{
    return emulator_word(page, EMULATOR_WRITE);
}

struct probe_counts probe_counts(void)
{
    return emulator.counts;
}
