#include "invariants/test_scene.h"

#include "ci/unit.h"
#include "heap/block.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/paging.h"

#define ROW_BYTES 48u
#define LARGE_BYTES 20000u
#define HOLE_BYTES 60000u
#define DENSE_BYTES 1000u

struct scene test_scene;
struct violation test_violation;
struct test_blocks test_blocks;

/* Frames that the bitmap covers at most: those of the core, the bitmap's own and the holes. */
#define COVERED_MAX (2u * TEST_SCENE_FRAMES)

static uint32_t managed[COVERED_MAX / SCENE_WORD_BITS + 1u];
static uint32_t used[COVERED_MAX / SCENE_WORD_BITS + 1u];
static frame_t device_frames[DEVICE_PAGES];
frame_t test_held[TEST_HELD];
static struct boot_entries boot_entries;
static uint32_t held[COVERED_MAX / SCENE_WORD_BITS + 1u];

static frame_t frame_taken(void)
{
    frame_t frame;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    return frame;
}

void test_device_map(uint32_t page)
{
    vaddr_t at = vaddr_of(DEVICE_WINDOW_AT + page * PAGE_SIZE);
    device_frames[page] = frame_taken();
    EXPECT_EQUAL(paging_map(test_boot.frames_at, at, device_frames[page], ENTRY_WRITABLE),
                 PAGING_OK);
    test_scene.device_count++;
}

void test_device_unmap(uint32_t page)
{
    vaddr_t at = vaddr_of(DEVICE_WINDOW_AT + page * PAGE_SIZE);
    frame_t frame;
    EXPECT_EQUAL(paging_unmap(test_boot.frames_at, at, &frame), PAGING_OK);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, frame), FRAMES_OK);
    device_frames[page] = DEVICE_UNMAPPED;
    test_scene.device_count--;
}

static void blocks_make(void)
{
    struct test_blocks *blocks = &test_blocks;
    blocks->first = test_alloc(40);
    for (uint32_t i = 0; i < TEST_ROW; i++)
        blocks->row[i] = test_alloc(ROW_BYTES);
    blocks->large = test_alloc(LARGE_BYTES);
    blocks->hole = test_alloc(HOLE_BYTES);
    blocks->between = test_alloc(100);
    blocks->dense = test_alloc(DENSE_BYTES);
    blocks->last = test_alloc(24);
    for (uint32_t i = 1; i < TEST_ROW; i += 2u)
        kfree(&test_heap, blocks->row[i]);
    kfree(&test_heap, blocks->hole);
    kfree(&test_heap, blocks->dense);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) > 10u);
}

void test_scene_up(void)
{
    test_heap_up(TEST_SCENE_FRAMES, TEST_SCENE_PAGES);
    /* For the tests that call frames and paging themselves (rule P8). */
    (void)machine_interrupts_disable();
    for (uint32_t w = 0; w < sizeof(managed) / sizeof(managed[0]); w++)
        managed[w] = held[w] = 0;
    for (uint32_t page = 0; page < DEVICE_PAGES; page++)
        device_frames[page] = DEVICE_UNMAPPED;
    boot_entries_take(&boot_entries);
    test_scene = (struct scene){
        .heap_made = true,
        .heap_at = TEST_START,
        .heap_limit = vaddr_add(TEST_START, TEST_SCENE_PAGES * PAGE_SIZE),
        .key = TEST_KEY,
        .policy = test_policy,
        .frames_at = test_boot.frames_at,
        .frame_count = scene_managed(&test_boot.map, managed),
        .managed = managed,
        .used = used,
        .device_frames = device_frames,
        .held = held,
        .boot = &boot_entries,
    };
    EXPECT(test_scene.frame_count <= COVERED_MAX);
    blocks_make();
    test_device_map(TEST_DEVICE_FIRST);
    test_device_map(TEST_DEVICE_SECOND);
    for (uint32_t i = 0; i < TEST_HELD; i++) {
        test_held[i] = frame_taken();
        held[test_held[i].n / SCENE_WORD_BITS] |= 1u << test_held[i].n % SCENE_WORD_BITS;
        test_scene.held_count++;
    }
    EXPECT_EQUAL(test_misuse_count, 0);
    test_expect_whole();
}

uint32_t test_inner_page(void)
{
    return page_round_up(test_blocks.large.v + PAGE_SIZE);
}

uint32_t test_hole_page(void)
{
    return page_round_up(test_header(test_blocks.hole) + PAGE_SIZE);
}

uint32_t test_device_page(uint32_t page)
{
    return DEVICE_WINDOW_AT + page * PAGE_SIZE;
}

/* The probe shows RAM as it is, only read-only. */
static uint32_t *ram_word(const uint32_t *words, uint32_t index)
{
    EXPECT(words != NULL);
    return &emulator.ram[(size_t)(words - emulator.ram) + index];
}

uint32_t *test_ram(uint32_t at)
{
    return ram_word(probe_page(vaddr_of(page_round_down(at))), (at & PAGE_MASK) / 4u);
}

uint32_t *test_entry_of(uint32_t at)
{
    return ram_word(probe_table(directory_slot(vaddr_of(at))), table_index(vaddr_of(at)));
}

uint32_t *test_directory_entry(uint32_t slot)
{
    return ram_word(probe_directory(), slot);
}

uint32_t *test_control(uint32_t field)
{
    return test_ram(TEST_START.v + field);
}

uint32_t *test_bitmap(uint32_t offset)
{
    return test_ram(test_boot.frames_at.v + offset);
}

uint32_t test_header(vaddr_t payload)
{
    return payload.v - 4u;
}

uint32_t test_footer(vaddr_t payload)
{
    return test_header(payload) + test_size(payload) - 4u;
}

static bool check_afresh(struct violation *violation)
{
    struct census census = {0};
    *violation = (struct violation){.what = "nothing"};
    return check_all(&test_scene, &census, violation);
}

void test_expect_whole(void)
{
    struct violation violation;
    bool whole = check_afresh(&violation);
    if (!whole)
        printf("%s at %08x: %s\n", rule_id(violation.rule), violation.at, violation.what);
    EXPECT(whole);
}

void test_expect_broken(enum rule rule)
{
    bool whole = check_afresh(&test_violation);
    if (test_violation.rule != rule)
        printf("expected %s, found %s at %08x: %s\n", rule_id(rule), rule_id(test_violation.rule),
               test_violation.at, test_violation.what);
    EXPECT(!whole);
    EXPECT_EQUAL(test_violation.rule, rule);
}

void test_expect_broken_by(uint32_t *word, uint32_t broken, enum rule rule)
{
    uint32_t whole = *word;
    *word = broken;
    test_expect_broken(rule);
    *word = whole;
    test_expect_whole();
}

void test_core_begin(void)
{
    probe_journal_clear();
}

void test_core_undo(void)
{
    uint32_t count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    EXPECT(!lost);
    while (count-- > 0)
        emulator.ram[journal[count].physical / 4u] = journal[count].old;
    emulator_set_root(emulator.root);
    test_expect_whole();
}
