#include "boot/asan/trace.h"

#include "boot/layout.h"
#include "boot/serial.h"
#include "boot/symbols.h"

/* What PUSH EBP; MOV EBP, ESP leave behind. */
struct frame {
    const struct frame *outer;
    uint32_t caller;
};

static int on_stack(const struct frame *frame)
{
    return (uintptr_t)frame - STACK_AT <= STACK_SIZE - sizeof *frame;
}

void trace_take(struct trace *trace, const void *frame)
{
    const struct frame *at = frame;
    uint32_t i = 0;
    while (i < TRACE_DEPTH && on_stack(at)) {
        trace->calls[i++] = at->caller;
        if (at->outer <= at) /* frames lie above each other, or the chain is damaged */
            break;
        at = at->outer;
    }
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
