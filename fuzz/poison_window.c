/* Poison on the window port: over the addresses of the machine themselves, made anew from the
 * heap's own tags after each operation, as there is no mirror that would say what has changed. The
 * heaps that are fuzzed are small. */
#include "fuzz/poison.h"

#include <sanitizer/asan_interface.h>

#include "heap/block.h"
#include "mmu_x86/window/window.h"

static bool made;
static vaddr_t bitmap; /* the frame bitmap, as boot made room for it */
static uint32_t bitmap_bytes;
static uint32_t heap_start; /* the extent in which tags and links are open */
static uint32_t heap_end;
static bool table_open[TABLE_ENTRIES];

static void area_close(uint32_t from, uint32_t to)
{
    __asan_poison_memory_region((void *)window_place(vaddr_of(from)), to - from);
}

static void area_open(uint32_t from, uint32_t to)
{
    __asan_unpoison_memory_region((void *)window_place(vaddr_of(from)), to - from);
}

/* Opens the tables that are present, as the recursive window shows them, and the directory. */
static void tables_update(void)
{
    for (uint32_t slot = PROBE_SLOT_DEVICE; slot < TABLE_ENTRIES; slot++) {
        uint32_t at = TABLES_AT + slot * PAGE_SIZE;
        bool open = probe_table(slot) != (const uint32_t *)0;
        if (open && !table_open[slot])
            area_open(at, at + PAGE_SIZE);
        else if (!open && table_open[slot])
            area_close(at, at + PAGE_SIZE);
        table_open[slot] = open;
    }
}

void poison_begin(const struct boot_state *boot)
{
    if (!made) {
        area_close(WINDOW_START, window_limit());
        /* Not up to the last byte's successor, which has no address in 32 bits. */
        area_close(TABLES_AT, DIRECTORY_AT);
        area_close(DIRECTORY_AT, DIRECTORY_AT + PAGE_SIZE);
        made = true;
    }
    area_close(heap_start, heap_end);
    area_close(bitmap.v, bitmap.v + bitmap_bytes);
    heap_start = heap_end = 0;
    bitmap = boot->frames_at;
    bitmap_bytes = boot->frames_size_bytes;
    area_open(bitmap.v, bitmap.v + bitmap_bytes);
    tables_update();
}

/* The tags on both sides of each block's start, up to the epilogue, and the links of free blocks.
 */
static void blocks_open(const struct scene *scene)
{
    uint32_t size = 0;
    for (uint32_t at = heap_start + CONTROL_SIZE + 4u; at < heap_end; at += size) {
        uint32_t tag = *window_word(vaddr_of(at)) ^ scene->key ^ at;
        area_open(at - 4u, at + ((tag & TAG_USED) != 0 ? 4u : 12u));
        size = tag & ~TAG_FLAGS;
        if (size < BLOCK_SIZE_MIN)
            return;
    }
}

void poison_update(const struct scene *scene, const struct mirror *mirror)
{
    (void)mirror;
    tables_update();
    area_close(heap_start, heap_end);
    if (!scene->heap_made)
        return;
    heap_start = scene->heap_at.v;
    heap_end = *window_word(vaddr_add(scene->heap_at, HEAP_END));
    area_open(heap_start, heap_start + CONTROL_SIZE);
    blocks_open(scene);
}

void poison_end(void)
{
}
