/* What the digest of the final state depends on, and what it does not. */
#include "ci/unit.h"
#include "fuzz/test_session.h"
#include "heap/bins.h"
#include "mmu_x86/paging.h"

static uint64_t digest_now(void)
{
    uint64_t digest = 0;
    digest_state(&test_session->scene, &digest);
    return digest;
}

/* A session with a sparse free block: two pages of it are unmapped. */
static void sparse_session_up(uint32_t frames_held)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_PRESSURE, 0, TEST_FRAMES - 2u - frames_held, 0);
    test_expect_applied(OP_ALLOC, 0, 16000, 0);
    test_expect_applied(OP_ALLOC, 1, 100, 0);
    test_expect_applied(OP_FREE, 0, 0, 0);
    test_expect_applied(OP_RECLAIM, 0, 100, 0);
    EXPECT(test_session->census.hole_pages >= 2u);
}

TEST(the_digest_differs_where_the_state_does)
{
    sparse_session_up(0);
    uint64_t whole = digest_now();
    uint32_t heap_at = test_session->scene.heap_at.v;
    uint32_t hole = test_session->shadow.slots[0].freed_at - 4u;
    const uint32_t words[] = {
        hole,      /* a free block's header */
        hole + 4u, /* its links */
        hole + 8u,
        test_slot_at(1) - 8u,   /* its footer */
        test_slot_at(1) - 4u,   /* a live block's header */
        test_slot_at(1) + 104u, /* and footer */
        heap_at + HEAP_LIVE_BYTES,
        heap_at + HEAP_MISUSES,
        heap_at + HEAP_END,
        heap_at + BINS_ROW_BITMAP,
        heap_at + BINS_HEADS,
    };
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        *test_ram(words[i]) ^= 8u;
        EXPECT(digest_now() != whole);
        *test_ram(words[i]) ^= 8u;
        EXPECT_EQUAL(digest_now(), whole);
    }
}

TEST(the_digest_differs_where_a_page_is_mapped)
{
    sparse_session_up(0);
    uint64_t whole = digest_now();
    uint32_t page = page_round_up(test_session->shadow.slots[0].freed_at + PAGE_SIZE);
    EXPECT(probe_page(vaddr_of(page)) == NULL);
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(test_session->scene.frames_at, vaddr_of(page), 1, &change),
                 PAGING_OK);
    EXPECT(digest_now() != whole);
    paging_unmap_range(test_session->scene.frames_at, vaddr_of(page), 1, &change);
    EXPECT_EQUAL(digest_now(), whole);
}

/* The frame of the page that the live block starts in. */
static frame_t live_frame(void)
{
    vaddr_t at = vaddr_of(test_slot_at(1));
    return entry_frame(probe_table(directory_slot(at))[table_index(at)]);
}

TEST(contents_and_frame_numbers_stay_out_of_the_digest)
{
    sparse_session_up(0);
    uint64_t whole = digest_now();
    frame_t frame = live_frame();
    *test_ram(test_slot_at(1)) ^= 8u;
    *test_control(HEAP_FRAMES) ^= 8u;
    EXPECT_EQUAL(digest_now(), whole);
    /* The same heap in other frames. */
    sparse_session_up(3);
    EXPECT(live_frame().n != frame.n);
    EXPECT_EQUAL(digest_now(), whole);
}

int main(void)
{
    RUN(the_digest_differs_where_the_state_does);
    RUN(the_digest_differs_where_a_page_is_mapped);
    RUN(contents_and_frame_numbers_stay_out_of_the_digest);
    return 0;
}
