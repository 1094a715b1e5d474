/* The memory, the state that a boot loader leaves, and the probe's view of both.
 *
 * Frames are laid out as on the emulator's board, so that holes and reserved runs are met here too:
 *
 *   0 .. 2       reserved: low memory, the page directory, the page table of slot 768
 *   3 ..         the frames of the bitmap
 *   then         half of the core's own frames; a hole of HOLE frames; a reserved run of HOLE
 *                frames; the other half */
#include "mmu_x86/window/window.h"

#include <string.h>
#include <sys/mman.h>

#include "mmu_x86/injection.h"

#define BOOT_AT 0xC0100000u
#define DIRECTORY_FRAME 1u
#define TABLE_FRAME 2u
#define BITMAP_FRAME 3u
#define HOLE 5u

/* Leaves room for everything else among the frame numbers that there are. */
#define FRAMES_MAX (FRAME_COUNT_MAX - 256u)

struct window window;
struct injection injection;

static void *map_at(uintptr_t at, size_t size_bytes, int flags)
{
    void *place = mmap((void *)at, size_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    return place == MAP_FAILED ? NULL : place;
}

/* Maps the true addresses from WINDOW_START on, in pieces that become smaller as they come near to
 * something else's memory. Returns the end. */
static uint32_t map_identity(void)
{
    uint32_t end = WINDOW_START;
    for (uint32_t piece = TABLE_SPAN; piece >= PAGE_SIZE; piece /= 2u)
        while (end + piece <= TABLES_AT && map_at(end, piece, MAP_FIXED_NOREPLACE) != NULL)
            end += piece;
    return end;
}

static bool open_identity(void)
{
    void *tables = map_at(0, TABLE_SPAN, 0);
    uint32_t limit = map_identity();
    window = (struct window){.tables = (uintptr_t)tables, .limit = limit};
    /* Boot's own addresses and a first table of heap are the least that is of any use. */
    return tables != NULL && limit >= 0xC0800000u;
}

static bool open_based(void)
{
    void *memory = map_at(0, (size_t)((uint64_t)1 << 32), 0);
    uintptr_t base = (uintptr_t)memory;
    window = (struct window){.base = base, .tables = base + TABLES_AT, .limit = TABLES_AT};
    return memory != NULL;
}

bool window_open(void)
{
    if (window.limit != 0)
        return true;
    if (WINDOW_IDENTITY ? open_identity() : open_based())
        return true;
    window.limit = 0;
    return false;
}

uint32_t window_limit(void)
{
    return window.limit;
}

void window_interrupt(void)
{
    /* The processor clears the interrupt flag on the way into a handler and IRET sets it (SDM
     * 3A 6.8.1). */
    window.interrupts_enabled = 0;
    if (injection.interrupt_handler != NULL)
        injection.interrupt_handler();
    window.interrupts_enabled = 1;
}

/* The table of a slot as the recursive window shows it, present or not. */
static uint32_t *table_words(uint32_t slot)
{
    return (uint32_t *)(window.tables + slot * PAGE_SIZE);
}

static uint32_t bitmap_pages(uint32_t frame_count)
{
    return page_round_up(frames_size_bytes(frame_count + 256u)) / PAGE_SIZE;
}

static void memory_describe(uint32_t frame_count, struct boot_state *boot)
{
    uint32_t bitmap_count = bitmap_pages(frame_count);
    uint32_t own = BITMAP_FRAME + bitmap_count;
    uint32_t half = frame_count / 2u;
    uint32_t second = own + half + HOLE;
    boot->usable[0] = (struct frame_range){{0}, own + half};
    boot->usable[1] = (struct frame_range){{second}, HOLE + frame_count - half};
    boot->reserved[0] = (struct frame_range){{0}, own};
    boot->reserved[1] = (struct frame_range){{second}, HOLE};
    boot->map = (struct memory_map){boot->usable, 2, boot->reserved, 2};
    boot->frames_at = vaddr_of(BOOT_AT);
    boot->frames_size_bytes = bitmap_count * PAGE_SIZE;
}

/* Directory and first table. The other tables need no clearing: a slot that is not present shows
 * none, and the core zeroes each that it makes. */
static void tables_make(uint32_t bitmap_count)
{
    uint32_t *directory = table_words(RECURSIVE_SLOT);
    uint32_t *table = table_words(PROBE_SLOT_KERNEL);
    uint32_t flags = ENTRY_PRESENT | ENTRY_WRITABLE;
    memset(directory, 0, PAGE_SIZE);
    memset(table, 0, PAGE_SIZE);
    directory[PROBE_SLOT_KERNEL] = entry_of((frame_t){TABLE_FRAME}, flags);
    directory[RECURSIVE_SLOT] = entry_of((frame_t){DIRECTORY_FRAME}, flags);
    for (uint32_t i = 0; i < bitmap_count; i++)
        table[table_index(vaddr_of(BOOT_AT + i * PAGE_SIZE))] =
            entry_of((frame_t){BITMAP_FRAME + i}, flags);
    memcpy(window.boot_directory, directory, PAGE_SIZE);
}

bool probe_reset(uint32_t frame_count, struct boot_state *boot)
{
    if (frame_count > FRAMES_MAX || !window_open())
        return false;
    memory_describe(frame_count, boot);
    tables_make(bitmap_pages(frame_count));
    window.root = (frame_t){DIRECTORY_FRAME};
    window.interrupts_enabled = 1;
    injection = (struct injection){.interrupt_handler = injection.interrupt_handler};
    return true;
}

uint32_t probe_frame_count_max(void)
{
    return FRAMES_MAX;
}

const uint32_t *probe_directory(void)
{
    return table_words(RECURSIVE_SLOT);
}

const uint32_t *probe_table(uint32_t slot)
{
    return (probe_directory()[slot] & ENTRY_PRESENT) != 0 ? table_words(slot) : NULL;
}

const uint32_t *probe_page(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    if (table == NULL || (table[table_index(page)] & ENTRY_PRESENT) == 0)
        return NULL;
    return window_word(page);
}

const uint32_t *probe_boot_directory(void)
{
    return window.boot_directory;
}

uint32_t probe_tlb_count(void)
{
    return 0;
}

struct tlb_entry probe_tlb_entry(uint32_t i)
{
    (void)i;
    return (struct tlb_entry){VADDR_NULL, 0};
}

const struct journal_entry *probe_journal(uint32_t *count, bool *lost)
{
    static const struct journal_entry none;
    *count = 0;
    *lost = false;
    return &none;
}

void probe_journal_clear(void)
{
}

void probe_watch_clear(void)
{
}

void probe_watch(frame_t frame)
{
    (void)frame;
}

bool probe_watch_written(void)
{
    return true;
}

const uint32_t *probe_user_read(vaddr_t page)
{
    return window_word(page);
}

uint32_t *probe_user_write(vaddr_t page)
{
    return window_word(page);
}

struct probe_counts probe_counts(void)
{
    return (struct probe_counts){0};
}
