/* For the unit tests of the step: the scene of test_scene.h, a mirror that has taken it, and means
 * to break it as the core would: by words that it stores, which the journal tells the step of.
 *
 * Two mirrors take more addresses than a 32-bit process has. */
#ifndef KHEAP_INVARIANTS_TEST_STEP_H
#define KHEAP_INVARIANTS_TEST_STEP_H

#include "invariants/mirror.h"
#include "invariants/test_scene.h"

extern struct mirror *test_mirror;

/* test_scene_up, with the mirror taken and an empty journal. */
void test_step_up(void);

/* The journal is emptied: what the core writes from here on is what the next step looks at. */
void test_step_begin(void);

/* The step, with no evidence left from before. */
bool test_step(void);

/* Expects a step to find nothing, check_all neither, and the mirror to be what one that is taken
 * afresh is. Begins the next step. */
void test_step_expect_whole(void);

/* Expects a step, over what the core has written since test_step_begin, to find exactly this rule,
 * and check_all the same. Then undoes what was written, and takes the mirror anew. */
void test_step_expect_broken(enum rule rule);

/* The same where the two look in another order, or only one of them sees it (RULE_NONE). */
void test_step_expect_differ(enum rule by_step, enum rule by_all);

/* The same for one word that the core stores. */
void test_step_expect_store(uint32_t at, uint32_t word, enum rule rule);

/* Ends the process unless two mirrors say the same: what the first learnt step by step and what the
 * second took at once. The orders of blocks need only grow along each list. */
void test_mirrors_equal(const struct mirror *stepped, const struct mirror *taken);

/* Stores a word as the core does; and a tag, a table entry, a directory entry. */
void test_store(uint32_t at, uint32_t word);
void test_store_tag(uint32_t at, uint32_t tag);
void test_store_entry(uint32_t page, uint32_t entry);
void test_store_directory(uint32_t slot, uint32_t entry);

/* Where the recursive window shows the entry for `at`. */
static inline uint32_t test_entry_at(uint32_t at)
{
    return TABLES_AT + 4u * (at >> PAGE_SHIFT);
}

#endif
