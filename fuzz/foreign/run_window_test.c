/* What operations on the window, the hooks and the crowd do, and that a run is the same each time.
 */
#include <string.h>

#include "ci/unit.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run.h"
#include "fuzz/foreign/test_run.h"

#define PAGE MEMORY_PAGE
#define CALLS_MAX 1000u

static struct adapter declared; /* what the harness sees */
static struct adapter heap;     /* what it calls */

/* Calls, one kind each. */
struct call {
    uintptr_t at;
    uintptr_t size_bytes;
    uintptr_t result;
};
struct calls {
    struct call list[CALLS_MAX];
    uint32_t count;
};
static struct calls inits;
static struct calls allocs;
static struct calls releases;
static struct calls aligned_releases;
static struct calls resizes;
static struct calls grows;
static struct calls shrinks;
static struct calls appends;

static uintptr_t noted(struct calls *calls, uintptr_t at, uintptr_t size_bytes, uintptr_t result)
{
    if (calls->count < CALLS_MAX)
        calls->list[calls->count++] = (struct call){at, size_bytes, result};
    return result;
}

static bool init(void *start, void *limit)
{
    return noted(&inits, (uintptr_t)start, (uintptr_t)limit, heap.init(start, limit)) != 0;
}

static void *alloc(size_t size_bytes)
{
    return (void *)noted(&allocs, 0, size_bytes, (uintptr_t)heap.alloc(size_bytes));
}

static void release(void *at)
{
    (void)noted(&releases, (uintptr_t)at, 0, 0);
    heap.release(at);
}

static void release_aligned(void *at)
{
    (void)noted(&aligned_releases, (uintptr_t)at, 0, 0);
    heap.release(at);
}

static void *resize(void *at, size_t size_bytes)
{
    uintptr_t result = (uintptr_t)heap.resize(at, size_bytes);
    return (void *)noted(&resizes, (uintptr_t)at, size_bytes, result);
}

static bool grow(void *start, void *limit, void *new_limit)
{
    return noted(&grows, (uintptr_t)limit, (uintptr_t)new_limit,
                 heap.grow(start, limit, new_limit)) != 0;
}

static bool grow_refused(void *start, void *limit, void *new_limit)
{
    (void)start;
    return noted(&grows, (uintptr_t)limit, (uintptr_t)new_limit, 0) != 0;
}

static bool shrink(void *start, void *limit, void *new_limit)
{
    return noted(&shrinks, (uintptr_t)limit, (uintptr_t)new_limit,
                 heap.shrink(start, limit, new_limit)) != 0;
}

static bool append(void *start, void *limit)
{
    return noted(&appends, (uintptr_t)start, (uintptr_t)limit, heap.append(start, limit)) != 0;
}

/* Calls are noted from now on; nothing that a fresh heap is asked for beside an input is in the
 * way.
 */
static void declare(enum adapter_memory memory)
{
    heap = test_heap_declares(memory);
    declared = heap;
    declared.init = init;
    declared.alloc = alloc;
    declared.release = release;
    declared.resize = resize;
    declared.grow = heap.grow != NULL ? grow : NULL;
    declared.shrink = heap.shrink != NULL ? shrink : NULL;
    declared.append = heap.append != NULL ? append : NULL;
    declared.empty_as_fresh = false;
    test_declare(&declared);
    inits.count = 0;
    allocs.count = 0;
    releases.count = 0;
    aligned_releases.count = 0;
    resizes.count = 0;
    grows.count = 0;
    shrinks.count = 0;
    appends.count = 0;
}

static uintptr_t base(void)
{
    return memory_open()->start;
}

static struct session_result results[100];

static void observe(void *observer, const struct session_result *result)
{
    uint32_t *count = observer;
    EXPECT(*count < 100u);
    results[(*count)++] = *result;
}

/* Runs it, which must be fine, and returns how many operations it had: their results are kept. */
static uint32_t run_observed(const char *text, uint32_t refuse_request, bool refuse_on)
{
    uint32_t count = 0;
    struct session_plan plan = {.refuse_request = refuse_request,
                                .refuse_on = refuse_on,
                                .observe = observe,
                                .observer = &count};
    struct verdict verdict = test_run_planned(text, &plan);
    EXPECT_EQUAL(verdict.violation.rule, RULE_NONE);
    EXPECT(verdict.ok);
    return count;
}

/* "ar-" for applied, refused, skipped. */
static void expect_results(const char *text, const char *expected)
{
    EXPECT_EQUAL(run_observed(text, 0, false), strlen(expected));
    for (uint32_t i = 0; expected[i] != '\0'; i++) {
        char found = !results[i].applied ? '-' : results[i].refused ? 'r' : 'a';
        if (found != expected[i])
            printf("operation %u of\n%s", i + 1u, text);
        EXPECT_EQUAL(found, expected[i]);
    }
}

TEST(sizes_of_operations_reach_all_of_an_address_space)
{
    EXPECT_EQUAL(run_size(0), 0);
    EXPECT_EQUAL(run_size(0x7FFFFFFFu), 0x7FFFFFFFu);
    if (sizeof(size_t) == 4) {
        EXPECT_EQUAL(run_size(0x80000000u), 0x80000000u);
        EXPECT_EQUAL(run_size(UINT32_MAX), SIZE_MAX);
        return;
    }
    const uint64_t sizes[][2] = {{0x80000000u, 1ull << 32},
                                 {0x80000001u, (1ull << 32) + 1u},
                                 {0x80FFFFFFu, (1ull << 32) - 1u},
                                 {0x81000005u, (1ull << 33) + 5u},
                                 {0x9E800000u, (1ull << 62) - 0x800000u},
                                 {0x9F000000u, 1ull << 63},
                                 {0x9FFFFFF8u, (1ull << 63) - 8u},
                                 {0xA0000000u, 1ull << 32},
                                 {0xFE7FFFFFu, (1ull << 62) + 0x7FFFFFu},
                                 {0xFF000000u, UINT64_MAX - 0xFFFFFFu},
                                 {0xFFFFFFFFu, UINT64_MAX},
                                 {0xFFFFFFF0u, UINT64_MAX - 0xFu}};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        EXPECT_EQUAL(run_size((uint32_t)sizes[i][0]), sizes[i][1]);
}

static const char everything[] =
    "a 0 100\na 1 5000\nz 2 3 7\nm 3 40 256\nr 0 300\nw 1\ngreedy 700\n"
    "same 1\ndouble-free 5\nf 2\ndouble-free 2\nfree-inner 1 9\n"
    "shrink 100\ngrow 77\nappend 5000 9\ngreedy 300\ndrain 3\n"
    "reclaim 1\nr 1 0x7fffffff\na 6 0\ncheck\nf 0\nf 1\nf 3\nf 6\n"
    "window 7777 19\na 0 100\nrefuse 3\na 1 5000\n";

TEST(a_run_is_the_same_each_time_whatever_ran_before)
{
    static const enum adapter_memory kinds[] = {ADAPTER_POOL, ADAPTER_SBRK, ADAPTER_PAGES,
                                                ADAPTER_OWN};
    for (uint32_t k = 0; k < 4u; k++) {
        declare(kinds[k]);
        declared.empty_as_fresh = heap.empty_as_fresh;
        test_declare(&declared);
        struct verdict first = test_run(everything);
        EXPECT_EQUAL(first.violation.rule, RULE_NONE);
        /* What crashes in between leaves nothing behind either. */
        test_mistake = ABORTS;
        EXPECT(!test_run("a 0 100\na 1 5000\na 2 5\n").ok);
        test_mistake = TEST_RIGHT;
        struct verdict other = test_run("a 0 100\na 1 5008\n");
        struct verdict again = test_run(everything);
        EXPECT_EQUAL(again.digest, first.digest);
        EXPECT_EQUAL(again.applied_count, first.applied_count);
        EXPECT_EQUAL(again.frame_requests, first.frame_requests);
        EXPECT(other.digest != first.digest);
        for (enum session_check check = SESSION_CHECK_STEP; check < SESSION_CHECK_COUNT; check++) {
            struct session_plan plan = {.check = check};
            EXPECT_EQUAL(test_run_planned(everything, &plan).digest, first.digest);
        }
    }
}

TEST(a_digest_tells_where_blocks_are)
{
    declare(ADAPTER_POOL);
    uint64_t digest = test_run("a 0 100\na 1 9\n").digest;
    EXPECT(test_run("a 0 100\na 1 9\n").digest == digest);
    EXPECT(test_run("a 0 128\na 1 9\n").digest != digest);
    declare(ADAPTER_OWN);
    /* Of a heap of its own it does not, for they may be elsewhere each time. */
    digest = test_run("a 0 100\na 1 9\n").digest;
    EXPECT(test_run("a 0 128\na 1 9\n").digest == digest);
}

TEST(a_pool_has_a_page_for_each_frame_less_a_tail_of_words)
{
    for (uint32_t pages = 1; pages < 3000u; pages += 37u) {
        char text[64];
        declare(ADAPTER_POOL);
        (void)snprintf(text, sizeof(text), "heap bins %u %u\n", 1u + pages % 9u, pages);
        EXPECT_EQUAL(run_observed(text, 0, false), 0);
        EXPECT_EQUAL(inits.count, 1);
        EXPECT_EQUAL(inits.list[0].at, base());
        EXPECT_EQUAL(inits.list[0].size_bytes,
                     base() + (1u + pages % 9u) * PAGE - pages % 1024u * 4u);
    }
}

TEST(a_window_is_as_long_as_the_adapter_can_have_it)
{
    const uintptr_t most[] = {100, 2048, PAGE, 3u * PAGE + 8u, 1000u * PAGE};
    for (uint32_t i = 0; i < 5u; i++) {
        declare(ADAPTER_POOL);
        declared.window_max = most[i];
        test_declare(&declared);
        EXPECT_EQUAL(run_observed("heap bins 64 1024\n", 0, false), 0);
        uintptr_t size = inits.list[0].size_bytes - inits.list[0].at;
        EXPECT_EQUAL(size, most[i] < 64u * PAGE ? most[i] : 64u * PAGE);
        declare(ADAPTER_POOL);
        declared.window_min = most[i];
        test_declare(&declared);
        EXPECT_EQUAL(run_observed("heap bins 2 1024\n", 0, false), 0);
        EXPECT_EQUAL(inits.count, most[i] <= 2u * PAGE);
    }
}

TEST(a_window_starts_and_ends_at_any_byte)
{
    for (uint32_t n = 1; n < 400u; n++) {
        char text[100];
        uint32_t size = 100u + n * 53u;
        declare(ADAPTER_POOL);
        declared.start_align = 1u << n % 5u;
        test_declare(&declared);
        (void)snprintf(text, sizeof(text), "window %u %u\na 0 16\ngreedy 48\ndrain 0\n", size, n);
        EXPECT_EQUAL(run_observed(text, 0, false), 4);
        EXPECT(results[0].applied && results[1].at != 0);
        uintptr_t start = base() + (n & ~((1u << n % 5u) - 1u));
        EXPECT_EQUAL(inits.list[1].at, start);
        EXPECT_EQUAL(inits.list[1].size_bytes, start + size);
    }
    /* Not while a block lives. */
    declare(ADAPTER_POOL);
    expect_results("a 0 5\nwindow 500 1\nf 0\nwindow 500 1\nwindow 0 5\n", "a-aa-");
    /* The last byte of it is the allocator's, and the next is not. */
    declare(ADAPTER_POOL);
    expect_results("window 104 8\na 0 96\na 1 1\n", "aar");
    expect_results("window 103 8\na 0 96\n", "ar");
}

TEST(an_allocator_without_a_heap_is_asked_for_nothing_but_another_window)
{
    declare(ADAPTER_POOL);
    declared.window_min = 5000;
    test_declare(&declared);
    expect_results("heap bins 1 1024\na 0 5\ngreedy 9\ngrow 5\nwindow 3000 0\na 0 5\n", "---a-");
    expect_results("heap bins 2 1024\nwindow 3000 0\na 0 5\nwindow 5000 0\na 0 5\n", "a-aa");
}

TEST(a_refusal_is_injected_where_the_operation_says)
{
    declare(ADAPTER_PAGES);
    expect_results("refuse 2\na 0 5000\na 1 5000\na 2 5000\n", "aara");
    expect_results("refuse-on 2\na 0 5000\na 1 5000\na 2 5000\nrefuse 0\na 3 5000\n", "aarraa");
    declare(ADAPTER_SBRK);
    expect_results("refuse 1\na 0 5000\na 0 5000\n", "ara");
    declare(ADAPTER_POOL);
    expect_results("refuse 1\nrefuse-on 1\npressure 3\na 0 5000\n", "---a");
    declare(ADAPTER_OWN);
    expect_results("refuse 1\npressure 3\na 0 5000\n", "a-a");
}

/* Takes four pages for each request, where a part of one would do. */
static void *lavish_alloc(size_t size_bytes)
{
    (void)size_bytes;
    char *at = adapter_sbrk(4 * PAGE);
    return (uintptr_t)at == UINTPTR_MAX ? NULL : at;
}

static bool lavish_init(void *start, void *limit)
{
    (void)start;
    (void)limit;
    return true;
}

static void lavish_release(void *at)
{
    (void)at;
}

static size_t lavish_needs(size_t align_bytes, size_t size_bytes)
{
    (void)align_bytes;
    return size_bytes;
}

TEST(memory_that_hooks_would_have_granted_counts_unless_they_refused_what_they_had)
{
    test_declare(&(struct adapter){.name = "lavish",
                                   .memory = ADAPTER_SBRK,
                                   .init = lavish_init,
                                   .alloc = lavish_alloc,
                                   .release = lavish_release,
                                   .needs = lavish_needs});
    struct verdict verdict = test_run("heap bins 6 64\na 0 16384\na 1 8193\n");
    EXPECT(verdict.ok);
    verdict = test_run("heap bins 6 64\na 0 16384\na 1 8192\n");
    EXPECT_EQUAL(verdict.violation.rule, RULE_A10);
    EXPECT_EQUAL(verdict.operation, 2);
    verdict = test_run("heap bins 6 64\na 0 16384\nrefuse 1\na 1 8192\n");
    EXPECT(verdict.ok);
}

TEST(a_refusal_is_injected_where_the_plan_says)
{
    const char *text = "a 0 5000\na 1 5000\na 2 5000\n";
    declare(ADAPTER_PAGES);
    for (uint32_t request = 1; request < 5u; request++)
        for (uint32_t on = 0; on < 2u; on++) {
            EXPECT_EQUAL(run_observed(text, request, on != 0), 3);
            for (uint32_t i = 0; i < 3u; i++)
                EXPECT_EQUAL(results[i].refused, on != 0 ? i + 1u >= request : i + 1u == request);
        }
}

TEST(pressure_leaves_as_many_pages_as_it_says_and_no_more_than_there_are)
{
    declare(ADAPTER_PAGES);
    expect_results("heap bins 8 64\npressure 2\na 0 9000\na 0 5000\na 1 4000\npressure 1000\n"
                   "a 2 15000\na 3 5000\na 4 5000\n",
                   "araraaar");
    EXPECT_EQUAL(results[4].frames_free, 6);
    EXPECT_EQUAL(results[5].frames_free, 2);
}

TEST(greedy_fills_the_heap_and_asks_again_and_drain_frees)
{
    declare(ADAPTER_POOL);
    expect_results("heap bins 1 1024\ngreedy 1000\ngreedy 1000\ndrain 1\ndrain 1\n", "rra-");
    /* Four fit, a fifth does not, one is had again; then none fits, and the same. */
    EXPECT_EQUAL(allocs.count, 8);
    EXPECT_EQUAL(allocs.list[4].result, 0);
    EXPECT_EQUAL(allocs.list[5].result, base() + 2u * 1008u);
    EXPECT_EQUAL(releases.count, 6);
}

TEST(greedy_stops_at_its_bound)
{
    declare(ADAPTER_POOL);
    expect_results("greedy 8\ngreedy 8\ndrain 0\n", "aaa");
    EXPECT_EQUAL(allocs.count, RUN_CROWD_MAX);
    EXPECT_EQUAL(releases.count, RUN_CROWD_MAX);
}

/* Rule A12 is about the size that was freed. */
TEST(greedy_frees_a_block_of_the_size_that_it_asks_for)
{
    declare(ADAPTER_POOL);
    expect_results("heap bins 1 1024\ngreedy 1000\ngreedy 40\ndrain 0\n", "rra");
    /* One of 40 fits behind the four; it is the one that is freed. */
    EXPECT_EQUAL(allocs.count, 9);
    EXPECT_EQUAL(allocs.list[6].size_bytes, 40);
    EXPECT(allocs.list[6].result != 0);
    EXPECT_EQUAL(releases.list[1].at, allocs.list[6].result);
    /* None is of this size: nothing is freed. */
    declare(ADAPTER_POOL);
    expect_results("heap bins 1 1024\ngreedy 1000\ngreedy 2000\ndrain 0\n", "rra");
    EXPECT_EQUAL(allocs.count, 7);
}

TEST(drain_frees_in_the_order_that_it_says)
{
    static const uint32_t orders[][4] = {
        {3, 2, 1, 0}, {0, 1, 2, 3}, {0, 2, 1, 3}, {0, 3, 1, 2}, {0, 1, 2, 3}};
    for (uint32_t arg = 0; arg < 5u; arg++) {
        char text[64];
        declare(ADAPTER_POOL);
        (void)snprintf(text, sizeof(text), "heap bins 1 1024\ngreedy 1000\ndrain %u\n", arg);
        expect_results(text, "ra");
        for (uint32_t i = 0; i < 4u; i++)
            EXPECT_EQUAL(releases.list[1u + i].at, base() + orders[arg][i] * 1008u);
    }
}

TEST(a_window_grows_as_far_as_something_else_begins)
{
    declare(ADAPTER_POOL);
    expect_results(
        "heap bins 1 1024\ngrow 0\na 0 4096\na 1 8\ngrow 8\na 1 8\ngrow 5000\na 2 4990\n",
        "-araaaa");
    EXPECT_EQUAL(grows.count, 2);
    EXPECT_EQUAL(grows.list[1].at, base() + PAGE + 8u);
    EXPECT_EQUAL(grows.list[1].size_bytes, base() + PAGE + 5008u);
    /* Not up to the next stretch, nor beyond what it can have. */
    declare(ADAPTER_POOL);
    expect_results("heap bins 1 1024\nappend 100 99\ngrow 100\ngrow 101\ngrow 99\ngrow 1\n",
                   "a--a-");
    EXPECT_EQUAL(appends.list[0].at, base() + PAGE + 100u);
    declare(ADAPTER_POOL);
    declared.window_max = PAGE + 20u;
    test_declare(&declared);
    expect_results("heap bins 1 1024\ngrow 21\ngrow 20\ngrow 1\n", "-a-");
    declare(ADAPTER_SBRK);
    expect_results("grow 20\nshrink 20\nappend 20 20\n", "---");
}

TEST(what_a_window_would_not_grow_to_is_watched_again)
{
    declare(ADAPTER_POOL);
    declared.grow = grow_refused;
    test_declare(&declared);
    expect_results("heap bins 1 300\ngrow 5000\n", "a");
    EXPECT_EQUAL(grows.count, 1);
    test_breaks(WRITES_BEHIND, RULE_A4, 4, "heap bins 1 300\ngrow 5000\na 0 1\na 1 1\na 2 1\n");
    test_breaks(WRITES_FAR, RULE_A4, 4, "heap bins 1 300\ngrow 5000\na 0 1\na 1 1\na 2 1\n");
}

TEST(a_window_shrinks_to_what_the_allocator_agrees_to)
{
    declare(ADAPTER_POOL);
    expect_results("heap bins 2 1024\na 0 5000\nshrink 4000\nshrink 3000\nshrink 0\nshrink 9000\n"
                   "a 1 500\na 1 180\n",
                   "aaa--ra");
    EXPECT_EQUAL(shrinks.count, 2);
    EXPECT_EQUAL(shrinks.list[0].result, 0);
    EXPECT_EQUAL(shrinks.list[1].size_bytes, base() + 2u * PAGE - 3000u);
    test_breaks(SHRINKS_LIVE, RULE_A1, 2, "heap bins 2 1024\na 0 5000\nshrink 4000\n");
    test_breaks(WRITES_BEHIND, RULE_A4, 4, "heap bins 2 1024\nshrink 3000\na 0 1\na 1 1\na 2 1\n");
}

TEST(a_stretch_that_is_appended_touches_no_other)
{
    for (uint32_t n = 0; n < 300u; n++) {
        char text[100];
        declare(ADAPTER_POOL);
        declared.start_align = 1u << n % 13u;
        test_declare(&declared);
        (void)snprintf(text, sizeof(text),
                       "heap bins 1 %u\nappend 50 %u\nappend 5000 %u\na 0 4500\n", 1024u + n,
                       n * 31u, n * 7u);
        expect_results(text, "aaa");
        EXPECT_EQUAL(appends.count, 2);
        EXPECT(appends.list[0].at > inits.list[0].size_bytes);
        EXPECT(appends.list[1].at > appends.list[0].size_bytes);
        for (uint32_t i = 0; i < 2u; i++)
            EXPECT_EQUAL(appends.list[i].at % declared.start_align, 0);
        EXPECT_EQUAL(appends.list[1].size_bytes - appends.list[1].at, 5000);
    }
}

TEST(a_resize_is_made_from_outside_where_there_is_none)
{
    declare(ADAPTER_POOL);
    expect_results("r 0 50\nr 0 100\nsame 0\nr 0 0\n", "aaa-");
    EXPECT_EQUAL(resizes.count, 2);
    EXPECT_EQUAL(resizes.list[1].size_bytes, 100);
    EXPECT_EQUAL(allocs.count, 1);
    declare(ADAPTER_POOL);
    declared.resize = NULL;
    test_declare(&declared);
    expect_results("r 0 50\nr 0 100\nsame 0\nr 0 0x7fffffff\n", "aaar");
    EXPECT_EQUAL(resizes.count, 0);
    EXPECT_EQUAL(allocs.count, 4);
    test_breaks(WRITES_BELOW, RULE_A3, 3, "a 0 5\na 1 5\nr 1 100\n");
}

TEST(aligned_blocks_are_freed_and_resized_as_the_adapter_says)
{
    declare(ADAPTER_POOL);
    declared.release_aligned = release_aligned;
    declared.aligned_stay = true;
    test_declare(&declared);
    expect_results("m 0 40 512\na 1 40\nr 0 80\nsame 0\nr 1 80\nf 0\nf 1\n", "aa--aaa");
    EXPECT_EQUAL(aligned_releases.count, 1);
    EXPECT_EQUAL(releases.count, 1);
    EXPECT_EQUAL(aligned_releases.list[0].at % 512u, 0);
    declared.aligned_stay = false;
    test_declare(&declared);
    expect_results("m 0 40 512\nr 0 80\n", "aa");
}

TEST(nothing_larger_is_asked_than_the_adapter_says)
{
    declare(ADAPTER_POOL);
    declared.asked_max = 100;
    test_declare(&declared);
    expect_results("a 0 100\na 1 101\nz 1 11 10\nz 1 0xffffffff 0xffffffff\nz 1 0xffffffff 0\nm 1 "
                   "101 16\nr 0 101\n"
                   "greedy 101\nz 1 10 10\nr 0 99\n",
                   "a-------aa");
    for (uint32_t i = 0; i < allocs.count; i++)
        EXPECT(allocs.list[i].size_bytes <= 100u);
}

TEST(what_a_run_does_not_know_it_skips)
{
    declare(ADAPTER_POOL);
    expect_results(
        "stats\nmap 3\nunmap 3\ninterrupt 1 2 3\nuse-freed 0 3\na 0 9\ndamage-header 0 1\n"
        "a 0 9\nf 1\n",
        "-----a---");
}

int main(void)
{
    RUN(sizes_of_operations_reach_all_of_an_address_space);
    RUN(a_run_is_the_same_each_time_whatever_ran_before);
    RUN(a_digest_tells_where_blocks_are);
    RUN(a_pool_has_a_page_for_each_frame_less_a_tail_of_words);
    RUN(a_window_is_as_long_as_the_adapter_can_have_it);
    RUN(a_window_starts_and_ends_at_any_byte);
    RUN(an_allocator_without_a_heap_is_asked_for_nothing_but_another_window);
    RUN(a_refusal_is_injected_where_the_operation_says);
    RUN(memory_that_hooks_would_have_granted_counts_unless_they_refused_what_they_had);
    RUN(a_refusal_is_injected_where_the_plan_says);
    RUN(pressure_leaves_as_many_pages_as_it_says_and_no_more_than_there_are);
    RUN(greedy_fills_the_heap_and_asks_again_and_drain_frees);
    RUN(greedy_stops_at_its_bound);
    RUN(greedy_frees_a_block_of_the_size_that_it_asks_for);
    RUN(drain_frees_in_the_order_that_it_says);
    RUN(a_window_grows_as_far_as_something_else_begins);
    RUN(what_a_window_would_not_grow_to_is_watched_again);
    RUN(a_window_shrinks_to_what_the_allocator_agrees_to);
    RUN(a_stretch_that_is_appended_touches_no_other);
    RUN(a_resize_is_made_from_outside_where_there_is_none);
    RUN(aligned_blocks_are_freed_and_resized_as_the_adapter_says);
    RUN(nothing_larger_is_asked_than_the_adapter_says);
    RUN(what_a_run_does_not_know_it_skips);
    return 0;
}
