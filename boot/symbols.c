#include "boot/symbols.h"

#include <stddef.h>

/* kernel.ld: what boot/link_with_symbols has made, sorted by address. */
extern const struct symbol symbols_start[], symbols_end[];
extern const uint8_t image_start[], image_text_end[];

static uint32_t symbol_count(void)
{
    uint32_t size_bytes = (uint32_t)((uintptr_t)symbols_end - (uintptr_t)symbols_start);
    return size_bytes / (uint32_t)sizeof symbols_start[0];
}

const struct symbol *symbol_of(uint32_t at)
{
    uint32_t low = 0;
    uint32_t high = symbol_count();
    if (at < (uintptr_t)image_start || at >= (uintptr_t)image_text_end)
        return NULL;
    while (low <
           high) { /* those below `low` start at or before `at`, those from `high` on behind */
        uint32_t middle = low + (high - low) / 2u;
        if (symbols_start[middle].at <= at)
            low = middle + 1u;
        else
            high = middle;
    }
    return low == 0 ? NULL : &symbols_start[low - 1u];
}

static void offset_text(struct line *line, const struct symbol *symbol, uint32_t at)
{
    uint32_t digits = 1;
    if (symbol == NULL)
        return;
    while (digits < 8u && (at - symbol->at) >> 4u * digits != 0)
        digits++;
    line_text(line, " ");
    line_text(line, symbol->name);
    line_text(line, "+0x");
    line_hex(line, at - symbol->at, digits);
}

void symbol_text(struct line *line, uint32_t at)
{
    offset_text(line, symbol_of(at), at);
}

void symbol_text_return(struct line *line, uint32_t at)
{
    offset_text(line, symbol_of(at - 1u), at);
}
