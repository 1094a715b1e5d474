#include "boot/asan/report.h"

#include <stddef.h>

#include "boot/asan/blocks.h"
#include "boot/asan/places.h"
#include "boot/asan/shadow.h"
#include "boot/exit.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "boot/serial.h"
#include "heap/kmalloc.h"
#include "mmu_x86/probe.h"

/* A wrong access: [at, end), of which `first` is the first byte that is forbidden. */
struct wrong {
    uint32_t at;
    uint32_t end;
    uint32_t first;
    bool of_core; /* which may touch less */
    enum access access;
};

static bool in_window(uint32_t at)
{
    return at >= HEAP_WINDOW_START && at < HEAP_WINDOW_END;
}

/* What the shadow says of a granule; of one that is open in part, what it says of the next. */
static uint8_t reason_at(uint32_t at)
{
    uint8_t byte = shadow_byte(at);
    return byte < GRANULE ? shadow_byte(at + GRANULE) : byte;
}

static const char *heap_kind(const struct block_record *block, uint32_t first)
{
    if (block == NULL)
        return "heap-wild-access";
    if (block->freed)
        return "heap-use-after-free";
    return first < block->at ? "heap-buffer-underflow" : "heap-buffer-overflow";
}

static const char *kind_of(const struct wrong *wrong, const struct block_record *block)
{
    if (wrong->of_core)
        return "core-access-past-the-seam";
    if (in_window(wrong->first))
        return heap_kind(block, wrong->first);
    switch (reason_at(wrong->first)) {
    case SHADOW_STACK_LEFT: return "stack-buffer-underflow";
    case SHADOW_STACK_MIDDLE:
    case SHADOW_STACK_RIGHT: return "stack-buffer-overflow";
    case SHADOW_STACK_SCOPE: return "stack-use-after-scope";
    case SHADOW_GLOBAL: return "global-buffer-overflow";
    default: return wrong->first < PAGE_SIZE ? "null-dereference" : "wild-access";
    }
}

static void head_line(const char *kind)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: AddressSanitizer: ");
    line_text(&line, kind);
    serial_line(&line);
}

static void access_line(const struct wrong *wrong)
{
    struct line line;
    line_clear(&line);
    line_text(&line, wrong->access == ACCESS_WRITE ? "kheap:   write of " : "kheap:   read of ");
    bytes_describe(&line, wrong->end - wrong->at);
    line_text(&line, " at ");
    line_hex(&line, wrong->at, 8);
    serial_line(&line);
}

static void block_lines(const struct wrong *wrong, const struct block_record *block)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   ");
    if (block == NULL) {
        line_text(&line, "no block is known there");
        serial_line(&line);
        return;
    }
    offset_describe(&line, wrong->first, wrong->end, block->at, block->size_bytes);
    line_text(&line, block->freed ? "the freed block of " : "the block of ");
    bytes_describe(&line, block->size_bytes);
    line_text(&line, " at ");
    line_hex(&line, block->at, 8);
    serial_line(&line);
}

/* What is neither a block nor a variable. */
static void other_describe(struct line *line, uint32_t at)
{
    bool direct = at >= DIRECT_AT && at < PROBE_SLOT_DEVICE << TABLE_SHIFT;
    line_text(line, direct            ? "the frame, free or the core's,"
                    : at >= TABLES_AT ? "the page tables"
                                      : "nothing is mapped");
    line_text(line, " at ");
    line_hex(line, direct ? page_round_down(at) : at, 8);
}

static void place_line(const struct wrong *wrong)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   ");
    if (wrong->first - STACK_AT < STACK_SIZE ? !local_describe(&line, wrong->first, wrong->end)
                                             : !global_describe(&line, wrong->first, wrong->end))
        other_describe(&line, wrong->first);
    serial_line(&line);
}

static void block_traces(const struct block_record *block)
{
    if (block == NULL)
        return;
    trace_print("allocated by", &block->allocated_by);
    if (block->freed)
        trace_print("freed by", &block->freed_by);
}

/* The shadow of 16 granules around the byte, its own in brackets. */
static void shadow_line(const struct wrong *wrong)
{
    uint32_t start = (wrong->first & ~127u) - (wrong->first % 128u < 64u ? 64u : 0);
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap:   shadow of ");
    line_hex(&line, start, 8);
    line_text(&line, ":");
    for (uint32_t at = start; at < start + 16u * GRANULE; at += GRANULE) {
        bool its = at / GRANULE == wrong->first / GRANULE;
        line_text(&line, its ? " [" : " ");
        line_hex(&line, shadow_byte(at), 2);
        line_text(&line, its ? "]" : "");
    }
    serial_line(&line);
}

/* Nothing may come between the lines, and nothing can be printed while an interrupt is raised. */
static void report_start(void)
{
    __asm__ volatile("cli" : : : "memory");
    injected_interrupt_cancel();
}

_Noreturn static void report(const struct wrong *wrong, const void *frame)
{
    struct trace trace;
    report_start();
    trace_take(&trace, frame);
    const struct block_record *block = in_window(wrong->first) ? block_of(wrong->first) : NULL;
    head_line(kind_of(wrong, block));
    access_line(wrong);
    if (in_window(wrong->first))
        block_lines(wrong, block);
    else
        place_line(wrong);
    trace_print("accessed by", &trace);
    block_traces(block);
    shadow_line(wrong);
    exit_machine(EXIT_ADDRESS);
}

/* Looks at whole granules where it can. A size that was negative reaches to the last address: what
 * is closed lies before that. */
void access_check(uint32_t at, uint32_t size_bytes, enum access access, const void *frame)
{
    uint32_t end = size_bytes < UINT32_MAX - at ? at + size_bytes : UINT32_MAX;
    for (uint32_t byte = at; byte < end;) {
        if (!shadow_allows(byte))
            report(&(struct wrong){at, end, byte, false, access}, frame);
        byte = shadow_byte(byte) == SHADOW_OPEN ? (byte | (GRANULE - 1u)) + 1u : byte + 1u;
    }
}

/* True if what the direct map shows at `at` is memory that the core manages. What the core reads
 * there of the harness's mostly lies in one page, that of the session. */
static bool is_cores_frame(uint32_t at)
{
    static uint32_t known; /* a frame that is not */
    uint32_t frame = (at - DIRECT_AT) >> PAGE_SHIFT;
    uint32_t found;
    if (at < DIRECT_AT || at >= PROBE_SLOT_DEVICE << TABLE_SHIFT || frame == known)
        return false;
    (void)memory_cut(frame, frame + 1u, 1, &found);
    known = found == 0 ? frame : known;
    return found != 0;
}

void access_check_core(uint32_t at, uint32_t size_bytes, enum access access, const void *frame)
{
    if (at < DIRECT_AT) /* it will fault, as it does without AddressSanitizer */
        return;
    if (at >= HEAP_WINDOW_START || is_cores_frame(at))
        report(&(struct wrong){at, at + size_bytes, at, true, access}, frame);
    access_check(at, size_bytes, access, frame);
}

void report_misuse(const struct misuse *misuse, const void *frame)
{
    struct trace trace;
    struct line line;
    report_start();
    trace_take(&trace, frame);
    const struct block_record *block = in_window(misuse->at.v) ? block_of(misuse->at.v) : NULL;
    head_line(misuse->reason == MISUSE_DOUBLE_FREE ? "double-free" : "bad-free");
    line_clear(&line);
    line_text(&line, "kheap:   ");
    line_text(&line, misuse_call_text(misuse->call));
    line_text(&line, " of ");
    line_hex(&line, misuse->at.v, 8);
    line_text(&line, ": ");
    line_text(&line, misuse_reason_text(misuse->reason));
    serial_line(&line);
    block_lines(&(struct wrong){.first = misuse->at.v, .end = misuse->at.v}, block);
    trace_print("called by", &trace);
    block_traces(block);
    exit_machine(EXIT_ADDRESS);
}
