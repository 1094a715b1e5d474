/* Operations: what an input asks of the heap and of the machine, in the same form on every port.
 *
 * An input is a configuration and a list of operations. It has three written forms that mean the
 * same: bytes, any of which decode (fuzz/op_bytes.h), text, one operation a line (fuzz/op_text.h),
 * and, for long recorded loads, a packed trace (fuzz/trace.h).
 *
 * Blocks are named by slots. An operation that does not apply (an alloc into a slot that is in use,
 * a free of an empty one) is skipped, so that every list of operations is a valid one. */
#ifndef KHEAP_FUZZ_OP_H
#define KHEAP_FUZZ_OP_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, text word, arguments that it takes, one letter each, in the order of text and bytes):
 * s slot, n size, a arg */
#define KHEAP_OPS(X)                                                                               \
    X(ALLOC, "a", "sn")        /* kmalloc n bytes into slot s */                                   \
    X(FREE, "f", "s")          /* kfree slot s */                                                  \
    X(REALLOC, "r", "sn")      /* krealloc slot s to n bytes; an empty slot is null, n may be 0 */ \
    X(ALIGNED, "m", "sna")     /* kmalloc_aligned n bytes at a multiple of a */                    \
    X(ZALLOC, "z", "san")      /* kcalloc a elements of n bytes */                                 \
    X(FILL, "w", "s")          /* write new contents into slot s */                                \
    X(RECLAIM, "reclaim", "n") /* heap_reclaim n pages */                                          \
    X(PRESSURE, "pressure", "n")   /* another user takes or returns frames until n are free */     \
    X(REFUSE, "refuse", "n")       /* refuse the n-th frame request from now, once; 0: none */     \
    X(REFUSE_ON, "refuse-on", "n") /* the same, and all requests after it */                       \
    X(INTERRUPT, "interrupt",                                                                      \
      "asn")               /* at the a-th point from now where interrupts are enabled, a handler   \
                              frees slot s if it is in use and otherwise allocates n bytes */      \
    X(MAP, "map", "n")     /* another user maps page n of the device window */                     \
    X(UNMAP, "unmap", "n") /* and unmaps it */                                                     \
    X(CHECK, "check", "")  /* re-read the contents of all live blocks */                           \
    X(STATS, "stats", "")  /* compare heap_stats with the model */                                 \
    X(DOUBLE_FREE, "double-free", "s")          /* kfree what was last freed from empty slot s */  \
    X(FREE_INNER, "free-inner", "sn")           /* kfree 8 * n bytes into slot s */                \
    X(FREE_MISALIGNED, "free-misaligned", "sn") /* kfree n % 7 + 1 bytes into slot s */            \
    X(FREE_FOREIGN, "free-foreign", "n") /* kfree address n, if it lies outside the extent */      \
    X(USE_FREED, "use-freed",                                                                      \
      "sn") /* krealloc to n bytes, and size of, what was last freed from s */                     \
    X(DAMAGE_HEADER, "damage-header", "sa")     /* XOR a into the header of s, kfree, undo */      \
    X(DAMAGE_FOOTER, "damage-footer", "sa")     /* the same with its footer */                     \
    X(DAMAGE_NEXT, "damage-next", "sa")         /* with the header behind it */                    \
    X(DAMAGE_PREVIOUS, "damage-previous", "sa") /* with the footer before it */                    \
    X(DAMAGE_LINK, "damage-link", "sa")       /* with the next link of the free block behind it */ \
    X(DAMAGE_REALLOC, "damage-realloc", "sa") /* XOR a into the header of s, krealloc, undo */

#define OP_ENUM(name, word, arguments) OP_##name,
enum op_kind { KHEAP_OPS(OP_ENUM) OP_KIND_COUNT };
#undef OP_ENUM

/* Operands that a kind does not take are 0. */
struct op {
    enum op_kind kind;
    uint32_t slot;
    uint32_t size;
    uint32_t arg;
};

/* The machine and the heap that an input runs on. */
struct op_config {
    uint32_t policy;       /* enum heap_policy: 0 or 1 */
    uint32_t frame_count;  /* frames that the core may manage */
    uint32_t window_pages; /* length of the heap's window, at least 1 */
};

/* Bounds of what bytes and text can name; a trace has its own, in its header. */
#define OP_SLOTS 64u
#define OP_FRAMES_MAX 4096u
#define OP_WINDOW_PAGES_MAX 0x3F800u /* HEAP_WINDOW_END - HEAP_WINDOW_START */
#define OP_DEVICE_PAGES 64u /* pages of the device window: MAP and UNMAP take n modulo this */

/* The word that starts an operation's line, and its arguments' letters. Requires kind <
 * OP_KIND_COUNT. */
const char *op_word(enum op_kind kind);
const char *op_arguments(enum op_kind kind);

#endif
