/* The adapter of tests: one that they may change between two runs. */
#ifndef KHEAP_FUZZ_FOREIGN_TEST_ADAPTER_H
#define KHEAP_FUZZ_FOREIGN_TEST_ADAPTER_H

#include "fuzz/foreign/adapter.h"

/* Makes the harness see this adapter from now on. */
void test_adapter_set(const struct adapter *declared);

#endif
