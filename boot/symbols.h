/* The names of the kernel's functions, in the kernel itself, so that what it says needs no other
 * program to be read. boot/link_with_symbols puts the table there. */
#ifndef KHEAP_BOOT_SYMBOLS_H
#define KHEAP_BOOT_SYMBOLS_H

#include "fuzz/line.h"

/* A function: where it starts, up to the next one. */
struct symbol {
    uint32_t at;
    const char *name;
};

/* The function that `at` lies in; null outside the kernel's text. Cost: logarithmic. */
const struct symbol *symbol_of(uint32_t at);

/* Appends " name+0x12" for an address in the text; otherwise nothing. */
void symbol_text(struct line *line, uint32_t at);

/* The same for an address that a call returns to. A call that does not return may be the last of
 * its function, and then the address is the next one's first. */
void symbol_text_return(struct line *line, uint32_t at);

#endif
