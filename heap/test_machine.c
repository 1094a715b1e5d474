#include "heap/test_machine.h"

#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"

enum heap_policy test_policy;
struct heap test_heap;
struct misuse test_misuse;
uint32_t test_misuse_count;

void machine_misuse(const struct misuse *misuse)
{
    EXPECT_EQUAL(machine_interrupts_disable(), 0);
    test_misuse = *misuse;
    test_misuse_count++;
}

void test_heap_up(uint32_t frame_count, uint32_t window_pages)
{
    test_boot_up(frame_count);
    struct heap_config config = {
        .frames = test_boot.frames_at,
        .start = TEST_START,
        .limit = vaddr_add(TEST_START, window_pages * PAGE_SIZE),
        .key = TEST_KEY,
        .policy = test_policy,
    };
    test_misuse = (struct misuse){0};
    test_misuse_count = 0;
    EXPECT_EQUAL(heap_init(&test_heap, &config), HEAP_OK);
}

uint64_t test_heap_state(void)
{
    return test_state(TEST_START.v + HEAP_REFUSED_SIZE, TEST_START.v + HEAP_MISUSES + 4u);
}

uint32_t test_word(uint32_t at)
{
    const uint32_t *page = probe_page(vaddr_of(page_round_down(at)));
    EXPECT(page != NULL);
    return page[(at & PAGE_MASK) / 4u];
}

uint32_t test_field(uint32_t field)
{
    return test_word(TEST_START.v + field);
}

uint32_t test_tag(uint32_t at)
{
    return test_word(at) ^ TEST_KEY ^ at;
}

uint32_t test_size(vaddr_t payload)
{
    return test_tag(payload.v - 4u) & ~7u;
}

bool test_used(vaddr_t payload)
{
    return (test_tag(payload.v - 4u) & 1u) != 0;
}

void test_poke(uint32_t at, uint32_t word)
{
    probe_user_store(vaddr_of(at), word);
}

vaddr_t test_alloc(uint32_t size_bytes)
{
    vaddr_t at = kmalloc(&test_heap, size_bytes);
    EXPECT(!vaddr_is_null(at));
    EXPECT_EQUAL(at.v % 8u, 0);
    EXPECT(test_size(at) >= size_bytes + BLOCK_OVERHEAD);
    return at;
}

void test_write(vaddr_t at, uint32_t seed)
{
    for (uint32_t i = 0; i < test_size(at) - BLOCK_OVERHEAD; i += 4)
        test_poke(at.v + i, seed * 2654435761u + i);
}

void test_expect(vaddr_t at, uint32_t seed, uint32_t size_bytes)
{
    for (uint32_t i = 0; i + 4 <= size_bytes; i += 4)
        EXPECT_EQUAL(test_word(at.v + i), seed * 2654435761u + i);
}

void test_list_remove(block_t block, uint32_t size_bytes)
{
    struct member member = {
        .block = block,
        .next = test_word(block_next_link(block).v),
        .prev = test_word(block_prev_link(block).v),
        .head = test_policy == HEAP_BINS ? bins_head(size_bytes) : FIRST_FIT_HEAD,
    };
    freelist_remove(&test_heap, &member);
}

/* Sums over the blocks of the extent. */
struct sums {
    uint32_t used_count;
    uint32_t used_bytes;
    uint32_t free_count;
    uint32_t listed_count; /* of these, all but the last block */
};

/* Every page with a byte of [from, to) is mapped. */
static void mapped_hold(uint32_t from, uint32_t to)
{
    for (uint32_t page = page_round_down(from); page < to; page += PAGE_SIZE)
        EXPECT(probe_page(vaddr_of(page)) != NULL);
}

/* A block that is not sparse is mapped; of a sparse one, its first bytes and its footer. */
static void block_mapped_hold(uint32_t at, uint32_t tag)
{
    uint32_t end = at + (tag & ~7u);
    bool sparse = (tag & TAG_SPARSE) != 0;
    mapped_hold(at, sparse ? at + BLOCK_SIZE_MIN + 4u : end);
    mapped_hold(end - 4u, end);
}

static struct sums blocks_hold(uint32_t end)
{
    struct sums sums = {0};
    bool previous_free = false;
    uint32_t at = TEST_START.v + CONTROL_SIZE;
    EXPECT_EQUAL(test_tag(at), TAG_PROLOGUE);
    for (at += 4; at != end - 4u;) {
        uint32_t tag = test_tag(at);
        uint32_t size = tag & ~7u;
        EXPECT(size >= BLOCK_SIZE_MIN && size <= end - 4u - at);
        EXPECT((tag & 7u) <= 2u);
        EXPECT_EQUAL(test_tag(at + size - 4u), tag);
        block_mapped_hold(at, tag);
        bool used = (tag & TAG_USED) != 0;
        EXPECT(used || !previous_free);
        previous_free = !used;
        sums.used_count += used;
        sums.used_bytes += used ? size : 0;
        sums.free_count += !used;
        sums.listed_count += !used && at + size != end - 4u;
        at += size;
    }
    EXPECT_EQUAL(test_tag(at), TAG_EPILOGUE);
    return sums;
}

/* Walks the list from a head; returns its length. */
static uint32_t list_hold(uint32_t head_field)
{
    uint32_t count = 0;
    uint32_t previous = 0;
    for (uint32_t at = test_field(head_field); at != 0; at = test_word(at + 4u)) {
        EXPECT_EQUAL(test_tag(at) & TAG_USED, 0);
        EXPECT_EQUAL(test_word(at + 8u), previous);
        if (test_policy == HEAP_BINS)
            EXPECT_EQUAL(bins_head(test_tag(at) & ~7u), head_field);
        else
            EXPECT(at > previous);
        previous = at;
        count++;
    }
    return count;
}

static uint32_t lists_hold(void)
{
    if (test_policy == HEAP_FIRST_FIT)
        return list_hold(FIRST_FIT_HEAD);
    uint32_t count = 0;
    for (uint32_t row = 0; row < BINS_ROWS; row++) {
        uint32_t bitmap = test_field(BINS_BITMAPS + 4u * row);
        for (uint32_t column = 0; column < BINS_COLUMNS; column++) {
            uint32_t length = list_hold(BINS_HEADS + 4u * (row * BINS_COLUMNS + column));
            EXPECT_EQUAL(bitmap >> column & 1u, length != 0);
            count += length;
        }
        EXPECT_EQUAL(test_field(BINS_ROW_BITMAP) >> row & 1u, bitmap != 0);
    }
    return count;
}

/* Mapped pages of the heap, and the frames that they and their tables use. */
static void pages_hold(uint32_t end)
{
    uint32_t pages = 0;
    uint32_t tables = 0;
    for (uint32_t slot = directory_slot(TEST_START); slot < RECURSIVE_SLOT; slot++) {
        const uint32_t *table = probe_table(slot);
        tables += table != NULL;
        for (uint32_t i = 0; table != NULL && i < TABLE_ENTRIES; i++) {
            if (table[i] == 0)
                continue;
            EXPECT((slot << TABLE_SHIFT) + i * PAGE_SIZE < end);
            EXPECT_EQUAL(table[i] & 0xF9Fu, ENTRY_PRESENT | ENTRY_WRITABLE);
            EXPECT(!test_frame_free(entry_frame(table[i]).n));
            pages++;
        }
    }
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), pages);
    uint32_t size = end - TEST_START.v;
    EXPECT_EQUAL(test_field(HEAP_DENSE),
                 size / PAGE_SIZE == pages ? (size - CONTROL_SIZE - 8u) / 8u : 0);
    EXPECT_EQUAL(test_frames_word(FRAMES_MANAGED) - test_frames_word(FRAMES_FREE), pages + tables);
}

void test_heap_hold(void)
{
    uint32_t end = test_field(HEAP_END);
    EXPECT_EQUAL(end % PAGE_SIZE, 0);
    EXPECT(end <= test_field(HEAP_LIMIT));
    struct sums sums = blocks_hold(end);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BLOCKS), sums.used_count);
    EXPECT_EQUAL(test_field(HEAP_LIVE_BYTES), sums.used_bytes);
    EXPECT_EQUAL(lists_hold(), sums.listed_count);
    pages_hold(end);
    test_frames_hold();
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

bool test_heap_fresh(void)
{
    uint32_t first = TEST_START.v + CONTROL_SIZE + 4u;
    return test_field(HEAP_END) == TEST_START.v + PAGE_SIZE && test_field(HEAP_MAPPED_PAGES) == 1 &&
           test_tag(first) == PAGE_SIZE - CONTROL_SIZE - 8u;
}
