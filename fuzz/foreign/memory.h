/* The addresses that windows of foreign allocators lie in, and which of their pages can be
 * accessed: what a machine provides. memory_host.c is that of a process,
 * boot/foreign/memory_kernel.c the kernel's. */
#ifndef KHEAP_FUZZ_FOREIGN_MEMORY_H
#define KHEAP_FUZZ_FOREIGN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_PAGE 4096u

/* Where windows begin: in a kernel, and in a 32-bit process; in a 64-bit one, its low half. */
#define MEMORY_START 0xC0400000u

/* [start, end), multiples of MEMORY_PAGE. The page before it and the one behind it are never
 * accessible. */
struct memory {
    uintptr_t start;
    uintptr_t end;
};

/* Reserves the addresses; later calls do nothing. Returns null if there are none, and says so with
 * what the system said. No page is accessible yet. */
const struct memory *memory_open(void);

/* Makes pages accessible, or not. All addresses are multiples of MEMORY_PAGE, within memory. What
 * stands in a page that has become accessible is not defined. Returns false if the machine has no
 * memory for it. */
bool memory_allow(uintptr_t from, uintptr_t to);
void memory_forbid(uintptr_t from, uintptr_t to);

/* memory_allow for these pages, and memory_forbid for all others. */
bool memory_only(uintptr_t from, uintptr_t to);

/* Zeroes pages that are accessible. Cost: less than writing them, if they are many. */
void memory_zero(uintptr_t from, uintptr_t to);

/* Has AddressSanitizer report every access of the allocator's to these bytes, or not; where the
 * allocator is not compiled with it, these do nothing. As far as its shadow can say: bytes in front
 * of others that are open, in the same 8, stay open. */
void memory_poison(uintptr_t at, uintptr_t size_bytes);
void memory_unpoison(uintptr_t at, uintptr_t size_bytes);

#endif
