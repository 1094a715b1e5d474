#include "heap/misuse.h"

#include "heap/verify.h"

const char *misuse_reason_text(enum misuse_reason reason)
{
    switch (reason) {
    case MISUSE_NONE: return "none";
    case MISUSE_MISALIGNED: return "misaligned pointer";
    case MISUSE_FOREIGN: return "pointer outside the heap";
    case MISUSE_NOT_A_BLOCK: return "no block starts there";
    case MISUSE_TAGS_DISAGREE: return "header and footer disagree";
    case MISUSE_DOUBLE_FREE: return "double free";
    case MISUSE_DAMAGED_NEIGHBOUR: return "damaged neighbour";
    case MISUSE_DAMAGED_LINK: return "damaged free block";
    }
    return "unknown";
}

const char *misuse_call_text(enum misuse_call call)
{
    switch (call) {
    case MISUSE_KMALLOC: return "kmalloc";
    case MISUSE_KFREE: return "kfree";
    case MISUSE_KREALLOC: return "krealloc";
    case MISUSE_USABLE_SIZE: return "kmalloc_usable_size";
    case MISUSE_RECLAIM: return "heap_reclaim";
    case MISUSE_STATS: return "heap_stats";
    }
    return "unknown";
}

/* The word at `at` as it stands in memory, or 0 where there is none to read. */
static uint32_t word_if_readable(const struct heap *heap, uint32_t at)
{
    return verify_readable(heap, at) ? machine_load(vaddr_of(at)) : 0;
}

void misuse_report(const struct heap *heap, enum misuse_reason reason, enum misuse_call call,
                   vaddr_t at)
{
    uint32_t header_at = at.v - 4u;
    struct misuse misuse = {
        .reason = reason,
        .call = call,
        .at = at,
        .header = word_if_readable(heap, header_at),
        .previous_footer = word_if_readable(heap, header_at - 4u),
    };
    if (verify_readable(heap, header_at)) {
        uint32_t end = header_at + tag_size(tag_load(heap, header_at));
        misuse.footer = word_if_readable(heap, end - 4u);
        misuse.next_header = word_if_readable(heap, end);
    }
    heap_count(heap, HEAP_MISUSES, 1);
    machine_misuse(&misuse);
}
