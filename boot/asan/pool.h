/* Pages for shadow that is nobody else's, out of memory that the boot has set aside for them. */
#ifndef KHEAP_BOOT_ASAN_POOL_H
#define KHEAP_BOOT_ASAN_POOL_H

#include <stdint.h>

/* Hands over page_count whole pages, seen through the direct map. */
void pool_start(void *pages, uint32_t page_count);

/* A page, of which nobody knows what it holds; it is written to through the direct map. Ends the
 * run if none is left. */
uint32_t *pool_take(void);

void pool_give_back(uint32_t *page);

/* The table entry that maps such a page, with these flags beside the present bit. */
uint32_t pool_entry(const uint32_t *page, uint32_t flags);

#endif
