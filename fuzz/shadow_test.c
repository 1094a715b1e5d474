/* Rules S1, S2 and S3, each broken alone. */
#include "fuzz/shadow.h"

#include "ci/unit.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"
#include "mmu_x86/test_boot.h"

#define WINDOW 0xC0400000u
#define PAGES 600u
#define END (WINDOW + PAGES * PAGE_SIZE)
#define HALF (PAGES / 2u * PAGE_SIZE)
#define SLOTS 16u

static struct shadow_block slots[SLOTS];
static uint32_t owned[SHADOW_OWNED_BYTES / 4u];
static struct shadow shadow = {
    .slots = slots, .slot_count = SLOTS, .window_start = WINDOW, .owned = owned};
static struct violation violation;

/* An empty model over mapped memory. */
static void shadow_up(void)
{
    struct paging_change change;
    shadow_clear(&shadow);
    test_boot_up(2u * PAGES);
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, vaddr_of(WINDOW), PAGES, &change),
                 PAGING_OK);
}

static bool enter(uint32_t slot, uint32_t at, uint32_t size_bytes, uint32_t usable_bytes,
                  uint32_t align_bytes)
{
    struct shadow_block block = {.at = at, .size_bytes = size_bytes, .usable_bytes = usable_bytes};
    violation = (struct violation){0};
    return shadow_enter(&shadow, slot, &block, align_bytes, END, &violation);
}

/* What is refused leaves the model as it is. */
static void expect_refused(uint32_t at, uint32_t size_bytes, uint32_t usable_bytes,
                           uint32_t align_bytes, enum rule rule)
{
    uint32_t live_count = shadow.live_count;
    EXPECT(!shadow_live(&shadow, SLOTS - 1u));
    EXPECT(!enter(SLOTS - 1u, at, size_bytes, usable_bytes, align_bytes));
    EXPECT_EQUAL(violation.rule, rule);
    EXPECT_EQUAL(violation.at, at);
    EXPECT(!shadow_live(&shadow, SLOTS - 1u));
    EXPECT_EQUAL(shadow.live_count, live_count);
}

static void make(uint32_t slot, uint32_t at, uint32_t usable_bytes)
{
    EXPECT(enter(slot, at, usable_bytes, usable_bytes, 8));
    shadow_fill(&shadow, slot);
}

TEST(S1_misaligned_block_is_reported)
{
    shadow_up();
    for (uint32_t off = 1; off < 8u; off++)
        expect_refused(WINDOW + 64u + off, 16, 16, 1, RULE_S1);
    expect_refused(WINDOW + 8u, 16, 16, 16, RULE_S1);
    expect_refused(WINDOW + 2048u, 16, 16, 4096, RULE_S1);
    EXPECT(enter(0, WINDOW + 8u, 16, 16, 1));
    EXPECT(enter(1, WINDOW + 4096u, 16, 16, 4096));
    EXPECT(enter(2, WINDOW + 8192u, 16, 16, 8192));
    expect_refused(WINDOW + 8192u, 16, 16, 4u << 20, RULE_S1);
}

TEST(S1_block_outside_the_extent_is_reported)
{
    shadow_up();
    expect_refused(WINDOW - 8u, 16, 16, 8, RULE_S1);
    expect_refused(8, 16, 16, 8, RULE_S1);
    expect_refused(END - 8u, 16, 16, 8, RULE_S1);
    expect_refused(END, 8, 8, 8, RULE_S1);
    expect_refused(0xFFFFFFF8u, 16, 16, 8, RULE_S1);
    expect_refused(WINDOW + 8u, 0xFFFFFFF0u, 0xFFFFFFF0u, 8, RULE_S1);
    EXPECT(enter(0, WINDOW, 16, 16, 8));
    EXPECT(enter(1, END - 16u, 16, 16, 8));
}

TEST(S1_block_smaller_than_asked_is_reported)
{
    shadow_up();
    expect_refused(WINDOW, 17, 16, 8, RULE_S1);
    expect_refused(WINDOW, 1, 0, 8, RULE_S1);
    expect_refused(WINDOW, 5000, 4992, 8, RULE_S1);
    EXPECT(enter(0, WINDOW, 16, 16, 8));
}

/* Rounding to 8, and a rest of 8 that is no block. */
TEST(S1_block_larger_than_rounding_explains_is_reported)
{
    shadow_up();
    expect_refused(WINDOW, 1, 24, 8, RULE_S1);
    expect_refused(WINDOW, 8, 24, 8, RULE_S1);
    expect_refused(WINDOW, 9, 32, 8, RULE_S1);
    expect_refused(WINDOW, 5000, 5016, 8, RULE_S1);
    EXPECT(enter(0, WINDOW, 1, 16, 8));
    EXPECT(enter(1, WINDOW + 64u, 9, 24, 8));
    EXPECT(enter(2, WINDOW + 8192u, 5000, 5008, 8));
}

TEST(S2_block_that_overlaps_another_is_reported)
{
    shadow_up();
    uint32_t at = WINDOW + 4096u;
    make(0, at, 1000);
    expect_refused(at - 64u, 72, 72, 8, RULE_S2); /* its first granule */
    EXPECT_EQUAL(violation.found, at);
    expect_refused(at + 992u, 64, 64, 8, RULE_S2); /* its last */
    EXPECT_EQUAL(violation.found, at + 992u);
    expect_refused(at, 1000, 1000, 8, RULE_S2);
    expect_refused(at + 504u, 8, 8, 8, RULE_S2);       /* inside */
    expect_refused(at - 800u, 4000, 4000, 8, RULE_S2); /* around */
    EXPECT(enter(1, at - 64u, 64, 64, 8));
    EXPECT(enter(2, at + 1000u, 64, 64, 8));
}

/* Every place and length against one block that spans three words of the model's bitmap. */
TEST(S2_overlap_is_found_wherever_it_lies)
{
    shadow_up();
    uint32_t first = 29;
    uint32_t end = 70;
    make(0, WINDOW + 8u * first, 8u * (end - first));
    for (uint32_t a = 0; a < 110u; a++)
        for (uint32_t length = 1; length < 100u; length++) {
            bool disjoint = a + length <= first || a >= end;
            EXPECT_EQUAL(enter(1, WINDOW + 8u * a, 8u * length, 8u * length, 8), disjoint);
            if (disjoint)
                shadow_leave(&shadow, 1);
            else
                EXPECT_EQUAL(violation.rule, RULE_S2);
        }
    EXPECT_EQUAL(shadow.live_count, 1);
}

TEST(a_block_that_has_left_leaves_room_and_is_remembered)
{
    shadow_up();
    uint32_t at = WINDOW + 4096u;
    make(0, at, 1000);
    EXPECT(shadow_owns(&shadow, at) && shadow_owns(&shadow, at + 996u));
    EXPECT(!shadow_owns(&shadow, at - 8u) && !shadow_owns(&shadow, at + 1000u));
    EXPECT(!shadow_owns(&shadow, WINDOW - 8u) && !shadow_owns(&shadow, 0));
    shadow_leave(&shadow, 0);
    EXPECT(!shadow_live(&shadow, 0));
    EXPECT_EQUAL(slots[0].freed_at, at);
    EXPECT(!shadow_owns(&shadow, at));
    make(1, at - 8u, 1016);
    shadow_clear(&shadow);
    EXPECT_EQUAL(shadow.live_count, 0);
    EXPECT_EQUAL(slots[0].freed_at, 0);
    EXPECT(!shadow_owns(&shadow, at));
}

static bool intact(uint32_t slot)
{
    violation = (struct violation){0};
    return shadow_intact(&slots[slot], slots[slot].at, slots[slot].usable_bytes, &violation);
}

/* Changes one word of a block, and says whether that is found. */
static bool change_is_found(uint32_t slot, uint32_t offset)
{
    vaddr_t at = vaddr_of(slots[slot].at + offset);
    uint32_t word = probe_user_load(at);
    probe_user_store(at, word ^ 1u << offset / 4u % 32u);
    bool found = !intact(slot);
    if (found) {
        EXPECT_EQUAL(violation.rule, RULE_S3);
        EXPECT_EQUAL(violation.at, at.v);
        EXPECT_EQUAL(violation.expected, word);
    }
    probe_user_store(at, word);
    EXPECT(intact(slot));
    return found;
}

TEST(S3_one_changed_word_of_a_small_block_is_reported)
{
    shadow_up();
    for (uint32_t size = 8; size <= 2u * SHADOW_EDGE; size += 8u) {
        make(0, WINDOW + 8u, size);
        for (uint32_t offset = 0; offset < size; offset += 4u)
            EXPECT(change_is_found(0, offset));
        shadow_leave(&shadow, 0);
    }
}

/* All of both edges, and between them samples that are nowhere farther apart than a 64th. */
TEST(S3_one_changed_word_of_an_edge_or_a_sample_is_reported)
{
    shadow_up();
    const uint32_t sizes[] = {264, 512, 1000, 4096, 8192, 20000};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t size = sizes[i];
        uint32_t samples = 0;
        uint32_t last = 0;
        make(0, WINDOW + 8u, size);
        for (uint32_t offset = 0; offset < size; offset += 4u) {
            bool edge = offset < SHADOW_EDGE || offset >= size - SHADOW_EDGE;
            bool found = change_is_found(0, offset);
            EXPECT(found || !edge);
            samples += found && !edge;
            if (found) {
                EXPECT(offset - last <= size / SHADOW_INNER + 4u);
                last = offset;
            }
        }
        EXPECT(samples <= SHADOW_INNER + 1u);
        EXPECT(size < 1000u || samples >= SHADOW_INNER / 2u);
        shadow_leave(&shadow, 0);
    }
}

TEST(S3_contents_hold_for_every_size)
{
    shadow_up();
    for (uint32_t size = 8; size <= 8192u; size += 8u) {
        make(0, WINDOW + 4088u, size);
        make(1, WINDOW + 4088u + size + 8u, size);
        EXPECT(intact(0) && intact(1));
        /* As far as any shorter size, as krealloc keeps them. */
        EXPECT(shadow_intact(&slots[0], slots[0].at, size / 2u + 1u, &violation));
        EXPECT(shadow_intact(&slots[0], slots[0].at, 1, &violation));
        shadow_leave(&shadow, 0);
        shadow_leave(&shadow, 1);
    }
    const uint32_t large[] = {65536, 100000, 1u << 20, HALF - 16u};
    for (uint32_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        make(0, WINDOW + 8u, large[i]);
        EXPECT(intact(0));
        EXPECT(change_is_found(0, 0) && change_is_found(0, large[i] - 4u));
        shadow_leave(&shadow, 0);
    }
}

TEST(S3_contents_of_another_block_are_reported)
{
    shadow_up();
    make(0, WINDOW + 8u, 1000);
    struct shadow_block old = slots[0];
    EXPECT(shadow_intact(&old, old.at, old.usable_bytes, &violation));
    shadow_fill(&shadow, 0);
    EXPECT(intact(0));
    EXPECT(!shadow_intact(&old, old.at, old.usable_bytes, &violation));
    EXPECT_EQUAL(violation.rule, RULE_S3);
}

TEST(S3_contents_that_were_moved_are_known_again)
{
    shadow_up();
    const uint32_t sizes[] = {8, 200, 264, 5000, 100000};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        make(0, WINDOW + 8u, sizes[i]);
        uint32_t to = WINDOW + HALF + 40u;
        machine_copy(vaddr_of(to), vaddr_of(slots[0].at), sizes[i]);
        EXPECT(shadow_intact(&slots[0], to, sizes[i], &violation));
        EXPECT(!shadow_intact(&slots[0], to + 4u, sizes[i] - 4u, &violation));
        probe_user_store(vaddr_of(to + sizes[i] - 4u), 0);
        EXPECT(!shadow_intact(&slots[0], to, sizes[i], &violation));
        /* What lies behind the part that was kept is anything. */
        EXPECT(shadow_intact(&slots[0], to, sizes[i] - 4u, &violation));
        shadow_leave(&shadow, 0);
    }
}

static bool zero(uint32_t at, uint32_t usable_bytes)
{
    violation = (struct violation){0};
    return shadow_zero(at, usable_bytes, &violation);
}

TEST(S3_memory_that_is_not_zero_is_reported)
{
    shadow_up();
    uint32_t at = WINDOW + 4088u;
    machine_fill(vaddr_of(at), 0, 65536);
    const uint32_t sizes[] = {8, 256, 264, 4096, 4104, 65536};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        EXPECT(zero(at, sizes[i]));
        for (uint32_t offset = 0; offset < sizes[i]; offset += 4u) {
            probe_user_store(vaddr_of(at + offset), 0x80u);
            bool found = !zero(at, sizes[i]);
            probe_user_store(vaddr_of(at + offset), 0);
            bool edge = offset < SHADOW_EDGE || offset >= sizes[i] - SHADOW_EDGE;
            EXPECT(found || (sizes[i] > PAGE_SIZE && !edge));
            EXPECT(!found || (violation.rule == RULE_S3 && violation.at == at + offset));
        }
    }
    /* What lies around it is not looked at. */
    probe_user_store(vaddr_of(at - 4u), 1);
    probe_user_store(vaddr_of(at + 264u), 1);
    EXPECT(zero(at, 264));
}

int main(void)
{
    RUN(S1_misaligned_block_is_reported);
    RUN(S1_block_outside_the_extent_is_reported);
    RUN(S1_block_smaller_than_asked_is_reported);
    RUN(S1_block_larger_than_rounding_explains_is_reported);
    RUN(S2_block_that_overlaps_another_is_reported);
    RUN(S2_overlap_is_found_wherever_it_lies);
    RUN(a_block_that_has_left_leaves_room_and_is_remembered);
    RUN(S3_one_changed_word_of_a_small_block_is_reported);
    RUN(S3_one_changed_word_of_an_edge_or_a_sample_is_reported);
    RUN(S3_contents_hold_for_every_size);
    RUN(S3_contents_of_another_block_are_reported);
    RUN(S3_contents_that_were_moved_are_known_again);
    RUN(S3_memory_that_is_not_zero_is_reported);
    return 0;
}
