/* What lies at an address, in words that say why it faults. */
#ifndef KHEAP_BOOT_PLACE_H
#define KHEAP_BOOT_PLACE_H

#include "fuzz/line.h"

/* Appends them to the line: "the null page", "the guard page below the kernel stack". */
void place_text(struct line *line, uint32_t at);

#endif
