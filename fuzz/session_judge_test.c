/* Rules S4, S5 and S6, each broken alone. */
#include "ci/unit.h"
#include "fuzz/test_session.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"

TEST(S4_refusals_are_justified_by_what_was_there)
{
    /* A window of 16 pages, the first of which is mapped. */
    const uint32_t left = 15u * PAGE_SIZE;
    const uint32_t dense_enough = (left + 8u) + (left + 8u) / 32u + BLOCK_GRANULE;
    const struct {
        uint32_t size_bytes;
        uint32_t align_bytes;
        uint32_t frames_free;
        uint32_t largest_dense;
        bool handler_fired;
        bool justified;
    } rows[] = {
        /* sizes and alignments that can never be served */
        {KMALLOC_SIZE_MAX + 1u, 8, 62, 0, false, true},
        {UINT32_MAX, 8, 62, 0, false, true},
        {100, 0, 62, 0, false, true},
        {100, 24, 62, 0, false, true},
        {100, 2u * KMALLOC_ALIGN_MAX, 62, 0, false, true},
        {100, 1, 62, 0, false, false},
        {100, 8, 62, 0, false, false},
        /* frames: a block of 5,008 bytes may need three pages and two tables */
        {5000, 8, 5, 0, false, false},
        {5000, 8, 4, 0, false, true},
        {5000, 8, 0, 0, false, true},
        /* the window's rest */
        {left - 8u, 8, 62, 0, false, false},
        {left - 7u, 8, 62, 0, false, true},
        {left - 7u, 8, 62, dense_enough, false, true},
        {left - 7u, 8, 62, dense_enough + 8u, false, false},
        {left - 7u, 8, 62, dense_enough + 8u, true, true},
        {left - 8u, 8, 62, 0, true, false},
        /* an alignment asks for room to align in */
        {left - 8u - PAGE_SIZE - 8u, PAGE_SIZE, 62, 0, false, false},
        {left - 8u - PAGE_SIZE, PAGE_SIZE, 62, 0, false, true},
    };
    test_session_up(HEAP_BINS, 16);
    EXPECT_EQUAL(session_frames_free(test_session), 62);
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_session->before = (struct before){
            .frames_free = rows[i].frames_free,
            .frames_refused = injection.frames_refused,
            .largest_dense = rows[i].largest_dense,
        };
        test_session->handler.fired = rows[i].handler_fired;
        bool justified =
            session_refusal_justified(test_session, rows[i].size_bytes, rows[i].align_bytes);
        if (justified != rows[i].justified)
            printf("row %u\n", i);
        EXPECT_EQUAL(justified, rows[i].justified);
    }
}

TEST(S4_refusal_by_injection_or_after_frames_are_gone_is_justified)
{
    test_session_up(HEAP_BINS, 16);
    test_session->before = (struct before){.frames_free = 62, .frames_refused = 0};
    EXPECT(!session_refusal_justified(test_session, 5000, 8));
    injection.frames_refused++;
    EXPECT(session_refusal_justified(test_session, 5000, 8));
    injection.frames_refused--;
    /* What is free now counts where it is less: a handler may have taken frames in between. */
    *test_ram(test_session->scene.frames_at.v + FRAMES_FREE) = 4;
    EXPECT(session_refusal_justified(test_session, 5000, 8));
    *test_ram(test_session->scene.frames_at.v + FRAMES_FREE) = 62;
}

/* The core believes that its window is full, and the session knows that it is not. The limit that
 * was changed for that is rule H8's, but a refusal is judged before the checks. */
TEST(S4_unjustified_refusal_is_reported)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        test_session_up(policy, TEST_WINDOW_PAGES);
        *test_control(HEAP_LIMIT) = session_heap_end(test_session);
        test_expect_broken(OP_ALLOC, 0, 5000, RULE_S4);
        EXPECT_EQUAL(test_session->violation.at, 5000);
        test_session_up(policy, TEST_WINDOW_PAGES);
        test_expect_applied(OP_ALLOC, 0, 100, 0);
        *test_control(HEAP_LIMIT) = session_heap_end(test_session);
        test_expect_broken(OP_REALLOC, 0, 5000, RULE_S4);
    }
}

TEST(S4_justified_refusal_passes)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_REFUSE, 0, 1, 0);
    test_expect_applied(OP_ALLOC, 0, 5000, 0);
    EXPECT(!shadow_live(&test_session->shadow, 0));
    EXPECT_EQUAL(test_session->refusal_count, 1);
    test_expect_applied(OP_ALLOC, 0, 5000, 0);
    EXPECT(shadow_live(&test_session->shadow, 0));
    test_expect_applied(OP_PRESSURE, 0, 0, 0);
    test_expect_applied(OP_ALLOC, 1, 50000, 0);
    EXPECT_EQUAL(test_session->refusal_count, 2);
    EXPECT(test_end());
}

/* A session with one live and one free block, and an empty journal. */
static void judged_session_up(void)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    test_session->handler.fired = false;
    test_session->violation = (struct violation){0};
    probe_journal_clear();
    EXPECT(session_rule_S5(test_session));
}

static void store_changed(uint32_t at)
{
    machine_store(vaddr_of(at), machine_load(vaddr_of(at)) ^ 0x100u);
}

static void expect_S5(uint32_t at)
{
    EXPECT(!session_rule_S5(test_session));
    EXPECT_EQUAL(test_session->violation.rule, RULE_S5);
    EXPECT_EQUAL(test_session->violation.at, at);
}

TEST(S5_changed_word_is_reported)
{
    judged_session_up();
    uint32_t heap_at = test_session->scene.heap_at.v;
    const uint32_t words[] = {
        test_slot_at(0) - 4u,
        test_slot_at(0),
        heap_at + HEAP_END,
        heap_at + HEAP_MAPPED_PAGES,
        heap_at + HEAP_STATISTICS - 4u,
        heap_at + HEAP_FREELIST,
        test_session->scene.frames_at.v + FRAMES_FREE,
        test_session->scene.frames_at.v + FRAMES_BITS,
        TABLES_AT + 4u * (heap_at >> PAGE_SHIFT),
        DIRECTORY_AT + 4u * 900u,
    };
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        probe_journal_clear();
        store_changed(words[i]);
        expect_S5(words[i]);
        store_changed(words[i]);
        EXPECT(session_rule_S5(test_session));
    }
}

TEST(S5_what_may_change_is_tolerated)
{
    judged_session_up();
    uint32_t heap_at = test_session->scene.heap_at.v;
    const uint32_t words[] = {
        heap_at + HEAP_STATISTICS,
        heap_at + HEAP_REFUSED_SIZE,
        heap_at + HEAP_MISUSES,
        heap_at + HEAP_FREELIST - 4u,
        test_session->scene.frames_at.v + FRAMES_REFUSED,
        test_session->scene.frames_at.v + FRAMES_HINT,
    };
    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        store_changed(words[i]);
        EXPECT(session_rule_S5(test_session));
    }
    /* Of a table entry, the processor's own bits. */
    vaddr_t entry = vaddr_of(TABLES_AT + 4u * (heap_at >> PAGE_SHIFT));
    machine_store(entry, machine_load(entry) ^ (ENTRY_ACCESSED | ENTRY_DIRTY));
    EXPECT(session_rule_S5(test_session));
}

TEST(S5_only_the_net_of_several_writes_counts)
{
    judged_session_up();
    vaddr_t word = vaddr_of(test_slot_at(0));
    vaddr_t other = vaddr_of(test_slot_at(0) + 4u);
    uint32_t old = machine_load(word);
    /* Undone, once and after several writes with others between. */
    machine_store(word, old + 1u);
    machine_store(word, old);
    EXPECT(session_rule_S5(test_session));
    machine_store(word, old + 1u);
    machine_store(other, machine_load(other) ^ 1u);
    machine_store(word, old + 2u);
    machine_store(other, machine_load(other) ^ 1u);
    machine_store(word, old);
    EXPECT(session_rule_S5(test_session));
    /* Written again, but to something else: the word that was undone is not the evidence. */
    machine_store(other, machine_load(other) + 1u);
    machine_store(other, machine_load(other) + 1u);
    expect_S5(other.v);
    machine_store(other, machine_load(other) - 2u);
    EXPECT(session_rule_S5(test_session));
    /* The same word stored again is no change. */
    machine_store(other, machine_load(other));
    EXPECT(session_rule_S5(test_session));
}

TEST(S5_two_words_that_change_places_are_reported)
{
    judged_session_up();
    vaddr_t a = vaddr_of(test_slot_at(0));
    vaddr_t b = vaddr_of(test_slot_at(0) + 4u);
    uint32_t word = machine_load(a);
    EXPECT(word != machine_load(b));
    machine_store(a, machine_load(b));
    machine_store(b, word);
    expect_S5(a.v);
}

/* A handler that ran in between has its own effects, and a journal that is not whole says nothing.
 */
TEST(S5_is_not_judged_where_it_cannot_be)
{
    judged_session_up();
    store_changed(test_slot_at(0));
    test_session->handler.fired = true;
    EXPECT(session_rule_S5(test_session));
    test_session->handler.fired = false;
    expect_S5(test_slot_at(0));
    for (uint32_t i = 0; i <= EMULATOR_JOURNAL_MAX; i++)
        store_changed(test_slot_at(0));
    EXPECT(session_rule_S5(test_session));
}

TEST(S6_number_and_reason_of_reports_are_judged)
{
    const struct {
        uint32_t reported;
        enum misuse_reason reason;
        uint32_t expected;
        uint32_t reasons;
        bool holds;
    } rows[] = {
        {0, MISUSE_NONE, 0, 0, true},
        {1, MISUSE_DOUBLE_FREE, 0, 0, false},
        {0, MISUSE_NONE, 1, 1u << MISUSE_DOUBLE_FREE, false},
        {1, MISUSE_DOUBLE_FREE, 1, 1u << MISUSE_DOUBLE_FREE, true},
        {1, MISUSE_DOUBLE_FREE, 1, 1u << MISUSE_FOREIGN | 1u << MISUSE_DOUBLE_FREE, true},
        {2, MISUSE_DOUBLE_FREE, 1, 1u << MISUSE_DOUBLE_FREE, false},
        {1, MISUSE_FOREIGN, 1, 1u << MISUSE_DOUBLE_FREE, false},
        {2, MISUSE_FOREIGN, 2, 1u << MISUSE_FOREIGN, true},
    };
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t total = test_session->misuse_total;
        test_session->misuse_count = rows[i].reported;
        test_session->misuse.reason = rows[i].reason;
        test_session->violation = (struct violation){0};
        EXPECT_EQUAL(session_rule_S6(test_session, rows[i].expected, rows[i].reasons),
                     rows[i].holds);
        EXPECT_EQUAL(test_session->violation.rule, rows[i].holds ? RULE_NONE : RULE_S6);
        EXPECT_EQUAL(test_session->misuse_total, total + rows[i].reported);
    }
}

/* The header is damaged behind the session's back: its free is none of the misuses. */
TEST(S6_report_of_a_good_call_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    *test_ram(test_slot_at(0) - 4u) ^= 8u;
    test_expect_broken(OP_FREE, 0, 0, RULE_S6);
}

/* What was freed is allocated again without the model's knowledge: freeing it is no misuse to the
 * core, so none is reported. */
TEST(S6_misuse_without_a_report_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    uint32_t at = test_slot_at(0);
    test_expect_applied(OP_FREE, 0, 0, 0);
    EXPECT_EQUAL(kmalloc(&test_session->heap, 100).v, at);
    test_expect_broken(OP_DOUBLE_FREE, 0, 0, RULE_S6);
}

/* A verdict must not depend on what ran before, that of a violation no less. */
TEST(S6_digest_of_a_missing_report_does_not_depend_on_an_earlier_session)
{
    uint64_t digest[2];
    for (uint32_t run = 0; run < 2u; run++) {
        test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
        test_expect_applied(OP_ALLOC, 0, 100, 0);
        test_expect_applied(run == 0 ? OP_FREE_MISALIGNED : OP_FREE_INNER, 0, 1, 0);
        test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
        test_expect_applied(OP_ALLOC, 0, 100, 0);
        test_expect_applied(OP_FREE, 0, 0, 0);
        EXPECT(!vaddr_is_null(kmalloc(&test_session->heap, 100)));
        test_expect_broken(OP_DOUBLE_FREE, 0, 0, RULE_S6);
        digest[run] = test_session->digest;
    }
    EXPECT_EQUAL(digest[1], digest[0]);
}

int main(void)
{
    RUN(S4_refusals_are_justified_by_what_was_there);
    RUN(S4_refusal_by_injection_or_after_frames_are_gone_is_justified);
    RUN(S4_unjustified_refusal_is_reported);
    RUN(S4_justified_refusal_passes);
    RUN(S5_changed_word_is_reported);
    RUN(S5_what_may_change_is_tolerated);
    RUN(S5_only_the_net_of_several_writes_counts);
    RUN(S5_two_words_that_change_places_are_reported);
    RUN(S5_is_not_judged_where_it_cannot_be);
    RUN(S6_number_and_reason_of_reports_are_judged);
    RUN(S6_report_of_a_good_call_is_reported);
    RUN(S6_misuse_without_a_report_is_reported);
    RUN(S6_digest_of_a_missing_report_does_not_depend_on_an_earlier_session);
    return 0;
}
