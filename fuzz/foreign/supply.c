#include "fuzz/foreign/supply.h"

#include <stddef.h>

#include "fuzz/foreign/contents.h"
#include "fuzz/foreign/memory.h"

/* More than this is granted as zeros, which costs less than writing it. */
#define WRITTEN_MAX 0x40000u

/* Of the bytes around a grant, so many on each side are read after each operation. */
#define NEAR_BYTES 64u

struct supply supply;

static uintptr_t page_down(uintptr_t at)
{
    return at & ~(uintptr_t)(MEMORY_PAGE - 1u);
}

static uintptr_t page_up(uintptr_t at)
{
    return page_down(at + MEMORY_PAGE - 1u);
}

/* Bytes around a grant, on pages that it has a part in: from the end of what is granted before it,
 * or the page's start, and up to what is granted behind it. */
static struct grant watched_before(uint32_t i)
{
    uintptr_t start = supply.grants.list[i].start;
    uintptr_t from = page_down(start);
    if (i > 0 && supply.grants.list[i - 1u].end > from)
        from = supply.grants.list[i - 1u].end;
    return (struct grant){from, start};
}

static struct grant watched_behind(uint32_t i)
{
    uintptr_t end = supply.grants.list[i].end;
    uintptr_t to = page_up(end);
    if (i + 1u < supply.grants.count && supply.grants.list[i + 1u].start < to)
        to = supply.grants.list[i + 1u].start;
    return (struct grant){end, to};
}

static void watch(struct grant bytes)
{
    contents_fill(bytes.start, bytes.end - bytes.start, SUPPLY_WATCHED);
    memory_poison(bytes.start, bytes.end - bytes.start);
}

static bool watched_intact(struct grant bytes, struct violation *violation)
{
    uintptr_t size = bytes.end - bytes.start;
    uintptr_t other = contents_find_other(bytes.start, size, SUPPLY_WATCHED);
    return other == size ||
           violation_set(violation, RULE_A4, (uint32_t)(bytes.start + other), SUPPLY_WATCHED,
                         contents_read(bytes.start + other, 1), "a byte that was not granted, at");
}

/* The part of them that is looked at after each operation: what lies next to the grant. */
static struct grant nearest(struct grant bytes, bool behind, bool all)
{
    if (all || bytes.end - bytes.start <= NEAR_BYTES)
        return bytes;
    return behind ? (struct grant){bytes.start, bytes.start + NEAR_BYTES}
                  : (struct grant){bytes.end - NEAR_BYTES, bytes.end};
}

bool supply_rule_A4(bool all, struct violation *violation)
{
    if (supply.memory != ADAPTER_POOL && supply.memory != ADAPTER_SBRK)
        return true; /* grants are of whole pages, or not of the window */
    for (uint32_t i = 0; i < supply.grants.count; i++)
        if (!watched_intact(nearest(watched_before(i), false, all), violation) ||
            !watched_intact(nearest(watched_behind(i), true, all), violation))
            return false;
    return true;
}

bool supply_rule_A16(struct violation *violation)
{
    if (supply.violation.rule == RULE_NONE)
        return true;
    *violation = supply.violation;
    return false;
}

static void fresh(uintptr_t start, uintptr_t end)
{
    if (end - start > WRITTEN_MAX)
        memory_zero(page_down(start), page_up(end));
    else
        contents_fill(start, end - start, adapter.zeros ? 0 : SUPPLY_FRESH);
    if (!adapter.zeros)
        contents_fill(start, end - start < MEMORY_PAGE ? end - start : MEMORY_PAGE, SUPPLY_FRESH);
}

/* What a hook comes upon is judged when the call has returned. */
static struct violation *first_violation(void)
{
    static struct violation later;
    return supply.violation.rule == RULE_NONE ? &supply.violation : &later;
}

/* The bytes around a range are about to be watched anew: they must be as they were. */
static void judge_watched(uintptr_t start)
{
    uint32_t i = grants_find(&supply.grants, start);
    for (uint32_t k = i > 0 ? i - 1u : 0; k <= i && k < supply.grants.count; k++) {
        (void)watched_intact(watched_before(k), first_violation());
        (void)watched_intact(watched_behind(k), first_violation());
    }
}

bool supply_grant(uintptr_t start, uintptr_t end)
{
    judge_watched(start);
    /* The pages at both ends may be accessible already, and must stay as they are but for this. */
    uintptr_t from = page_down(start);
    uintptr_t to = page_up(end);
    bool shared = !grants_spare(&supply.grants, from, to);
    if (!grants_add(&supply.grants, start, end))
        return false;
    if (!memory_allow(from, to)) {
        (void)grants_remove(&supply.grants, start, end);
        return false;
    }
    memory_unpoison(start, end - start);
    if (shared)
        contents_fill(start, end - start, adapter.zeros ? 0 : SUPPLY_FRESH);
    else
        fresh(start, end);
    uint32_t i = grants_find(&supply.grants, start);
    watch(watched_before(i));
    watch(watched_behind(i));
    return true;
}

bool supply_revoke(uintptr_t start, uintptr_t end)
{
    judge_watched(start);
    if (!grants_remove(&supply.grants, start, end))
        return false;
    uintptr_t from = page_down(start);
    uintptr_t to = page_up(end);
    /* Pages that others have a part in stay accessible, and are watched there. */
    if (from < start && !grants_spare(&supply.grants, from, start))
        from += MEMORY_PAGE;
    if (end < to && from < to && !grants_spare(&supply.grants, end, to))
        to -= MEMORY_PAGE;
    if (from < to)
        memory_forbid(from, to);
    uint32_t i = grants_find(&supply.grants, start);
    if (i > 0)
        watch(watched_behind(i - 1u));
    if (i < supply.grants.count)
        watch(watched_before(i));
    return true;
}

bool supply_begin(enum adapter_memory memory, const struct supply_window *window)
{
    bool pool = memory == ADAPTER_POOL;
    supply.memory = memory;
    supply.window = *window;
    supply.grants.count = 0;
    supply.break_at = window->start;
    supply.pages_taken = 0;
    supply.pages_left = window->page_count;
    supply.request_count = 0;
    supply.refusal_count = 0;
    supply.injected_count = 0;
    supply.refuse_request = 0;
    supply.refuse_on = false;
    supply.violation = (struct violation){0};
    if (!memory_only(page_down(window->start),
                     pool ? page_up(window->limit) : page_down(window->start)))
        return false;
    return !pool || window->start == window->limit || supply_grant(window->start, window->limit);
}

/* Counts a request of a hook for page_count pages. Returns true if it is to be refused. */
static bool request_refused(uintptr_t page_count)
{
    uint32_t request = ++supply.request_count;
    bool injected =
        supply.refuse_request != 0 &&
        (supply.refuse_on ? request >= supply.refuse_request : request == supply.refuse_request);
    if (!injected && page_count <= supply.pages_left)
        return false;
    supply.refusal_count++;
    supply.injected_count += injected;
    return true;
}

static bool refuse(void)
{
    supply.refusal_count++;
    return false;
}

static void taken(uintptr_t page_count)
{
    supply.pages_taken += page_count;
    supply.pages_left -= page_count;
}

static void given(uintptr_t page_count)
{
    supply.pages_taken -= page_count;
    supply.pages_left += page_count;
}

/* Rule A16: a hook is used as adapter.h says. The call goes on, and is judged when it returns. */
static bool rule_A16(bool holds, uintptr_t at, uintptr_t found, const char *what)
{
    return holds ||
           violation_set(first_violation(), RULE_A16, (uint32_t)at, 0, (uint32_t)found, what);
}

/* Rule A1 of what lives in memory that is given back: it stays granted then. */
static bool rule_A1(uintptr_t start, uintptr_t end)
{
    const struct model_block *block =
        supply.live != NULL ? model_at_or_below(supply.live, end - 1u) : NULL;
    return block == NULL || block->at + block->usable_bytes <= start ||
           violation_set(first_violation(), RULE_A1, (uint32_t)block->at, 0, (uint32_t)start,
                         "memory given back from (found) on, and in it the live block at");
}

uintptr_t supply_break_room(void)
{
    /* Runs of pages lie behind the break, and may touch it: then they are one grant with what is
     * below. */
    uint32_t i = grants_find(&supply.grants, supply.break_at);
    uintptr_t end = i < supply.grants.count ? supply.grants.list[i].start : supply.window.limit;
    return end > supply.break_at ? end - supply.break_at : 0;
}

static bool hook_allowed(enum adapter_memory memory)
{
    return rule_A16(supply.memory == memory, supply.window.start, (uintptr_t)supply.memory,
                    "a hook that is not for this kind of memory (found), window at") &&
           rule_A16(supply.calling, supply.window.start, 0,
                    "a hook called from outside of the adapter's functions, window at");
}

/* The pages that a break takes, which may begin inside one. */
static uintptr_t break_pages(uintptr_t at)
{
    uintptr_t start = supply.window.start;
    return at == start ? 0 : (page_up(at) - page_down(start)) / MEMORY_PAGE;
}

uintptr_t supply_break_end(void)
{
    uintptr_t at = supply.break_at;
    uintptr_t room = supply_break_room();
    uintptr_t paid = at == supply.window.start ? page_down(at) : page_up(at);
    uintptr_t pages = room / MEMORY_PAGE + 1u;
    uintptr_t end = paid + (supply.pages_left < pages ? supply.pages_left : pages) * MEMORY_PAGE;
    return end < at ? at : end - at < room ? end : at + room;
}

void *supply_sbrk(intptr_t increment)
{
    uintptr_t old = supply.break_at;
    void *const refused = (void *)UINTPTR_MAX;
    if (!hook_allowed(ADAPTER_SBRK))
        return refused;
    if (increment < 0) {
        uintptr_t less = (uintptr_t)0 - (uintptr_t)increment;
        if (!rule_A16(less <= old - supply.window.start, old, less,
                      "adapter_sbrk by more bytes down (found) than were granted, break at"))
            return refused;
        if (!rule_A1(old - less, old) || !supply_revoke(old - less, old))
            return refused;
        supply.break_at = old - less;
        given(break_pages(old) - break_pages(old - less));
    } else if (increment > 0) {
        uintptr_t more = (uintptr_t)increment;
        if (more > supply_break_room()) {
            supply.request_count++;
            (void)refuse();
            return refused;
        }
        uintptr_t page_count = break_pages(old + more) - break_pages(old);
        if (request_refused(page_count))
            return refused;
        if (!supply_grant(old, old + more)) {
            (void)refuse();
            return refused;
        }
        supply.break_at = old + more;
        taken(page_count);
    }
    return (void *)old;
}

/* Where page_count pages in a row are that are not granted, as high as they can be: above a break
 * that goes up. 0: nowhere. */
static uintptr_t run_find_high(uintptr_t page_count)
{
    uintptr_t to = page_down(supply.window.limit);
    uintptr_t low = page_up(supply.break_at);
    for (uint32_t i = supply.grants.count; i > 0 && supply.grants.list[i - 1u].end > low; i--) {
        uintptr_t end = supply.grants.list[i - 1u].end;
        if (to > end && (to - end) / MEMORY_PAGE >= page_count)
            return to - page_count * MEMORY_PAGE;
        to = supply.grants.list[i - 1u].start;
    }
    return to > low && (to - low) / MEMORY_PAGE >= page_count ? to - page_count * MEMORY_PAGE : 0;
}

/* The lowest of them. */
static uintptr_t run_find(uintptr_t page_count)
{
    uintptr_t from = page_up(supply.window.start);
    uintptr_t limit = page_down(supply.window.limit);
    for (uint32_t i = 0; i <= supply.grants.count; i++) {
        uintptr_t to = i < supply.grants.count ? supply.grants.list[i].start : limit;
        if (to > from && (to - from) / MEMORY_PAGE >= page_count)
            return from;
        if (i < supply.grants.count)
            from = supply.grants.list[i].end;
    }
    return 0;
}

static bool pages_grant(uintptr_t at, uintptr_t page_count)
{
    if (at == 0 || !supply_grant(at, at + page_count * MEMORY_PAGE))
        return refuse();
    taken(page_count);
    return true;
}

static void pages_revoke(uintptr_t at, uintptr_t page_count, const char *what)
{
    /* What lies below the break goes back by moving that. */
    uintptr_t low = page_up(supply.break_at);
    if (page_count == 0)
        return;
    uintptr_t end = at + page_count * MEMORY_PAGE;
    if (rule_A16(at % MEMORY_PAGE == 0 && at >= low && page_count <= supply.pages_taken &&
                     grants_cover(&supply.grants, at, end),
                 at, page_count, what) &&
        rule_A1(at, end) && supply_revoke(at, end))
        given(page_count);
}

static bool pages_allowed(void)
{
    return hook_allowed(supply.memory == ADAPTER_SBRK ? ADAPTER_SBRK : ADAPTER_PAGES);
}

void *supply_pages_take(size_t page_count)
{
    if (!pages_allowed() || page_count == 0)
        return NULL;
    if (request_refused(page_count))
        return NULL;
    uintptr_t at = supply.memory == ADAPTER_SBRK ? run_find_high(page_count) : run_find(page_count);
    return pages_grant(at, page_count) ? (void *)at : NULL;
}

void supply_pages_give(void *at, size_t page_count)
{
    if (pages_allowed())
        pages_revoke((uintptr_t)at, page_count,
                     "adapter_pages_give of pages (found: how many) that were not granted, at");
}

bool supply_map(void *at, size_t page_count)
{
    uintptr_t start = (uintptr_t)at;
    if (!hook_allowed(ADAPTER_MAP) || page_count == 0)
        return false;
    uintptr_t room = start < supply.window.limit ? (supply.window.limit - start) / MEMORY_PAGE : 0;
    if (!rule_A16(
            start % MEMORY_PAGE == 0 && start >= supply.window.start && page_count <= room &&
                grants_spare(&supply.grants, start, start + page_count * MEMORY_PAGE),
            start, page_count,
            "adapter_map of pages (found: how many) outside of the window or granted already, "
            "at"))
        return false;
    return !request_refused(page_count) && pages_grant(start, page_count);
}

void supply_unmap(void *at, size_t page_count)
{
    if (hook_allowed(ADAPTER_MAP))
        pages_revoke((uintptr_t)at, page_count,
                     "adapter_unmap of pages (found: how many) that were not granted, at");
}

bool supply_may_take(void)
{
    return hook_allowed(supply.memory == ADAPTER_MAP ? ADAPTER_MAP : ADAPTER_OWN) &&
           !request_refused(0);
}

void adapter_arena(void *start, void *limit)
{
    uintptr_t from = (uintptr_t)start;
    uintptr_t to = (uintptr_t)limit;
    if (hook_allowed(ADAPTER_OWN))
        (void)rule_A16(from < to && grants_spare(&supply.grants, from, to) &&
                           grants_add(&supply.grants, from, to),
                       from, to, "adapter_arena of nothing, or of what it has told already, at");
}
