/* Runs of texts on the tests' allocator. */
#ifndef KHEAP_FUZZ_FOREIGN_TEST_RUN_H
#define KHEAP_FUZZ_FOREIGN_TEST_RUN_H

#include "fuzz/foreign/test_adapter.h"
#include "fuzz/foreign/test_heap.h"
#include "fuzz/session.h"

/* The adapter that runs from now on have, and what they make of it. */
void test_declare(const struct adapter *declared);

/* Operations, as lines (fuzz/op_text.h) without the first one. What is asked of the run beside them
 * is `plan', or nothing if it is null. */
struct verdict test_run_planned(const char *text, const struct session_plan *plan);
struct verdict test_run(const char *text);

/* Runs it on the right allocator, which must be fine, and with a mistake, of which `rule' alone
 * must be broken, by the operation of this number. */
void test_breaks(enum test_mistake mistake, enum rule rule, uint32_t operation, const char *text);

/* Runs it with the mistake, of which nothing must be found. */
void test_passes(enum test_mistake mistake, const char *text);

#endif
