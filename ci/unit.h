/* Unit tests: a test is a claim and a function.
 *
 *     TEST(free_merges_both_neighbours)
 *     {
 *         EXPECT(condition);
 *         EXPECT_EQUAL(found, expected);
 *     }
 *     TEST_MAIN(RUN(free_merges_both_neighbours) RUN(...))
 *
 * A failed expectation prints where and what, and ends the process with status 1: a test that goes
 * on after a broken heap says nothing that can be believed. */
#ifndef KHEAP_CI_UNIT_H
#define KHEAP_CI_UNIT_H

#include <stdio.h>
#include <stdlib.h>

#define TEST(name) static void name(void)

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s: expected %s\n", __FILE__, __LINE__, __func__, #condition);          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define EXPECT_EQUAL(found, expected)                                                              \
    do {                                                                                           \
        unsigned long long found_ = (unsigned long long)(found);                                   \
        unsigned long long expected_ = (unsigned long long)(expected);                             \
        if (found_ != expected_) {                                                                 \
            printf("%s:%d: %s: %s is %llu (0x%llx), expected %llu (0x%llx)\n", __FILE__, __LINE__, \
                   __func__, #found, found_, found_, expected_, expected_);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define RUN(name)                                                                                  \
    do {                                                                                           \
        printf("%s\n", #name);                                                                     \
        (void)fflush(stdout);                                                                      \
        name();                                                                                    \
    } while (0);

#define TEST_MAIN(runs)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        runs return 0;                                                                             \
    }

#endif
