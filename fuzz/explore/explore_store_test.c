#include "fuzz/explore/explore_store.h"

#include "ci/unit.h"

#define SIZE_BYTES (1u << 20)

static struct store store;

static enum store_answer enter(uint32_t worker, uint32_t form, origin_t origin)
{
    return store_enter(&store, worker, &form, 1, origin);
}

TEST(a_state_is_new_once)
{
    EXPECT(store_make(&store, SIZE_BYTES, 2));
    EXPECT_EQUAL(enter(0, 5, origin_of(0, 1)), STORE_NEW);
    EXPECT_EQUAL(enter(1, 5, origin_of(0, 2)), STORE_KNOWN);
    EXPECT_EQUAL(enter(1, 6, origin_of(0, 3)), STORE_NEW);
    store_free(&store);
}

/* The same states, found by other workers in another order, get the same numbers. */
TEST(numbers_follow_the_lowest_origins_whoever_found_them)
{
    for (uint32_t order = 0; order < 2u; order++) {
        EXPECT(store_make(&store, SIZE_BYTES, 2));
        EXPECT_EQUAL(enter(order, 1, 0), STORE_NEW);
        store_level(&store);
        EXPECT_EQUAL(store.state_count, 1);
        (void)enter(order, 9, origin_of(0, order == 0 ? 4 : 2));
        (void)enter(1u - order, 8, origin_of(0, 3));
        (void)enter(1u - order, 9, origin_of(0, order == 0 ? 2 : 4));
        store_level(&store);
        EXPECT_EQUAL(store.state_count, 3);
        EXPECT_EQUAL(store.origins[1], origin_of(0, 2));
        EXPECT_EQUAL(store.origins[2], origin_of(0, 3));
        store_free(&store);
    }
}

TEST(a_state_that_is_reached_again_later_keeps_its_origin)
{
    EXPECT(store_make(&store, SIZE_BYTES, 1));
    (void)enter(0, 1, 0);
    store_level(&store);
    (void)enter(0, 2, origin_of(0, 7));
    store_level(&store);
    EXPECT_EQUAL(enter(0, 1, origin_of(1, 1)), STORE_KNOWN);
    (void)enter(0, 3, origin_of(1, 0x7001));
    store_level(&store);
    uint32_t path[2];
    EXPECT_EQUAL(store_path(&store, 2, path, 2), 2);
    EXPECT_EQUAL(path[0], 7);
    EXPECT_EQUAL(path[1], 0x7001);
    EXPECT_EQUAL(store_path(&store, 2, path, 1), 2);
    store_free(&store);
}

TEST(thousands_of_states_are_kept_apart_and_in_order)
{
    EXPECT(store_make(&store, SIZE_BYTES, 1));
    EXPECT(store_verify(&store, SIZE_BYTES));
    (void)enter(0, 1, 0);
    store_level(&store);
    for (uint32_t i = 5000; i > 0; i--)
        EXPECT_EQUAL(enter(0, 1u + i, origin_of(i * 77u, 1u + i % 9u)), STORE_NEW);
    store_level(&store);
    for (uint32_t i = 1; i <= 5000u; i++)
        EXPECT_EQUAL(origin_state(store.origins[i]), i * 77u);
    EXPECT_EQUAL(store.shared->collisions, 0);
    store_free(&store);
}

TEST(a_store_that_is_full_says_so)
{
    EXPECT(store_make(&store, 200000, 1));
    uint32_t form = 0;
    while (enter(0, form, origin_of(form, 1)) == STORE_NEW)
        form++;
    EXPECT(form > 1000 && form < store.state_max);
    EXPECT_EQUAL(enter(0, form, origin_of(form, 1)), STORE_FULL);
    EXPECT_EQUAL(enter(0, 3, origin_of(form, 1)), STORE_KNOWN);
    store_free(&store);
}

/* Two forms under one hash: what the whole forms are kept for. */
TEST(a_collision_is_counted)
{
    EXPECT(store_make(&store, SIZE_BYTES, 1));
    EXPECT(store_verify(&store, SIZE_BYTES));
    (void)enter(0, 1, 0);
    store.forms[1] = 2;
    (void)enter(0, 1, origin_of(0, 1));
    EXPECT_EQUAL(store.shared->collisions, 1);
    store_free(&store);
}

int main(void)
{
    RUN(a_state_is_new_once);
    RUN(numbers_follow_the_lowest_origins_whoever_found_them);
    RUN(a_state_that_is_reached_again_later_keeps_its_origin);
    RUN(thousands_of_states_are_kept_apart_and_in_order);
    RUN(a_store_that_is_full_says_so);
    RUN(a_collision_is_counted);
    return 0;
}
