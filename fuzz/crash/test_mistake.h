/* Mistakes planted in heap_reclaim, for tests of what happens to failing inputs: with two blocks
 * alive, or with more than 100,000 bytes (MISCOUNTS_LARGE), or with a free block on a list
 * (MISCOUNTS_LISTED), it goes wrong. */
#ifndef KHEAP_FUZZ_CRASH_TEST_MISTAKE_H
#define KHEAP_FUZZ_CRASH_TEST_MISTAKE_H

enum test_mistake {
    MISTAKE_NONE,
    MISCOUNTS,
    MISCOUNTS_LARGE,
    MISCOUNTS_LISTED,
    FAULTS,
    CRASHES,
    SEARCHES,
    HANGS
};

extern enum test_mistake test_mistake;

#endif
