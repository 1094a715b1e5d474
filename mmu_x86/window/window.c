/* The memory, the state that a boot loader leaves (mmu_x86/board.h), and the probe's view of both.
 */
#include "mmu_x86/window/window.h"

#include <string.h>
#include <sys/mman.h>

#include "mmu_x86/board.h"
#include "mmu_x86/bulk.h"
#include "mmu_x86/injection.h"

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

void window_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    bulk_fill((void *)window_place(at), byte, size_bytes);
}

void window_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    bulk_copy((void *)window_place(to), (const void *)window_place(from), size_bytes);
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

bool probe_reset(uint32_t frame_count, struct boot_state *boot)
{
    if (frame_count > FRAMES_MAX || !window_open())
        return false;
    /* What an earlier run left would decide what a damaged tag leads to. */
    (void)madvise((void *)window_place(vaddr_of(WINDOW_START)), window.limit - WINDOW_START,
                  MADV_DONTNEED);
    board_describe(frame_count, boot);
    /* The other tables need no clearing: a slot that is not present shows none, and the core zeroes
     * each that it makes. */
    board_tables(boot, table_words(RECURSIVE_SLOT), table_words(PROBE_SLOT_KERNEL));
    memcpy(window.boot_directory, table_words(RECURSIVE_SLOT), PAGE_SIZE);
    memcpy(window.boot_table, table_words(PROBE_SLOT_KERNEL), PAGE_SIZE);
    window.root = (frame_t){BOARD_DIRECTORY};
    window.interrupts_enabled = 1;
    injection = (struct injection){.interrupt_handler = injection.interrupt_handler};
    return true;
}

bool probe_interrupts_enabled(void)
{
    return window.interrupts_enabled != 0;
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

const uint32_t *probe_mapped(vaddr_t page, uint32_t entry)
{
    return (entry & ENTRY_PRESENT) != 0 ? window_word(page) : NULL;
}

const uint32_t *probe_page(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    return table == NULL ? NULL : probe_mapped(page, table[table_index(page)]);
}

const uint32_t *probe_boot_directory(void)
{
    return window.boot_directory;
}

const uint32_t *probe_boot_table(void)
{
    return window.boot_table;
}

frame_t probe_root(void)
{
    return window.root;
}

const uint32_t *probe_user_read(vaddr_t page)
{
    return window_word(page);
}

uint32_t *probe_user_write(vaddr_t page)
{
    return window_word(page);
}
