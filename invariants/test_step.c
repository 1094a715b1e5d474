#include "invariants/test_step.h"

#include <sys/mman.h>

#include "ci/unit.h"
#include "invariants/predicates.h"

struct mirror *test_mirror;

/* Taken afresh, to compare with. */
static struct mirror *fresh;

static struct mirror *mirror_new(void)
{
    void *memory = mmap(NULL, (size_t)mirror_size_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT(memory != MAP_FAILED);
    return mirror_make(memory);
}

void test_step_up(void)
{
    test_scene_up();
    if (test_mirror == NULL) {
        test_mirror = mirror_new();
        fresh = mirror_new();
    }
    mirror_take(test_mirror, &test_scene);
    test_step_begin();
}

void test_step_begin(void)
{
    probe_journal_clear();
    check_step_begin(test_mirror);
}

bool test_step(void)
{
    test_violation = (struct violation){.what = "nothing"};
    return check_step(&test_scene, test_mirror, &test_violation);
}

void test_step_expect_whole(void)
{
    bool whole = test_step();
    if (!whole)
        printf("a step found %s at %08x: %s: expected %08x, found %08x\n",
               rule_id(test_violation.rule), test_violation.at, test_violation.what,
               test_violation.expected, test_violation.found);
    EXPECT(whole);
    EXPECT(test_mirror->valid);
    test_expect_whole();
    mirror_take(fresh, &test_scene);
    test_mirrors_equal(test_mirror, fresh);
    test_step_begin();
}

/* What neither finds has no rule: a step's and check_all's results are compared by their rules. */
static enum rule all_afresh(void)
{
    struct census census = {0};
    struct violation violation;
    return check_all(&test_scene, &census, &violation) ? RULE_NONE : violation.rule;
}

void test_step_expect_differ(enum rule by_step, enum rule by_all)
{
    enum rule found = test_step() ? RULE_NONE : test_violation.rule;
    enum rule found_by_all = all_afresh();
    struct violation evidence = test_violation;
    if (found != by_step || found_by_all != by_all)
        printf("a step found %s at %08x: %s; check_all found %s\n",
               found == RULE_NONE ? "nothing" : rule_id(found), test_violation.at,
               test_violation.what, found_by_all == RULE_NONE ? "nothing" : rule_id(found_by_all));
    EXPECT_EQUAL(found, by_step);
    EXPECT_EQUAL(found_by_all, by_all);
    EXPECT_EQUAL(test_mirror->valid, found == RULE_NONE);
    test_core_undo();
    mirror_take(test_mirror, &test_scene);
    test_step_begin();
    /* What a step that has found something leaves behind must not be seen by the next. */
    test_step_expect_whole();
    test_violation = evidence;
}

void test_step_expect_broken(enum rule rule)
{
    test_step_expect_differ(rule, rule);
}

void test_step_expect_store(uint32_t at, uint32_t word, enum rule rule)
{
    test_store(at, word);
    test_step_expect_broken(rule);
}

void test_store(uint32_t at, uint32_t word)
{
    machine_store(vaddr_of(at), word);
}

void test_store_tag(uint32_t at, uint32_t tag)
{
    test_store(at, tag ^ TEST_KEY ^ at);
}

void test_store_entry(uint32_t page, uint32_t entry)
{
    test_store(test_entry_at(page), entry);
}

void test_store_directory(uint32_t slot, uint32_t entry)
{
    test_store(DIRECTORY_AT + 4u * slot, entry);
}

static void words_equal(const uint32_t *stepped, const uint32_t *taken, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQUAL(stepped[i], taken[i]);
}

static void marks_equal(const struct marks *stepped, const struct marks *taken)
{
    EXPECT_EQUAL(marks_has(stepped, 0), marks_has(taken, 0));
    uint32_t n = 0;
    do {
        EXPECT_EQUAL(marks_after(stepped, n), marks_after(taken, n));
        n = marks_after(taken, n);
    } while (n != MARKS_NONE);
}

static void blocks_equal(const struct mirror *stepped, const struct mirror *taken)
{
    marks_equal(&stepped->starts, &taken->starts);
    for (uint32_t g = marks_after(&taken->starts, 0); g != MARKS_NONE;
         g = marks_after(&taken->starts, g)) {
        EXPECT_EQUAL(stepped->nodes[g].tag, taken->nodes[g].tag);
        if ((taken->nodes[g].tag & 1u) != 0)
            continue;
        EXPECT_EQUAL(stepped->nodes[g].next, taken->nodes[g].next);
        EXPECT_EQUAL(stepped->nodes[g].prev, taken->nodes[g].prev);
    }
    EXPECT_EQUAL(stepped->base, taken->base);
    EXPECT_EQUAL(stepped->end, taken->end);
    EXPECT_EQUAL(stepped->used_blocks, taken->used_blocks);
    EXPECT_EQUAL(stepped->used_bytes, taken->used_bytes);
    EXPECT_EQUAL(stepped->free_blocks, taken->free_blocks);
    EXPECT_EQUAL(stepped->sparse_blocks, taken->sparse_blocks);
}

static void lists_equal(const struct mirror *stepped, const struct mirror *taken)
{
    words_equal(stepped->heads, taken->heads, MIRROR_BINS);
    words_equal(stepped->columns, taken->columns, BINS_ROWS);
    words_equal(stepped->members, taken->members, MIRROR_BINS);
    for (uint32_t bin = 0; test_policy == HEAP_BINS && bin < MIRROR_BINS; bin++) {
        uint32_t order = 0;
        for (uint32_t at = stepped->heads[bin]; at != 0;) {
            const struct mirror_node *node = &stepped->nodes[mirror_granule(stepped, at)];
            EXPECT(node->order > order);
            order = node->order;
            at = node->next;
        }
    }
}

static void pages_equal(const struct mirror *stepped, const struct mirror *taken)
{
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        EXPECT_EQUAL(stepped->tables[slot].n, taken->tables[slot].n);
        EXPECT_EQUAL(stepped->entry_count[slot], taken->entry_count[slot]);
        /* Slots whose table has gone may lie in this range as well, but none outside of it. */
        EXPECT(stepped->tables[slot].n == MIRROR_NO_TABLE.n ||
               (slot >= stepped->first_slot && slot < stepped->end_slot));
    }
    words_equal(stepped->entries, taken->entries, MIRROR_PAGES);
    marks_equal(&stepped->holes, &taken->holes);
    EXPECT_EQUAL(stepped->mapped_pages, taken->mapped_pages);
    EXPECT_EQUAL(stepped->device_pages, taken->device_pages);
}

static void frames_equal(const struct mirror *stepped, const struct mirror *taken)
{
    EXPECT_EQUAL(stepped->frame_count, taken->frame_count);
    words_equal(stepped->users, taken->users, taken->frame_count);
    words_equal(stepped->free_words, taken->free_words, scene_words(taken->frame_count));
    EXPECT_EQUAL(stepped->free_frames, taken->free_frames);
    EXPECT_EQUAL(stepped->managed_frames, taken->managed_frames);
    EXPECT_EQUAL(stepped->hint, taken->hint);
}

/* What a bit or a list still held would keep the next step from looking at. */
static void nothing_is_left(const struct mirror *mirror)
{
    uint32_t granules = (test_scene.heap_limit.v - mirror->base) / 8u;
    for (uint32_t w = 0; w <= granules / 64u; w++) {
        EXPECT_EQUAL(mirror->dirty[w], 0);
        EXPECT_EQUAL(mirror->listed[w], 0);
    }
    for (uint32_t bin = 0; bin < MIRROR_BINS; bin++)
        EXPECT(!mirror->bin_listed[bin]);
    const struct mirror_work *works[] = {&mirror->pages,  &mirror->granules, &mirror->inner,
                                         &mirror->blocks, &mirror->bins,     &mirror->words,
                                         &mirror->frames};
    for (uint32_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
        EXPECT_EQUAL(works[i]->count, 0);
    EXPECT(!mirror->overflow);
}

void test_mirrors_equal(const struct mirror *stepped, const struct mirror *taken)
{
    pages_equal(stepped, taken);
    blocks_equal(stepped, taken);
    lists_equal(stepped, taken);
    frames_equal(stepped, taken);
    nothing_is_left(stepped);
}
