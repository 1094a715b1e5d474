/* Without AddressSanitizer nothing is poisoned. */
#include "fuzz/foreign/memory.h"

void memory_poison(uintptr_t at, uintptr_t size_bytes)
{
    (void)at;
    (void)size_bytes;
}

void memory_unpoison(uintptr_t at, uintptr_t size_bytes)
{
    (void)at;
    (void)size_bytes;
}
