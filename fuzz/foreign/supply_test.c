/* What hooks grant and refuse, and rules A4, A16 and A1 of what they come upon. */
#include "fuzz/foreign/supply.h"

#include <stddef.h>

#include "ci/unit.h"
#include "fuzz/foreign/bytes.h"
#include "fuzz/foreign/contents.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/test_adapter.h"
#include "fuzz/random.h"

#define PAGE MEMORY_PAGE
#define REFUSED ((void *)UINTPTR_MAX)

static uintptr_t base; /* of all windows */
static struct violation violation;

/* A window from base + start up to base + limit, of which page_count pages can be had. */
static void begin(enum adapter_memory memory, uintptr_t start, uintptr_t limit,
                  uintptr_t page_count)
{
    base = memory_open()->start;
    violation = (struct violation){0};
    struct supply_window window = {base + start, base + limit, page_count};
    EXPECT(supply_begin(memory, &window));
    supply.calling = true;
    supply.live = NULL;
}

static void declare_zeros(bool zeros)
{
    test_adapter_set(&(struct adapter){.name = "test", .zeros = zeros});
}

static byte_t *byte_at(uintptr_t offset)
{
    return (byte_t *)(base + offset);
}

static void expect_filled(uintptr_t from, uintptr_t to, uint8_t byte)
{
    EXPECT_EQUAL(contents_find_other(base + from, to - from, byte), to - from);
}

static void expect_fine(void)
{
    EXPECT(supply_rule_A4(true, &violation));
    EXPECT(supply_rule_A16(&violation));
    EXPECT_EQUAL(violation.rule, RULE_NONE);
}

/* The violation that a hook has come upon; the next one starts anew. */
static void expect_rule(enum rule rule)
{
    EXPECT(!supply_rule_A16(&violation));
    EXPECT_EQUAL(violation.rule, rule);
    violation = (struct violation){0};
    supply.violation = (struct violation){0};
}

static void expect_A4(uintptr_t offset)
{
    EXPECT(!supply_rule_A4(true, &violation));
    EXPECT_EQUAL(violation.rule, RULE_A4);
    EXPECT_EQUAL(violation.at, (uint32_t)(base + offset));
    violation = (struct violation){0};
}

TEST(a_pool_is_granted_whole_and_the_bytes_around_it_are_watched)
{
    begin(ADAPTER_POOL, 24, 3u * PAGE + 100u, 4);
    EXPECT_EQUAL(supply.grants.count, 1);
    EXPECT(grants_cover(&supply.grants, base + 24u, base + 3u * PAGE + 100u));
    expect_filled(24, 3u * PAGE + 100u, SUPPLY_FRESH);
    expect_filled(0, 24, SUPPLY_WATCHED);
    expect_filled(3u * PAGE + 100u, 4u * PAGE, SUPPLY_WATCHED);
    expect_fine();
}

TEST(each_watched_byte_that_is_written_is_rule_A4)
{
    for (uintptr_t i = 0; i < PAGE; i++) {
        if (i == 24u)
            i = 100; /* the others are the pool's own */
        begin(ADAPTER_POOL, 24, 100, 1);
        *byte_at(i) ^= 0x40u;
        expect_A4(i);
        *byte_at(i) ^= 0x40u;
        expect_fine();
    }
}

TEST(fresh_memory_is_zeroed_exactly_where_the_adapter_says_so)
{
    const uintptr_t sizes[] = {10, PAGE, 5u * PAGE + 3u, 70u * PAGE, 70u * PAGE + 5u};
    for (uint32_t n = 0; n < 10u; n++) {
        uintptr_t size = sizes[n % 5u];
        declare_zeros(n >= 5u);
        begin(ADAPTER_SBRK, 8, 100u * PAGE, 100);
        /* Dirty first, what was given back and comes again included. */
        EXPECT(adapter_sbrk((intptr_t)size) == byte_at(8));
        contents_fill(base + 8u, size, 0x11);
        EXPECT(adapter_sbrk(-(intptr_t)size) == byte_at(8 + size));
        EXPECT(adapter_sbrk((intptr_t)size) == byte_at(8));
        if (n >= 5u)
            expect_filled(8, 8 + size, 0);
        else
            expect_filled(8, 8 + (size < PAGE ? size : PAGE), SUPPLY_FRESH);
        expect_fine();
    }
    declare_zeros(false);
}

TEST(the_break_moves_by_bytes_and_counts_pages)
{
    begin(ADAPTER_SBRK, 16, 10u * PAGE, 4);
    EXPECT(adapter_sbrk(0) == byte_at(16));
    EXPECT(adapter_sbrk(100) == byte_at(16));
    EXPECT_EQUAL(supply.pages_taken, 1);
    *byte_at(16) = 1;
    EXPECT(adapter_sbrk(PAGE) == byte_at(116));
    EXPECT_EQUAL(*byte_at(16), 1);
    EXPECT_EQUAL(supply.pages_taken, 2);
    EXPECT_EQUAL(supply.pages_left, 2);
    expect_filled(116u + PAGE, 2u * PAGE, SUPPLY_WATCHED);
    *byte_at(116u + PAGE) = 1;
    expect_A4(116u + PAGE);
    *byte_at(116u + PAGE) = SUPPLY_WATCHED;
    EXPECT(adapter_sbrk(-(intptr_t)PAGE) == byte_at(116u + PAGE));
    EXPECT_EQUAL(supply.pages_taken, 1);
    expect_filled(116, PAGE, SUPPLY_WATCHED);
    /* More than the pages that are left, more than the window: refused, and as it was. */
    EXPECT(adapter_sbrk(4 * PAGE) == REFUSED);
    EXPECT(adapter_sbrk(11 * PAGE) == REFUSED);
    EXPECT(adapter_sbrk(INTPTR_MAX) == REFUSED);
    EXPECT_EQUAL(supply.refusal_count, 3);
    EXPECT_EQUAL(supply.injected_count, 0);
    EXPECT(adapter_sbrk(0) == byte_at(116));
    EXPECT_EQUAL(supply_break_end(), base + 4u * PAGE);
    EXPECT(adapter_sbrk(4 * PAGE - 116) == byte_at(116));
    EXPECT(adapter_sbrk(1) == REFUSED);
    EXPECT(adapter_sbrk(-(intptr_t)(4u * PAGE - 16u)) == byte_at(4u * PAGE));
    EXPECT_EQUAL(supply.pages_left, 4);
    EXPECT_EQUAL(supply.grants.count, 0);
    EXPECT_EQUAL(supply_break_end(), base + 4u * PAGE);
    supply.pages_left = 0;
    EXPECT_EQUAL(supply_break_end(), base + 16u);
    supply.pages_left = 11;
    EXPECT_EQUAL(supply_break_end(), base + 10u * PAGE);
    expect_fine();
    EXPECT(adapter_sbrk(-1) == REFUSED);
    expect_rule(RULE_A16);
    EXPECT(adapter_sbrk(INTPTR_MIN) == REFUSED);
    expect_rule(RULE_A16);
}

TEST(damage_beside_the_break_is_not_forgotten_when_the_break_moves)
{
    for (uint32_t way = 0; way < 4u; way++) {
        begin(ADAPTER_SBRK, 16, 10u * PAGE, 10);
        EXPECT(adapter_sbrk(100) == byte_at(16));
        *byte_at(way < 2u ? 15 : 116) ^= 1u;
        (void)adapter_sbrk(way % 2u != 0 ? 50 : -50);
        expect_rule(RULE_A4);
    }
}

TEST(pages_beside_a_break_come_from_the_top_and_neither_runs_into_the_other)
{
    begin(ADAPTER_SBRK, 0, 8u * PAGE, 100);
    EXPECT(adapter_sbrk(2 * PAGE) == byte_at(0));
    EXPECT(adapter_pages_take(2) == byte_at(6u * PAGE));
    EXPECT(adapter_pages_take(1) == byte_at(5u * PAGE));
    EXPECT_EQUAL(supply_break_room(), 3u * PAGE);
    EXPECT(adapter_sbrk(3 * PAGE + 1) == REFUSED);
    /* Touching. */
    EXPECT(adapter_sbrk(3 * PAGE) == byte_at(2u * PAGE));
    EXPECT_EQUAL(supply.grants.count, 1);
    EXPECT_EQUAL(supply_break_room(), 0);
    EXPECT(adapter_sbrk(1) == REFUSED);
    EXPECT(adapter_pages_take(1) == NULL);
    /* A gap above, while they touch, is found; and what lies below the break is not pages. */
    adapter_pages_give(byte_at(7u * PAGE), 1);
    EXPECT(adapter_pages_take(2) == NULL);
    EXPECT(adapter_pages_take(1) == byte_at(7u * PAGE));
    expect_fine();
    adapter_pages_give(byte_at(4u * PAGE), 1);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(4u * PAGE), 2);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(5u * PAGE), 3);
    EXPECT(adapter_sbrk(-(intptr_t)(5u * PAGE)) == byte_at(5u * PAGE));
    EXPECT_EQUAL(supply.grants.count, 0);
    EXPECT_EQUAL(supply.pages_left, 100);
    expect_fine();
}

/* Whatever an allocator does in order, no hook grants what is granted, and the counts agree. */
TEST(random_breaks_and_runs_never_overlap)
{
    struct random random = {11};
    struct grant runs[16] = {{0, 0}};
    uint32_t granted = 0;
    begin(ADAPTER_SBRK, 40, 24u * PAGE, 20);
    for (uint32_t n = 0; n < 20000u; n++) {
        uint32_t r = random_below(&random, 16);
        uintptr_t old = supply.break_at;
        uintptr_t pages = 1u + random_below(&random, 3);
        if (n % 3u == 0) {
            intptr_t by = (intptr_t)random_below(&random, 4u * PAGE);
            by = n % 2u != 0 && (uintptr_t)by <= old - base - 40u ? -by : by;
            void *was = adapter_sbrk(by);
            EXPECT(was == REFUSED || was == (void *)old);
            EXPECT_EQUAL(supply.break_at, was == REFUSED ? old : old + (uintptr_t)by);
        } else if (runs[r].start != 0) {
            adapter_pages_give((void *)runs[r].start, (runs[r].end - runs[r].start) / PAGE);
            runs[r].start = 0;
        } else {
            uintptr_t at = (uintptr_t)adapter_pages_take(pages);
            runs[r] = (struct grant){at, at + pages * PAGE};
            granted += at != 0;
        }
        uintptr_t in_runs = 0;
        uintptr_t break_page = (supply.break_at + PAGE - 1u) / PAGE * PAGE;
        for (uint32_t i = 0; i < 16u; i++) {
            if (runs[i].start == 0)
                continue;
            in_runs += (runs[i].end - runs[i].start) / PAGE;
            EXPECT(runs[i].start >= break_page);
            EXPECT(grants_cover(&supply.grants, runs[i].start, runs[i].end));
            for (uint32_t k = 0; k < i; k++)
                EXPECT(runs[k].start == 0 || runs[k].end <= runs[i].start ||
                       runs[i].end <= runs[k].start);
        }
        uintptr_t in_break = (break_page - base) / PAGE - (supply.break_at == base + 40u);
        EXPECT_EQUAL(supply.pages_taken, in_runs + in_break);
        EXPECT_EQUAL(supply.pages_taken + supply.pages_left, 20);
        expect_fine();
    }
    EXPECT(granted > 1000u);
}

TEST(pages_alone_come_from_the_bottom)
{
    begin(ADAPTER_PAGES, 8, 6u * PAGE + 100u, 4);
    EXPECT(adapter_pages_take(0) == NULL);
    EXPECT(adapter_pages_take(2) == byte_at(PAGE));
    EXPECT(adapter_pages_take(1) == byte_at(3u * PAGE));
    adapter_pages_give(byte_at(PAGE), 1);
    EXPECT(adapter_pages_take(2) == byte_at(4u * PAGE));
    EXPECT(adapter_pages_take(1) == NULL); /* none left */
    EXPECT_EQUAL(supply.refusal_count, 1);
    adapter_pages_give(byte_at(2u * PAGE), 4);
    EXPECT_EQUAL(supply.grants.count, 0);
    EXPECT(adapter_pages_take(SIZE_MAX) == NULL);
    expect_fine();
    EXPECT(adapter_pages_take(4) == byte_at(PAGE));
    adapter_pages_give(byte_at(0), 1);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(PAGE + 8u), 1);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(PAGE), 5);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(PAGE), SIZE_MAX);
    expect_rule(RULE_A16);
    adapter_pages_give(byte_at(PAGE), 0);
    expect_fine();
}

TEST(pages_are_mapped_where_the_allocator_says)
{
    begin(ADAPTER_MAP, 0, 6u * PAGE, 3);
    EXPECT(adapter_map(byte_at(2u * PAGE), 2));
    EXPECT(!adapter_map(byte_at(5u * PAGE), 0));
    EXPECT(adapter_map(byte_at(5u * PAGE), 1));
    EXPECT(!adapter_map(byte_at(0), 1)); /* none left */
    expect_fine();
    adapter_unmap(byte_at(2u * PAGE), 1);
    expect_fine();
    const uintptr_t bad[][2] = {{3u * PAGE, 1}, {2u * PAGE, 2}, {8, 1},
                                {6u * PAGE, 1}, {5u * PAGE, 2}, {0, SIZE_MAX}};
    for (uint32_t i = 0; i < 6u; i++) {
        EXPECT(!adapter_map(byte_at(bad[i][0]), bad[i][1]));
        expect_rule(RULE_A16);
    }
    EXPECT(!adapter_map((void *)(base - PAGE), 1));
    expect_rule(RULE_A16);
    adapter_unmap(byte_at(2u * PAGE), 1);
    expect_rule(RULE_A16);
    adapter_unmap(byte_at(3u * PAGE), 1);
    adapter_unmap(byte_at(5u * PAGE), 1);
    EXPECT_EQUAL(supply.pages_left, 3);
    expect_fine();
}

TEST(memory_of_its_own_is_told_once)
{
    begin(ADAPTER_OWN, 0, PAGE, 0);
    EXPECT(adapter_may_take());
    adapter_arena((void *)(uintptr_t)0x1000, (void *)(uintptr_t)0x2000);
    adapter_arena((void *)(uintptr_t)0x3000, (void *)(uintptr_t)0x3008);
    EXPECT(grants_cover(&supply.grants, 0x1000, 0x2000));
    EXPECT(grants_cover(&supply.grants, 0x3000, 0x3008));
    expect_fine();
    adapter_arena((void *)(uintptr_t)0x1800, (void *)(uintptr_t)0x2800);
    expect_rule(RULE_A16);
    adapter_arena((void *)(uintptr_t)0x5000, (void *)(uintptr_t)0x5000);
    expect_rule(RULE_A16);
}

TEST(requests_are_refused_as_the_plan_says)
{
    for (uint32_t on = 0; on < 2u; on++) {
        begin(ADAPTER_PAGES, 0, 10u * PAGE, 10);
        supply.refuse_request = 2;
        supply.refuse_on = on != 0;
        EXPECT(adapter_pages_take(1) != NULL);
        EXPECT(adapter_pages_take(1) == NULL);
        EXPECT_EQUAL(adapter_pages_take(1) != NULL, on == 0);
        EXPECT_EQUAL(supply.request_count, 3);
        EXPECT_EQUAL(supply.refusal_count, 1u + on);
        EXPECT_EQUAL(supply.injected_count, 1u + on);
    }
    begin(ADAPTER_SBRK, 0, 10u * PAGE, 10);
    supply.refuse_request = 1;
    EXPECT(adapter_sbrk(8) == REFUSED && adapter_sbrk(8) != REFUSED);
    begin(ADAPTER_MAP, 0, 10u * PAGE, 10);
    supply.refuse_request = 2;
    EXPECT(adapter_may_take() && !adapter_map(byte_at(0), 1) && adapter_map(byte_at(0), 1));
    begin(ADAPTER_OWN, 0, 10u * PAGE, 10);
    supply.refuse_request = 1;
    EXPECT(!adapter_may_take() && adapter_may_take());
    expect_fine();
}

/* Calls every hook; each that is not for this kind of memory is to break rule A16. */
static void call_hooks(enum adapter_memory memory)
{
    bool sbrk = memory == ADAPTER_SBRK;
    const bool fits[] = {sbrk, sbrk || memory == ADAPTER_PAGES, memory == ADAPTER_MAP,
                         memory == ADAPTER_MAP || memory == ADAPTER_OWN, memory == ADAPTER_OWN};
    for (uint32_t hook = 0; hook < 5u; hook++) {
        begin(memory, 0, 10u * PAGE, 10);
        switch (hook) {
        case 0: (void)adapter_sbrk(8); break;
        case 1: (void)adapter_pages_take(1); break;
        case 2: (void)adapter_map(byte_at(PAGE), 1); break;
        case 3: (void)adapter_may_take(); break;
        default: adapter_arena((void *)(uintptr_t)0x1000, (void *)(uintptr_t)0x2000); break;
        }
        if (fits[hook])
            expect_fine();
        else
            expect_rule(RULE_A16);
    }
}

TEST(a_hook_for_another_kind_of_memory_is_rule_A16)
{
    call_hooks(ADAPTER_POOL);
    call_hooks(ADAPTER_SBRK);
    call_hooks(ADAPTER_PAGES);
    call_hooks(ADAPTER_MAP);
    call_hooks(ADAPTER_OWN);
}

TEST(a_hook_outside_of_a_call_is_rule_A16_and_grants_nothing)
{
    begin(ADAPTER_SBRK, 0, 10u * PAGE, 10);
    supply.calling = false;
    EXPECT(adapter_sbrk(8) == REFUSED);
    expect_rule(RULE_A16);
    EXPECT_EQUAL(supply.grants.count, 0);
}

TEST(memory_taken_back_under_a_live_block_is_rule_A1_and_stays)
{
    static struct model_block slots[4];
    struct model model = {.slots = slots, .slot_count = 4};
    begin(ADAPTER_SBRK, 0, 10u * PAGE, 10);
    supply.live = &model;
    EXPECT(adapter_sbrk(2 * PAGE) == byte_at(0));
    void *run = adapter_pages_take(2);
    EXPECT(run == byte_at(8u * PAGE));
    model_enter(&model, 0, base + PAGE, 100, 100);
    model_enter(&model, 1, base + 8u * PAGE + 50u, 10, 10);
    EXPECT(adapter_sbrk(-(intptr_t)(PAGE - 100u)) == byte_at(2u * PAGE));
    expect_fine();
    EXPECT(adapter_sbrk(-1) == REFUSED);
    expect_rule(RULE_A1);
    EXPECT(adapter_sbrk(0) == byte_at(PAGE + 100u));
    adapter_pages_give(run, 2);
    expect_rule(RULE_A1);
    adapter_pages_give(byte_at(9u * PAGE), 1);
    expect_fine();
    EXPECT(model_all_intact(&model, &violation));
    begin(ADAPTER_MAP, 0, 10u * PAGE, 10);
    supply.live = &model;
    model_clear(&model);
    EXPECT(adapter_map(byte_at(0), 1));
    model_enter(&model, 0, base + PAGE - 1u, 1, 1);
    adapter_unmap(byte_at(0), 1);
    expect_rule(RULE_A1);
    supply.live = NULL;
}

TEST(a_part_of_a_pool_that_is_taken_back_is_watched)
{
    begin(ADAPTER_POOL, 24, 3u * PAGE + 100u, 4);
    EXPECT(supply_revoke(base + PAGE + 10u, base + 3u * PAGE + 100u));
    expect_filled(PAGE + 10u, 2u * PAGE, SUPPLY_WATCHED);
    *byte_at(PAGE + 10u) = 0;
    expect_A4(PAGE + 10u);
    *byte_at(PAGE + 10u) = SUPPLY_WATCHED;
    /* Another stretch on the same page: what lies between them is watched, too. */
    EXPECT(supply_grant(base + PAGE + 20u, base + PAGE + 30u));
    expect_filled(PAGE + 20u, PAGE + 30u, SUPPLY_FRESH);
    *byte_at(PAGE + 19u) = 0;
    expect_A4(PAGE + 19u);
    *byte_at(PAGE + 19u) = SUPPLY_WATCHED;
    *byte_at(PAGE + 9u) = 7;
    EXPECT(supply_revoke(base + PAGE + 20u, base + PAGE + 30u));
    expect_filled(PAGE + 10u, 2u * PAGE, SUPPLY_WATCHED);
    EXPECT_EQUAL(*byte_at(PAGE + 9u), 7);
    expect_fine();
}

int main(void)
{
    declare_zeros(false);
    RUN(a_pool_is_granted_whole_and_the_bytes_around_it_are_watched);
    RUN(each_watched_byte_that_is_written_is_rule_A4);
    RUN(fresh_memory_is_zeroed_exactly_where_the_adapter_says_so);
    RUN(the_break_moves_by_bytes_and_counts_pages);
    RUN(damage_beside_the_break_is_not_forgotten_when_the_break_moves);
    RUN(pages_beside_a_break_come_from_the_top_and_neither_runs_into_the_other);
    RUN(random_breaks_and_runs_never_overlap);
    RUN(pages_alone_come_from_the_bottom);
    RUN(pages_are_mapped_where_the_allocator_says);
    RUN(memory_of_its_own_is_told_once);
    RUN(requests_are_refused_as_the_plan_says);
    RUN(a_hook_for_another_kind_of_memory_is_rule_A16);
    RUN(a_hook_outside_of_a_call_is_rule_A16_and_grants_nothing);
    RUN(memory_taken_back_under_a_live_block_is_rule_A1_and_stays);
    RUN(a_part_of_a_pool_that_is_taken_back_is_watched);
    return 0;
}
