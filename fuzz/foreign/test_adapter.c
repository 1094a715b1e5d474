/* To the harness `adapter' is a constant of another file. Here it is a variable, of the same
 * layout: its declaration gets another name. */
#define adapter adapter_of_tests
#include "fuzz/foreign/test_adapter.h"
#undef adapter

struct adapter_of_tests adapter;

void test_adapter_set(const struct adapter_of_tests *declared)
{
    adapter = *declared;
}
