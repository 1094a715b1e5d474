/* Poisoning where the allocator is compiled with AddressSanitizer. */
#include <sanitizer/asan_interface.h>

#include "fuzz/foreign/memory.h"

void memory_poison(uintptr_t at, uintptr_t size_bytes)
{
    __asan_poison_memory_region((const void *)at, size_bytes);
}

void memory_unpoison(uintptr_t at, uintptr_t size_bytes)
{
    __asan_unpoison_memory_region((const void *)at, size_bytes);
}
