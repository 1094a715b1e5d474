/* Poison: after each operation exactly what is not the core's is poisoned, and a plain access to it
 * ends the process with a report.
 *
 * session.c is included, not linked, as in test_session.c: what stands between two operations can
 * be seen only by a test that takes its steps itself. */
#include "fuzz/session.c"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/poison_test_access.h"
#include "fuzz/random.h"

#define FRAMES 1100u
#define WINDOW_PAGES 1200u
#define GRANULES (WINDOW_PAGES * PAGE_SIZE / 8u)
#define ASAN_EXIT 77

static struct session *session;
static bool cores[GRANULES]; /* of the heap's window */

static void session_up(uint32_t policy)
{
    if (session == NULL) {
        void *memory = calloc(1, (size_t)session_size_bytes(OP_SLOTS));
        EXPECT(memory != NULL && host_start(FRAMES, OP_SLOTS));
        session = session_make(memory, OP_SLOTS);
        session_mirror(session, host_port_mirror());
    }
    struct op_config config = {policy, FRAMES, WINDOW_PAGES};
    session_check_begin(session, &(struct session_plan){.check = SESSION_CHECK_STEP}, false);
    EXPECT(session_begin(session, &config));
}

/* Where the process sees a byte of the machine; null if it is not mapped. */
static char *place(uint32_t at)
{
    const uint32_t *page = probe_page(vaddr_of(page_round_down(at)));
    return page == NULL ? NULL : (char *)(uintptr_t)page + (at & PAGE_MASK);
}

/* Works out from the heap's own words what of its window is the core's. */
static void cores_find(void)
{
    const struct scene *scene = &session->scene;
    uint32_t epilogue = session_heap_end(session) - 4u;
    memset(cores, 0, sizeof(cores));
    for (uint32_t g = 0; g < CONTROL_SIZE / 8u; g++)
        cores[g] = true;
    uint32_t at = scene->heap_at.v + CONTROL_SIZE + 4u;
    while (at <= epilogue) {
        uint32_t tag = word_at(vaddr_of(at)) ^ scene->key ^ at;
        uint32_t granule = (at - scene->heap_at.v) / 8u;
        cores[granule] = true;
        if ((tag & TAG_USED) == 0)
            cores[granule + 1u] = true;
        if (at == epilogue)
            break;
        at += tag & ~7u;
    }
}

static void expect_granule(const char *bytes, bool open)
{
    EXPECT_EQUAL(__asan_address_is_poisoned(bytes), !open);
    EXPECT_EQUAL(__asan_address_is_poisoned(bytes + 7), !open);
}

/* A page is all open or all poisoned. */
static void expect_page(const uint32_t *words, bool open)
{
    const char *bytes = (const char *)words;
    if (open)
        EXPECT(__asan_region_is_poisoned((void *)(uintptr_t)bytes, PAGE_SIZE) == NULL);
    for (uint32_t i = 0; i < PAGE_SIZE && !open; i += 8u)
        expect_granule(bytes + i, false);
}

static void expect_free_frames(void)
{
    for (uint32_t n = 0; n < session->scene.frame_count; n++)
        if ((session->mirror->free_words[n / 32u] >> n % 32u & 1u) != 0)
            expect_page(probe_frame((frame_t){n}), false);
}

/* On a port without frames: the pages that are not mapped are there all the same. */
static void expect_unmapped_pages(void)
{
    vaddr_t bitmap = session->scene.frames_at;
    const char *bytes = (const char *)probe_page(bitmap);
    uint32_t end = session->scene.heap_limit.v;
    for (uint32_t page = session->scene.heap_at.v; page < end; page += PAGE_SIZE)
        if (probe_page(vaddr_of(page)) == NULL)
            expect_page((const uint32_t *)(const void *)(bytes + (page - bitmap.v)), false);
}

static void expect_exact(void)
{
    uint32_t start = session->scene.heap_at.v;
    cores_find();
    for (uint32_t g = 0; g < GRANULES; g++)
        if (place(start + 8u * g) != NULL)
            expect_granule(place(start + 8u * g), cores[g]);
    for (uint32_t page = 0; page < DEVICE_PAGES; page++)
        if (session->device_frames[page].n != DEVICE_UNMAPPED.n)
            expect_page(probe_page(vaddr_of(DEVICE_WINDOW_AT + page * PAGE_SIZE)), false);
    expect_page(probe_directory(), true);
    for (uint32_t slot = PROBE_SLOT_DEVICE; slot < RECURSIVE_SLOT; slot++)
        if (probe_table(slot) != NULL)
            expect_page(probe_table(slot), true);
    expect_page(probe_page(session->boot.frames_at), true);
    if (probe_journal_kept())
        expect_free_frames();
    else
        expect_unmapped_pages();
}

static void test_apply(enum op_kind kind, uint32_t slot, uint32_t size, uint32_t arg)
{
    struct op op = {kind, slot, size, arg};
    bool holds = session_apply(session, &op);
    if (!holds)
        printf("%s at %08x: %s\n", rule_id(session->violation.rule), session->violation.at,
               session->violation.what);
    EXPECT(holds);
}

static uint32_t payload(uint32_t slot)
{
    EXPECT(shadow_live(&session->shadow, slot));
    return session->shadow.slots[slot].at;
}

/* Mostly small blocks, and now and then one that takes a second table. */
static uint32_t random_size(struct random *random)
{
    uint32_t bits = 2u + random_below(random, 13);
    return random_below(random, 200) == 0 ? 5u << 20 : random_below(random, 1u << bits);
}

TEST(exactly_what_is_not_the_cores_is_poisoned_after_each_operation)
{
    for (uint32_t seed = 1; seed <= 6u; seed++) {
        struct random random = {seed};
        session_up(seed % 2u);
        expect_exact();
        for (uint32_t i = 0; i < 250u; i++) {
            enum op_kind kind = (enum op_kind)random_below(&random, OP_KIND_COUNT);
            uint32_t size = random_size(&random);
            uint32_t arg =
                kind == OP_ALIGNED ? 1u << random_below(&random, 14) : random_below(&random, 8);
            if (random_below(&random, 2) == 0)
                kind = OP_ALLOC;
            test_apply(kind, random_below(&random, OP_SLOTS), size, arg);
            expect_exact();
        }
        EXPECT(session_end(session));
    }
}

TEST(nothing_stays_open_from_one_session_to_the_next)
{
    session_up(HEAP_BINS);
    for (uint32_t slot = 0; slot < 20u; slot++)
        test_apply(OP_ALLOC, slot, 3000, 0);
    for (uint32_t slot = 0; slot < 20u; slot += 2u)
        test_apply(OP_FREE, slot, 0, 0);
    session_up(HEAP_FIRST_FIT);
    expect_exact();
}

/* What ASan says of an access, in a process of its own; an empty string if it says nothing. */
static const char *report(char *at, bool write)
{
    static char text[4096];
    int ends[2];
    int status;
    size_t length = 0;
    EXPECT(pipe(ends) == 0);
    (void)fflush(stdout);
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        if (write)
            access_write(at, 1);
        else
            (void)access_read(at);
        _exit(0);
    }
    (void)close(ends[1]);
    for (ssize_t count = 1; count > 0 && length < sizeof(text) - 1u; length += (size_t)count) {
        count = read(ends[0], text + length, sizeof(text) - 1u - length);
        EXPECT(count >= 0);
    }
    text[length] = 0;
    (void)close(ends[0]);
    EXPECT_EQUAL(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status));
    EXPECT_EQUAL(WEXITSTATUS(status), length == 0 ? 0 : ASAN_EXIT);
    return text;
}

static void expect_reported(char *at)
{
    EXPECT(strstr(report(at, false), "use-after-poison") != NULL);
    EXPECT(strstr(report(at, true), "use-after-poison") != NULL);
}

static void expect_passed(char *at)
{
    EXPECT_EQUAL(strlen(report(at, false)), 0);
}

TEST(one_byte_over_is_reported_and_the_cores_own_bytes_are_not)
{
    session_up(HEAP_BINS);
    for (uint32_t slot = 0; slot < 4u; slot++)
        test_apply(OP_ALLOC, slot, 40, 0);
    test_apply(OP_FREE, 1, 0, 0);
    uint32_t live = payload(2);
    uint32_t freed = payload(0) + 48u;
    expect_passed(place(live - 4u)); /* the header, up to its last byte */
    expect_passed(place(live - 1u));
    expect_reported(place(live));
    expect_reported(place(live + 39u));
    expect_passed(place(live + 40u)); /* the footer */
    expect_passed(place(freed));      /* both links of the free block */
    expect_passed(place(freed + 7u));
    expect_reported(place(freed + 8u));
    expect_reported(place(freed + 39u));
    expect_passed(place(freed + 40u));
    expect_passed(place(session->scene.heap_at.v));
    expect_passed(place(session->scene.heap_at.v + CONTROL_SIZE - 1u));
    expect_passed(place(session->scene.frames_at.v));
}

TEST(an_access_to_what_was_merged_away_is_reported)
{
    session_up(HEAP_BINS);
    for (uint32_t slot = 0; slot < 4u; slot++)
        test_apply(OP_ALLOC, slot, 40, 0);
    uint32_t middle = payload(2);
    test_apply(OP_FREE, 1, 0, 0);
    expect_passed(place(middle - 4u));
    test_apply(OP_FREE, 2, 0, 0);
    expect_reported(place(middle - 4u));
    expect_reported(place(middle));
}

TEST(an_access_to_a_page_that_was_unmapped_is_reported)
{
    session_up(HEAP_BINS);
    test_apply(OP_ALLOC, 1, 5u * PAGE_SIZE, 0);
    test_apply(OP_ALLOC, 2, 40, 0);
    char *inside = place(page_round_up(payload(1)) + PAGE_SIZE);
    char *last = place(session_heap_end(session) - 4u);
    expect_passed(last);
    test_apply(OP_FREE, 1, 0, 0);
    test_apply(OP_RECLAIM, 0, UINT32_MAX, 0);
    expect_reported(inside);
    expect_passed(last);
    test_apply(OP_FREE, 2, 0, 0);
    test_apply(OP_RECLAIM, 0, UINT32_MAX, 0);
    expect_reported(last);
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "exitcode=77:detect_leaks=0:symbolize=0";
}

int main(void)
{
    RUN(exactly_what_is_not_the_cores_is_poisoned_after_each_operation);
    RUN(nothing_stays_open_from_one_session_to_the_next);
    RUN(one_byte_over_is_reported_and_the_cores_own_bytes_are_not);
    RUN(an_access_to_what_was_merged_away_is_reported);
    RUN(an_access_to_a_page_that_was_unmapped_is_reported);
    return 0;
}
