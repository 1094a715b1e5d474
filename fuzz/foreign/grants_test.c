/* Grants against a map of bytes. */
#include "fuzz/foreign/grants.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/random.h"

#define SPAN 400u
#define BASE 1000u

static struct grants grants;
static bool map[SPAN + 1u]; /* the last is never granted */

static bool all(uint32_t from, uint32_t to, bool granted)
{
    for (uint32_t i = from; i < to; i++)
        if (map[i] != granted)
            return false;
    return true;
}

/* The list says what the map says: the runs of the map, in order, none touching the next. */
static void expect_same(void)
{
    uint32_t i = 0;
    for (uint32_t at = 0; at < SPAN; at++) {
        if (!map[at])
            continue;
        uint32_t end = at;
        while (map[end])
            end++;
        EXPECT(i < grants.count);
        EXPECT_EQUAL(grants.list[i].start, BASE + at);
        EXPECT_EQUAL(grants.list[i].end, BASE + end);
        i++;
        at = end;
    }
    EXPECT_EQUAL(grants.count, i);
}

static void expect_found(uint32_t at)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < grants.count; i++)
        before += grants.list[i].end <= BASE + at;
    EXPECT_EQUAL(grants_find(&grants, BASE + at), before);
}

static uint32_t count(uint32_t from, uint32_t to)
{
    uint32_t bytes = 0;
    for (uint32_t i = from; i < to; i++)
        bytes += map[i];
    return bytes;
}

TEST(random_ranges_leave_what_a_map_of_bytes_says)
{
    struct random random = {7};
    uint32_t added = 0;
    uint32_t removed = 0;
    for (uint32_t n = 0; n < 200000u; n++) {
        uint32_t from = random_below(&random, SPAN);
        uint32_t length = 1u + random_below(&random, n % 3u == 0 ? 60u : 6u);
        uint32_t to = from + length < SPAN ? from + length : SPAN;
        expect_found(from);
        EXPECT_EQUAL(grants_cover(&grants, BASE + from, BASE + to), all(from, to, true));
        EXPECT_EQUAL(grants_spare(&grants, BASE + from, BASE + to), all(from, to, false));
        EXPECT_EQUAL(grants_count_bytes(&grants, BASE + from, BASE + to), count(from, to));
        if (all(from, to, false)) {
            EXPECT(grants_add(&grants, BASE + from, BASE + to));
            memset(map + from, true, to - from);
            added++;
        } else if (all(from, to, true)) {
            EXPECT(grants_remove(&grants, BASE + from, BASE + to));
            memset(map + from, false, to - from);
            removed++;
        }
        expect_same();
    }
    EXPECT(added > 10000u && removed > 10000u);
}

TEST(a_range_too_many_is_refused_and_changes_nothing)
{
    grants.count = 0;
    for (uint32_t i = 0; i < GRANTS_MAX; i++)
        EXPECT(grants_add(&grants, 10u * i, 10u * i + 5u));
    EXPECT(!grants_add(&grants, 10u * GRANTS_MAX, 10u * GRANTS_MAX + 5u));
    EXPECT(!grants_remove(&grants, 2, 3));
    EXPECT_EQUAL(grants.count, GRANTS_MAX);
    EXPECT(grants_cover(&grants, 0, 5));
    EXPECT(!grants_cover(&grants, 0, 6));
    /* What needs no new entry is not. */
    EXPECT(grants_remove(&grants, 0, 2) && grants_remove(&grants, 14, 15));
    EXPECT(grants_add(&grants, 5, 10));
    EXPECT_EQUAL(grants.count, GRANTS_MAX - 1u);
    EXPECT(grants_cover(&grants, 2, 14));
}

int main(void)
{
    RUN(random_ranges_leave_what_a_map_of_bytes_says);
    RUN(a_range_too_many_is_refused_and_changes_nothing);
    return 0;
}
