/* For the heap's unit tests: a booted machine with a heap on it, the misuses it reported, and what
 * must hold of it at any time. Everything here looks through the probe, never through heap/. */
#ifndef KHEAP_HEAP_TEST_MACHINE_H
#define KHEAP_HEAP_TEST_MACHINE_H

#include "heap/freelist.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/test_boot.h"

#define TEST_FRAMES 2000u
#define TEST_PAGES 1500u
#define TEST_KEY 0x5EED1234u
#define TEST_START vaddr_of(HEAP_WINDOW_START)

/* Runs a test under both policies. */
#define RUN_BOTH(name)                                                                             \
    do {                                                                                           \
        test_policy = HEAP_BINS;                                                                   \
        RUN(name)                                                                                  \
        test_policy = HEAP_FIRST_FIT;                                                              \
        RUN(name)                                                                                  \
    } while (0)

extern enum heap_policy test_policy;
extern struct heap test_heap;

/* What machine_misuse was told since test_heap_up. */
extern struct misuse test_misuse;
extern uint32_t test_misuse_count;

/* A fresh machine with frame_count frames, and a heap in a window of window_pages pages. */
void test_heap_up(uint32_t frame_count, uint32_t window_pages);

/* A hash of the machine and the heap; left out are only the counters of refusals and misuses. */
uint64_t test_heap_state(void);

/* A word of the machine; it must be mapped. */
uint32_t test_word(uint32_t at);

/* A word of the control block. */
uint32_t test_field(uint32_t field);

/* The tag at `at`, decoded: size and flags. */
uint32_t test_tag(uint32_t at);

/* The size of the block of a payload, and whether it is used. */
uint32_t test_size(vaddr_t payload);
bool test_used(vaddr_t payload);

/* Writes a word behind the heap's back. */
void test_poke(uint32_t at, uint32_t word);

/* Allocates; a refusal ends the process. */
vaddr_t test_alloc(uint32_t size_bytes);

/* Writes a pattern into a block's usable bytes, and expects its first size_bytes to hold it. */
void test_write(vaddr_t at, uint32_t seed);
void test_expect(vaddr_t at, uint32_t seed, uint32_t size_bytes);

/* Takes a free block off its list, as the core does, but whether it is believed or not. */
void test_list_remove(block_t block, uint32_t size_bytes);

/* Ends the process unless the heap is whole: blocks tile the extent, no two free neighbours, the
 * lists hold exactly the free blocks, counters, mapped pages, frame bitmap and TLB agree. */
void test_heap_hold(void);

/* True if the heap is as heap_init left it, one free block in one page. */
bool test_heap_fresh(void);

#endif
