#include "boot/asan/shadow.h"

#include "boot/asan/pool.h"
#include "boot/layout.h"
#include "boot/memory.h"
#include "heap/kmalloc.h"
#include "mmu_x86/machine.h"

/* A directory slot of a shadow stands for this much memory. */
#define SLOT_SHIFT (TABLE_SHIFT + 3u)
#define SLOTS (1u << (32u - SLOT_SHIFT))
#define SLOT_DIRECT (DIRECT_AT >> SLOT_SHIFT)
#define SLOT_KERNEL (KERNEL_AT >> SLOT_SHIFT)

/* Shadow of the kernel's own 4 MiB, image and stack; it always has frames of its own. */
#define IMAGE_SHADOW_BYTES ((HEAP_WINDOW_START - KERNEL_AT) / GRANULE)
#define IMAGE_PAGES (IMAGE_SHADOW_BYTES / PAGE_SIZE)

extern uint32_t boot_directory[TABLE_ENTRIES];

/* Pages and tables are what the processor reads, so they stand alone. */
#define PAGES __attribute__((aligned(4096)))

PAGES static uint8_t image_shadow[IMAGE_SHADOW_BYTES];
PAGES static uint8_t page_open[PAGE_SIZE];
PAGES static uint8_t page_closed[PAGE_SIZE];
PAGES static uint8_t page_freed[PAGE_SIZE];

/* Of shadow that is open or closed as a whole; and of the kernel's quarter of the addresses. */
PAGES static uint32_t table_open[TABLE_ENTRIES];
PAGES static uint32_t table_closed[TABLE_ENTRIES];
PAGES static uint32_t kernel_tables[SLOTS - SLOT_KERNEL][TABLE_ENTRIES];

/* Pages of the window's shadow have been something else than closed only below. */
static uint32_t touched_end = SHADOW_AT + HEAP_WINDOW_START / GRANULE;

/* The image is linked KERNEL_AT above its frames. */
static uint32_t image_entry(const void *page, uint32_t flags)
{
    return ((uint32_t)(uintptr_t)page - KERNEL_AT) | ENTRY_PRESENT | flags;
}

static void table_fill(uint32_t *table, const uint8_t *page)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        table[i] = image_entry(page, 0);
}

static void tables_make(void)
{
    machine_fill(vaddr_of((uint32_t)(uintptr_t)page_closed), SHADOW_HEAP_CLOSED, PAGE_SIZE);
    machine_fill(vaddr_of((uint32_t)(uintptr_t)page_freed), SHADOW_HEAP_FREED, PAGE_SIZE);
    table_fill(table_open, page_open);
    table_fill(table_closed, page_closed);
    for (uint32_t slot = SLOT_KERNEL; slot < SLOTS; slot++)
        table_fill(kernel_tables[slot - SLOT_KERNEL], page_closed);
    for (uint32_t i = 0; i < IMAGE_PAGES; i++)
        kernel_tables[0][i] = image_entry(image_shadow + i * PAGE_SIZE, ENTRY_WRITABLE);
}

void shadow_start(void)
{
    tables_make();
    uint32_t *directory = boot_directory + (SHADOW_AT >> TABLE_SHIFT);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        const uint32_t *table = slot < SLOT_DIRECT   ? table_closed
                                : slot < SLOT_KERNEL ? table_open
                                                     : kernel_tables[slot - SLOT_KERNEL];
        directory[slot] = image_entry(table, ENTRY_WRITABLE);
    }
    machine_set_root(machine_root());
}

/* The table entry of a page of the kernel's shadow. */
static uint32_t *entry_place(uint32_t shadow_at)
{
    uint32_t slot = (shadow_at - SHADOW_AT) >> TABLE_SHIFT;
    return &kernel_tables[slot - SLOT_KERNEL][table_index(vaddr_of(shadow_at))];
}

static bool is_own(uint32_t entry)
{
    return (entry & ENTRY_WRITABLE) != 0;
}

static void entry_set(uint32_t shadow_at, uint32_t entry)
{
    uint32_t *place = entry_place(shadow_at);
    uint32_t old = *place;
    *place = entry;
    machine_flush_page(vaddr_of(page_round_down(shadow_at)));
    if (is_own(old))
        pool_give_back(memory_direct(old & ENTRY_FRAME));
}

/* Gives the page at shadow_at a frame of its own, which holds what the shared one did. */
static void page_own(uint32_t shadow_at)
{
    if (is_own(*entry_place(shadow_at)))
        return;
    uint32_t *page = pool_take();
    machine_copy(vaddr_of((uint32_t)(uintptr_t)page), vaddr_of(page_round_down(shadow_at)),
                 PAGE_SIZE);
    entry_set(shadow_at, pool_entry(page, ENTRY_WRITABLE));
}

/* Sets the shadow bytes [from, to) of the window to one value: whole pages share. */
static void window_set(uint32_t from, uint32_t to, enum shadow_value value)
{
    const uint8_t *shared = value == SHADOW_OPEN ? page_open : page_freed;
    touched_end = to > touched_end ? to : touched_end;
    while (from < to) {
        uint32_t end = page_round_down(from) + PAGE_SIZE;
        end = end < to ? end : to;
        if (end - from == PAGE_SIZE) {
            entry_set(from, image_entry(shared, 0));
        } else {
            page_own(from);
            machine_fill(vaddr_of(from), (uint8_t)value, end - from);
        }
        from = end;
    }
}

void shadow_open(uint32_t at, uint32_t size_bytes)
{
    uint32_t from = SHADOW_AT + at / GRANULE;
    uint32_t to = from + size_bytes / GRANULE;
    window_set(from, to, SHADOW_OPEN);
    if (size_bytes % GRANULE == 0)
        return;
    window_set(to, to + 1u, SHADOW_OPEN);
    *(volatile uint8_t *)to = size_bytes % GRANULE;
}

/* Between two payloads there is always a granule with tags, which is closed. */
uint32_t shadow_close(uint32_t at)
{
    uint32_t from = SHADOW_AT + at / GRANULE;
    uint32_t to = from;
    while (*(const volatile uint8_t *)to == SHADOW_OPEN)
        to++;
    uint32_t size_bytes = (to - from) * GRANULE;
    uint8_t last = *(const volatile uint8_t *)to;
    if (last < GRANULE) {
        size_bytes += last;
        to++;
    }
    window_set(from, to, SHADOW_HEAP_FREED);
    return size_bytes;
}

void shadow_reset(void)
{
    uint32_t start = SHADOW_AT + HEAP_WINDOW_START / GRANULE;
    for (uint32_t at = start; at < touched_end; at += PAGE_SIZE)
        entry_set(at, image_entry(page_closed, 0));
    touched_end = start;
}

void shadow_set(uint32_t at, uint32_t size_bytes, enum shadow_value value)
{
    machine_fill(vaddr_of(SHADOW_AT + at / GRANULE), (uint8_t)value, size_bytes / GRANULE);
}

void shadow_global(uint32_t at, uint32_t size_bytes, uint32_t size_with_redzone)
{
    uint32_t whole = size_bytes / GRANULE * GRANULE;
    shadow_set(at, whole, SHADOW_OPEN);
    shadow_set(at + whole, size_with_redzone - whole, SHADOW_GLOBAL);
    if (size_bytes % GRANULE != 0)
        *(volatile uint8_t *)(SHADOW_AT + (at + whole) / GRANULE) = size_bytes % GRANULE;
}
