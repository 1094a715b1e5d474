#include "boot/asan/trace.h"

#include "boot/call_chain.h"
#include "boot/serial.h"
#include "boot/symbols.h"

static uint32_t word_at(uint32_t at)
{
    return *(const uint32_t *)at;
}

void trace_take(struct trace *trace, const void *frame)
{
    uint32_t ebp = (uint32_t)(uintptr_t)frame;
    struct call_chain chain = call_chain_at(ebp);
    uint32_t i = 0;
    for (; i < TRACE_DEPTH && call_chain_next(&chain, ebp); ebp = word_at(ebp))
        trace->calls[i++] = word_at(ebp + FRAME_RETURN);
    while (i < TRACE_DEPTH)
        trace->calls[i++] = 0;
}

void trace_print(const char *heading, const struct trace *trace)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   ");
    line_text(&line, heading);
    serial_line(&line);
    for (uint32_t i = 0; i < TRACE_DEPTH && trace->calls[i] != 0; i++) {
        line_text(&line, "kheap:     #");
        line_decimal(&line, i);
        line_text(&line, " ");
        line_hex(&line, trace->calls[i], 8);
        symbol_text_return(&line, trace->calls[i]);
        serial_line(&line);
    }
}
