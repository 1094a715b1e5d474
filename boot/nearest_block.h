/* The heap around an address that faulted, read from the tags themselves, for a report. Nothing
 * here faults or believes what it reads: words are read past the page tables in use, and a tag that
 * is none ends the search. */
#ifndef KHEAP_BOOT_NEAREST_BLOCK_H
#define KHEAP_BOOT_NEAREST_BLOCK_H

#include "heap/control.h"

/* The heap that a report is to look at from now on; null: none. It must stay where it is. */
void nearest_block_watch(const struct heap *heap);

/* Prints the block that holds `at`, or the one nearest to it; nothing if no heap is watched. Cost:
 * the blocks before it. */
void nearest_block_lines(uint32_t at);

#endif
