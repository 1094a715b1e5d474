/* Poison on the emulator: over its RAM, kept up to date by what a step has found changed.
 *
 * A step opens and closes single granules, thousands of times a second, so AddressSanitizer's
 * shadow bytes are written here, where its interface says that they are: a call for each would take
 * longer than finding out which. */
#include "fuzz/poison.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>

#include "mmu_x86/bulk.h"
#include "mmu_x86/emulator/emulator.h"

#define GRANULE 8u
#define TABLES_PAGE (TABLES_AT / PAGE_SIZE)

/* The shadow bytes of RAM, one for each granule; null while RAM is not poisoned. What they hold
 * where it is closed. */
static uint8_t *shadow;
static uint8_t closed;

/* The RAM that is poisoned, and the frames of it in which something has been opened since
 * poison_begin. */
static char *ram;
static uint32_t frame_count;
static bool listed[FRAME_COUNT_MAX];
static uint32_t listed_frames[FRAME_COUNT_MAX];
static uint32_t listed_count;

static void frame_close(uint32_t frame)
{
    if (listed[frame])
        bulk_fill(shadow + frame * (PAGE_SIZE / GRANULE), closed, PAGE_SIZE / GRANULE);
}

static void list(uint32_t frame)
{
    if (!listed[frame])
        listed_frames[listed_count++] = frame;
    listed[frame] = true;
}

/* Opens the first size_bytes bytes of a frame, whole granules, and closes the others. */
static void frame_open(uint32_t frame, uint32_t size_bytes)
{
    frame_close(frame);
    list(frame);
    bulk_fill(shadow + frame * (PAGE_SIZE / GRANULE), 0, size_bytes / GRANULE);
}

static void close_all(void)
{
    for (uint32_t i = 0; i < listed_count; i++) {
        frame_close(listed_frames[i]);
        listed[listed_frames[i]] = false;
    }
    listed_count = 0;
}

void poison_end(void)
{
    if (ram == NULL)
        return;
    close_all();
    __asan_unpoison_memory_region(ram, (size_t)frame_count * PAGE_SIZE);
    ram = NULL;
    shadow = NULL;
}

/* Closes all of RAM. */
static void ram_close(void)
{
    size_t scale;
    size_t offset;
    ram = (char *)emulator.ram;
    frame_count = emulator_ram_frames();
    __asan_poison_memory_region(ram, (size_t)frame_count * PAGE_SIZE);
    __asan_get_shadow_mapping(&scale, &offset);
    if (1u << scale != GRANULE) {
        (void)fprintf(stderr, "AddressSanitizer has granules of %u bytes, not of %u\n", 1u << scale,
                      GRANULE);
        abort();
    }
    shadow = (uint8_t *)(((uintptr_t)ram >> scale) + offset);
    closed = *shadow;
}

void poison_begin(const struct boot_state *boot)
{
    (void)boot;
    if (ram == NULL)
        ram_close();
    close_all();
    frame_open(probe_root().n, PAGE_SIZE);
    frame_open(entry_frame(probe_boot_directory()[PROBE_SLOT_KERNEL]).n, PAGE_SIZE);
    const uint32_t *table = probe_boot_table();
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        if ((table[i] & ENTRY_PRESENT) != 0)
            frame_open(entry_frame(table[i]).n, PAGE_SIZE);
}

/* A frame whose use has changed. The tags in a page of the heap are opened with their blocks. */
static void frame_update(const struct mirror *mirror, uint32_t frame)
{
    uint32_t page = mirror->users[frame] - 1u;
    bool mapped = mirror->users[frame] != 0;
    if (mapped && (page >= TABLES_PAGE || page / TABLE_ENTRIES == PROBE_SLOT_KERNEL))
        frame_open(frame, PAGE_SIZE);
    else if (mapped && page == mirror->base / PAGE_SIZE)
        frame_open(frame, CONTROL_SIZE);
    else
        frame_close(frame);
}

/* A granule belongs to the core if it holds the tags on both sides of a block's start, or a free
 * block's links. */
static bool is_cores(const struct mirror *mirror, uint32_t granule)
{
    return marks_has(&mirror->starts, granule) || (marks_has(&mirror->starts, granule - 1u) &&
                                                   (mirror->nodes[granule - 1u].tag & 1u) == 0);
}

static void granule_update(const struct mirror *mirror, uint32_t granule)
{
    uint32_t at = mirror->base + 8u * granule;
    uint32_t entry = mirror->entries[at >> PAGE_SHIFT];
    if (at >= mirror->end || (entry & ENTRY_PRESENT) == 0)
        return;
    bool open = is_cores(mirror, granule);
    if (open)
        list(entry_frame(entry).n);
    shadow[((entry & ENTRY_FRAME) | (at & PAGE_MASK)) / GRANULE] = open ? 0 : closed;
}

/* The block that starts in a granule, or did. */
static void block_update(const struct mirror *mirror, uint32_t granule)
{
    granule_update(mirror, granule);
    granule_update(mirror, granule + 1u);
}

static void update_all(const struct mirror *mirror)
{
    close_all();
    for (uint32_t frame = 0; frame < mirror->frame_count; frame++)
        frame_update(mirror, frame);
    for (uint32_t g = MIRROR_FIRST; g != MARKS_NONE; g = marks_after(&mirror->starts, g))
        block_update(mirror, g);
}

void poison_update(const struct scene *scene, const struct mirror *mirror)
{
    (void)scene;
    if (mirror == NULL || !mirror->valid)
        return;
    if (mirror->all_changed) {
        update_all(mirror);
        return;
    }
    for (uint32_t i = 0; i < mirror->changed_frames.count; i++)
        frame_update(mirror, mirror->changed_frames.items[i]);
    for (uint32_t i = 0; i < mirror->changed_blocks.count; i++)
        block_update(mirror, mirror->changed_blocks.items[i]);
}
