#include "invariants/mirror.h"

#include <stddef.h>

#include "invariants/eye.h"
#include "invariants/predicates.h"
#include "invariants/step.h"

/* Hands out parts of a mirror's memory, the first of them the mirror itself. */
struct room {
    char *memory; /* null: only counting */
    uint64_t used_bytes;
};

static void *room_take(struct room *room, uint64_t size_bytes)
{
    void *part = room->memory == NULL ? NULL : room->memory + room->used_bytes;
    room->used_bytes += (size_bytes + 63u) / 64u * 64u;
    return part;
}

static struct mirror *lay_out(struct room *room)
{
    struct mirror scratch = {0};
    struct mirror *mirror = room_take(room, sizeof(struct mirror));
    struct mirror *m = mirror == NULL ? &scratch : mirror;
    uint64_t *starts = room_take(room, (uint64_t)marks_words(MIRROR_GRANULES) * 8u);
    if (mirror != NULL)
        marks_make(&m->starts, starts, MIRROR_GRANULES);
    m->nodes = room_take(room, (uint64_t)MIRROR_GRANULES * sizeof(struct mirror_node));
    m->dirty = room_take(room, MIRROR_GRANULES / 8u);
    m->listed = room_take(room, MIRROR_GRANULES / 8u);
    m->entries = room_take(room, MIRROR_PAGES * sizeof(uint32_t));
    m->users = room_take(room, FRAME_COUNT_MAX * sizeof(uint32_t));
    m->free_words = room_take(room, FRAME_COUNT_MAX / 8u);
    m->word_listed = room_take(room, (frames_size_bytes(FRAME_COUNT_MAX) / 4u / 64u + 1u) * 8u);
    uint64_t *holes = room_take(room, (uint64_t)marks_words(MIRROR_PAGES) * 8u);
    if (mirror != NULL)
        marks_make(&m->holes, holes, MIRROR_PAGES);
    struct mirror_work *const works[] = {&m->pages,  &m->granules,       &m->inner,
                                         &m->blocks, &m->bins,           &m->words,
                                         &m->frames, &m->changed_blocks, &m->changed_frames};
    for (uint32_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
        works[i]->items = room_take(room, MIRROR_WORK_MAX * sizeof(uint32_t));
    return mirror;
}

uint64_t mirror_size_bytes(void)
{
    struct room room = {NULL, 0};
    (void)lay_out(&room);
    return room.used_bytes;
}

struct mirror *mirror_make(void *memory)
{
    struct room room = {memory, 0};
    struct mirror *mirror = lay_out(&room);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++)
        mirror->tables[slot] = MIRROR_NO_TABLE;
    mirror->first_slot = TABLE_ENTRIES;
    return mirror;
}

static void words_clear(uint32_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        words[i] = 0;
}

static void tables_clear(struct mirror *mirror)
{
    for (uint32_t slot = mirror->first_slot; slot < mirror->end_slot; slot++) {
        if (mirror->entry_count[slot] != 0)
            words_clear(&mirror->entries[slot * TABLE_ENTRIES], TABLE_ENTRIES);
        mirror->entry_count[slot] = 0;
        mirror->tables[slot] = MIRROR_NO_TABLE;
    }
    mirror->first_slot = TABLE_ENTRIES;
    mirror->end_slot = 0;
    mirror->mapped_pages = 0;
    mirror->device_pages = 0;
}

void mirror_work_clear(struct mirror *mirror)
{
    for (uint32_t i = 0; i < mirror->granules.count; i++)
        mirror->dirty[mirror->granules.items[i] / 64u] = 0;
    for (uint32_t i = 0; i < mirror->blocks.count; i++)
        mirror->listed[mirror->blocks.items[i] / 64u] = 0;
    for (uint32_t i = 0; i < mirror->words.count; i++)
        mirror->word_listed[mirror->words.items[i] / 64u] = 0;
    for (uint32_t i = 0; i < mirror->bins.count; i++)
        mirror->bin_listed[mirror->bins.items[i]] = false;
    mirror->pages.count = 0;
    mirror->granules.count = 0;
    mirror->inner.count = 0;
    mirror->blocks.count = 0;
    mirror->bins.count = 0;
    mirror->words.count = 0;
    mirror->frames.count = 0;
    mirror->overflow = false;
}

void mirror_clear(struct mirror *mirror)
{
    mirror_work_clear(mirror);
    mirror->valid = false;
    marks_empty(&mirror->starts);
    marks_empty(&mirror->holes);
    mirror->used_blocks = 0;
    mirror->used_bytes = 0;
    mirror->free_blocks = 0;
    mirror->listed_blocks = 0;
    mirror->sparse_blocks = 0;
    words_clear(mirror->columns, BINS_ROWS);
    words_clear(mirror->heads, MIRROR_BINS);
    words_clear(mirror->members, MIRROR_BINS);
    words_clear(mirror->occupied, BINS_ROWS);
    tables_clear(mirror);
    words_clear(mirror->users, mirror->frame_count);
    mirror->frame_count = 0;
}

/* A free block more, or less, in its bin. */
static void count_member(struct mirror *mirror, uint32_t tag, uint32_t change)
{
    uint32_t bin = check_bin(tag & ~7u);
    uint32_t bit = 1u << bin % BINS_COLUMNS;
    uint32_t *occupied = &mirror->occupied[bin / BINS_COLUMNS];
    mirror->listed_blocks += change;
    mirror->members[bin] += change;
    *occupied = mirror->members[bin] != 0 ? *occupied | bit : *occupied & ~bit;
}

void mirror_block_enter(struct mirror *mirror, uint32_t granule, uint32_t tag)
{
    struct mirror_node *node = &mirror->nodes[granule];
    mirror_push_change(mirror, &mirror->changed_blocks, granule);
    marks_set(&mirror->starts, granule);
    *node = (struct mirror_node){.tag = tag};
    if ((tag & 1u) == 0) {
        mirror->free_blocks++;
        mirror->sparse_blocks += (tag & 2u) != 0;
        if (granule + (tag & ~7u) / 8u == mirror_last(mirror))
            node->order = MIRROR_UNLISTED;
        else
            count_member(mirror, tag, 1u);
        return;
    }
    node->note = MIRROR_NO_NOTE;
    mirror->used_bytes += tag & ~7u;
    mirror->used_blocks += (tag & ~7u) != 0; /* the epilogue is no block */
}

void mirror_block_leave(struct mirror *mirror, uint32_t granule)
{
    uint32_t tag = mirror->nodes[granule].tag;
    mirror_push_change(mirror, &mirror->changed_blocks, granule);
    marks_clear(&mirror->starts, granule);
    if ((tag & 1u) == 0) {
        mirror->free_blocks--;
        mirror->sparse_blocks -= (tag & 2u) != 0;
        if (mirror_listed(&mirror->nodes[granule]))
            count_member(mirror, tag, 0u - 1u);
        return;
    }
    mirror->used_bytes -= tag & ~7u;
    mirror->used_blocks -= (tag & ~7u) != 0;
}

void mirror_note_set(struct mirror *mirror, uint32_t payload, uint32_t note)
{
    uint32_t granule = mirror_granule(mirror, payload - 4u);
    if (marks_has(&mirror->starts, granule) && (mirror->nodes[granule].tag & 1u) != 0)
        mirror->nodes[granule].note = note;
}

/* A word of virtual memory; 0 where nothing is mapped. */
static uint32_t word_at(struct eye *eye, uint32_t at)
{
    uint32_t word = 0;
    return eye_read(eye, at, &word) ? word : 0;
}

static void take_blocks(struct mirror *mirror, const struct scene *scene)
{
    struct eye eye = EYE_OPEN;
    uint32_t epilogue = mirror->end - 4u;
    for (uint32_t at = scene->heap_at.v + CONTROL_SIZE + 4u; at < epilogue;) {
        uint32_t granule = mirror_granule(mirror, at);
        uint32_t tag = word_at(&eye, at) ^ scene->key ^ at;
        mirror_block_enter(mirror, granule, tag);
        if (mirror_listed(&mirror->nodes[granule])) {
            mirror->nodes[granule].next = word_at(&eye, at + 4u);
            mirror->nodes[granule].prev = word_at(&eye, at + 8u);
        }
        at += tag & ~7u;
    }
    mirror_block_enter(mirror, mirror_granule(mirror, epilogue), 1u);
}

static bool take_lists(struct mirror *mirror, const struct scene *scene)
{
    struct eye eye = EYE_OPEN;
    uint32_t at = scene->heap_at.v;
    if (scene->policy == HEAP_FIRST_FIT) {
        mirror->heads[0] = word_at(&eye, at + HEAP_FREELIST);
        return true;
    }
    bool whole = true;
    for (uint32_t row = 0; row < BINS_ROWS; row++) {
        mirror->columns[row] = word_at(&eye, at + BINS_BITMAPS + 4u * row);
        for (uint32_t columns = mirror->columns[row]; columns != 0; columns &= columns - 1u) {
            uint32_t bin = row * BINS_COLUMNS + (uint32_t)__builtin_ctz(columns);
            mirror->heads[bin] = word_at(&eye, at + BINS_HEADS + 4u * bin);
            whole &= step_order(mirror, bin);
        }
    }
    return whole;
}

/* Boot's own pages use frames as well. */
static void take_boot(struct mirror *mirror)
{
    uint32_t kernel_page = TABLES_AT / PAGE_SIZE + PROBE_SLOT_KERNEL;
    mirror->users[probe_root().n] = 1u + DIRECTORY_AT / PAGE_SIZE;
    mirror->users[entry_frame(probe_boot_directory()[PROBE_SLOT_KERNEL]).n] = 1u + kernel_page;
    const uint32_t *table = probe_boot_table();
    for (uint32_t i = check_next_entry(table, 0); i < TABLE_ENTRIES;
         i = check_next_entry(table, i + 1u)) {
        uint32_t entry = table[i];
        if ((entry & ENTRY_PRESENT) != 0)
            mirror->users[entry_frame(entry).n] = 1u + PROBE_SLOT_KERNEL * TABLE_ENTRIES + i;
    }
}

static bool take_tables(struct mirror *mirror, const struct scene *scene)
{
    const uint32_t *directory = probe_directory();
    struct violation none;
    bool whole = true;
    for (uint32_t slot = PROBE_SLOT_DEVICE; slot < RECURSIVE_SLOT; slot++)
        if (slot != PROBE_SLOT_KERNEL && directory[slot] != 0)
            whole &= step_table_taken(mirror, scene, slot, &none);
    for (uint32_t page = 0; page < (mirror->end - mirror->base) / PAGE_SIZE; page++)
        if (mirror->entries[mirror->base / PAGE_SIZE + page] == 0)
            marks_set(&mirror->holes, page);
    return whole;
}

static void take_frames(struct mirror *mirror, const struct scene *scene)
{
    struct eye eye = EYE_OPEN;
    uint32_t word_count = scene_words(scene->frame_count);
    uint32_t free_at = scene->frames_at.v + FRAMES_BITS + 4u * scene_words(word_count);
    for (uint32_t w = 0; w < word_count; w++)
        mirror->free_words[w] = word_at(&eye, free_at + 4u * w);
    mirror->free_frames = word_at(&eye, scene->frames_at.v + FRAMES_FREE);
    mirror->managed_frames = word_at(&eye, scene->frames_at.v + FRAMES_MANAGED);
    mirror->hint = word_at(&eye, scene->frames_at.v + FRAMES_HINT);
}

void mirror_take(struct mirror *mirror, const struct scene *scene)
{
    struct eye eye = EYE_OPEN;
    mirror_clear(mirror);
    mirror->all_changed = true;
    mirror->base = scene->heap_at.v;
    mirror->end = word_at(&eye, scene->heap_at.v + HEAP_END);
    mirror->new_end = mirror->end;
    mirror->frame_count = scene->frame_count;
    take_boot(mirror);
    bool whole = take_tables(mirror, scene);
    take_frames(mirror, scene);
    take_blocks(mirror, scene);
    whole &= take_lists(mirror, scene);
    mirror_work_clear(mirror);
    bool lost;
    (void)probe_journal(&mirror->journal_seen, &lost);
    (void)probe_bulk(&mirror->bulk_seen);
    /* What check_all has found whole can be taken whole. */
    mirror->valid = whole;
}

void mirror_frame_changed(struct mirror *mirror, frame_t frame)
{
    mirror_push(mirror, &mirror->frames, frame.n);
}

void mirror_census(const struct mirror *mirror, struct census *census)
{
    *census = (struct census){
        .end = mirror->end,
        .used_blocks = mirror->used_blocks,
        .used_bytes = mirror->used_bytes,
        .free_blocks = mirror->free_blocks,
        .mapped_pages = mirror->mapped_pages,
        /* That each hole is where it may be has been looked at one by one. */
        .hole_pages = (mirror->end - mirror->base) / PAGE_SIZE - mirror->mapped_pages,
    };
}

uint32_t mirror_largest_free(const struct mirror *mirror)
{
    uint32_t largest = 0;
    for (uint32_t g = MIRROR_FIRST; g < mirror_last(mirror); g = marks_after(&mirror->starts, g)) {
        uint32_t tag = mirror->nodes[g].tag;
        if ((tag & 1u) == 0 && (tag & ~7u) > largest)
            largest = tag & ~7u;
    }
    return largest;
}

static uint32_t from_own_bin(const struct mirror *mirror, bool bins, uint32_t bin,
                             uint32_t size_bytes)
{
    uint32_t block = mirror->heads[bins ? bin : 0];
    for (uint32_t i = 0; block != 0 && (i < BINS_SCAN || !bins); i++) {
        const struct mirror_node *node = &mirror->nodes[mirror_granule(mirror, block)];
        if ((node->tag & ~7u) >= size_bytes)
            return node->tag & ~7u;
        block = node->next;
    }
    return 0;
}

/* The size of the last block, if it is free and large enough; otherwise 0. */
static uint32_t last_block(const struct mirror *mirror, uint32_t size_bytes)
{
    uint32_t granule = marks_before(&mirror->starts, mirror_last(mirror));
    if (granule == MARKS_NONE || mirror->nodes[granule].order != MIRROR_UNLISTED ||
        (mirror->nodes[granule].tag & 1u) != 0)
        return 0;
    uint32_t size = mirror->nodes[granule].tag & ~7u;
    return size >= size_bytes ? size : 0;
}

uint32_t mirror_must_find(const struct mirror *mirror, const struct scene *scene,
                          uint32_t size_bytes)
{
    uint32_t bin = check_bin(size_bytes);
    uint32_t row = bin / BINS_COLUMNS;
    uint32_t column = bin % BINS_COLUMNS;
    uint32_t above = column == BINS_COLUMNS - 1u ? 0 : mirror->occupied[row] >> (column + 1u);
    if (above != 0)
        return check_bin_size(bin + 1u + (uint32_t)__builtin_ctz(above));
    while (++row < BINS_ROWS)
        if (mirror->occupied[row] != 0)
            return check_bin_size(row * BINS_COLUMNS +
                                  (uint32_t)__builtin_ctz(mirror->occupied[row]));
    uint32_t own = 0;
    if (mirror->members[bin] != 0)
        own = from_own_bin(mirror, scene->policy == HEAP_BINS, bin, size_bytes);
    return own != 0 ? own : last_block(mirror, size_bytes);
}
