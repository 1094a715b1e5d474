#include "boot/backtrace.h"

#include <stddef.h>

#include "boot/call_chain.h"
#include "boot/serial.h"
#include "boot/symbols.h"
#include "invariants/eye.h"

#define BACKTRACE_LINES_MAX 32u

extern const uint8_t vector_return[];

struct backtrace {
    struct eye eye;
    struct line line; /* of the last call, if it is not printed yet */
    bool pending;
    uint32_t at; /* its address */
    uint32_t repeated;
    uint32_t line_count;
};

static void print_last(struct backtrace *trace)
{
    if (!trace->pending)
        return;
    if (trace->repeated != 0) {
        line_text(&trace->line, ", and the same again ");
        line_decimal(&trace->line, trace->repeated);
        line_text(&trace->line, " times");
    }
    serial_line(&trace->line);
    trace->line_count++;
    trace->pending = false;
    trace->repeated = 0;
}

static void add(struct backtrace *trace, uint32_t at, bool returns)
{
    if (trace->pending && at == trace->at) {
        trace->repeated++;
        return;
    }
    print_last(trace);
    trace->pending = true;
    trace->at = at;
    line_text(&trace->line, "kheap:     ");
    line_hex(&trace->line, at, 8);
    if (returns)
        symbol_text_return(&trace->line, at);
    else
        symbol_text(&trace->line, at);
    if (symbol_of(at) == NULL)
        line_text(&trace->line, " no function of the kernel");
}

/* The word at `at`, or 0. */
static uint32_t word_at(struct backtrace *trace, uint32_t at)
{
    uint32_t word;
    return at % 4u == 0 && eye_read(&trace->eye, at, &word) ? word : 0;
}

/* Where a jump has led out of the text there is no function to have made a frame: the address to
 * return to is on top of the stack. */
static void add_unframed(struct backtrace *trace, const struct fault *fault)
{
    uint32_t at = word_at(trace, fault->esp);
    if (symbol_of(fault->eip) == NULL && symbol_of(at) != NULL)
        add(trace, at, true);
}

/* If the frame at `ebp` is that of interrupt_dispatch, its argument is what was interrupted. */
static void add_interrupted(struct backtrace *trace, uint32_t ebp)
{
    uint32_t at = word_at(trace, ebp + FRAME_ARGUMENT);
    struct line line;
    print_last(trace);
    line_clear(&line);
    line_text(&line, "kheap:     interrupt, vector ");
    line_decimal(&line, word_at(trace, at + offsetof(struct interrupt_frame, vector)));
    line_text(&line, ", came at");
    serial_line(&line);
    trace->line_count++;
    add(trace, word_at(trace, at + offsetof(struct interrupt_frame, eip)), false);
}

/* Says why no more calls follow, where that is not the end of the chain. */
static void print_end(struct backtrace *trace, uint32_t ebp)
{
    struct line line;
    print_last(trace);
    line_clear(&line);
    line_text(&line, trace->line_count >= BACKTRACE_LINES_MAX
                         ? "kheap:     and more, from the frame at "
                         : "kheap:     lost: no frame is at ");
    line_hex(&line, ebp, 8);
    serial_line(&line);
}

/* Boot's code leaves 0 in EBP, and so does whoever starts on a stack of its own. */
static void add_frames(struct backtrace *trace, uint32_t ebp)
{
    struct call_chain chain = call_chain_at(ebp);
    while (ebp != 0) {
        if (trace->line_count >= BACKTRACE_LINES_MAX || !call_chain_next(&chain, ebp)) {
            print_end(trace, ebp);
            return;
        }
        uint32_t returns_to = word_at(trace, ebp + FRAME_RETURN);
        add(trace, returns_to, true);
        if (returns_to == (uint32_t)(uintptr_t)vector_return)
            add_interrupted(trace, ebp);
        ebp = word_at(trace, ebp);
    }
}

void backtrace_lines(const struct fault *fault)
{
    struct backtrace trace = {.eye = EYE_OPEN};
    serial_text("kheap:   calls, the last first:\n");
    line_clear(&trace.line);
    add(&trace, fault->eip, false);
    add_unframed(&trace, fault);
    add_frames(&trace, fault->ebp);
    print_last(&trace);
}
