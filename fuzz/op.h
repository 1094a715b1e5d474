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

/* X(name, text word, arguments): the arguments that it takes, one letter each, in the order of text
 * and bytes: s slot, n size, a arg. What the operations do, by their words and arguments:
 *
 *   a s n                 kmalloc n bytes into slot s
 *   f s                   kfree slot s
 *   r s n                 krealloc slot s to n bytes; an empty slot is null; n may be 0
 *   m s n a               kmalloc_aligned n bytes at a multiple of a into slot s
 *   z s a n               kcalloc a elements of n bytes into slot s
 *   w s                   write new contents into slot s
 *   reclaim n             heap_reclaim n pages
 *
 *   pressure n            another user takes or returns frames until n are free
 *   refuse n              refuse the n-th frame request from now, once; 0: none
 *   refuse-on n           the same, and all requests after it
 *   interrupt a s n       at the a-th point from now where interrupts are enabled, a handler frees
 *                         slot s if it is in use and otherwise allocates n bytes into it
 *   map n                 another user maps page n of the device window
 *   unmap n               and unmaps it
 *
 *   check                 re-read the contents of all live blocks
 *   stats                 compare heap_stats with the model
 *
 * For foreign allocators alone (fuzz/foreign/adapter.h); the core's heap skips them:
 *
 *   window n a            the heap anew, if no block lives: n bytes, a bytes past a page
 *   grow n                the window ends n bytes later
 *   shrink n              and n bytes earlier
 *   append n a            n bytes more, which start a bytes behind all others
 *   greedy n              allocate blocks of n bytes until one is refused, free one, ask again
 *   drain a               free what greedy got, in an order that a says
 *   same s                resize slot s to the size that it has
 *
 *   double-free s         kfree what was last freed from the empty slot s
 *   free-inner s n        kfree 8 * n bytes into slot s
 *   free-misaligned s n   kfree n % 7 + 1 bytes into slot s
 *   free-foreign n        kfree address n, if it lies outside the extent; 0 is no misuse
 *   use-freed s n         krealloc to n bytes, and ask the size of, what was last freed from s
 *   damage-header s a     XOR a into the header of s, kfree, undo
 *   damage-footer s a     the same with its footer
 *   damage-next s a       with the header behind it
 *   damage-previous s a   with the footer before it
 *   damage-link s a       with the next link of the free block behind it
 *   damage-realloc s a    XOR a into the header of s, krealloc, undo */
#define KHEAP_OPS(X)                                                                               \
    X(ALLOC, "a", "sn")                                                                            \
    X(FREE, "f", "s")                                                                              \
    X(REALLOC, "r", "sn")                                                                          \
    X(ALIGNED, "m", "sna")                                                                         \
    X(ZALLOC, "z", "san")                                                                          \
    X(FILL, "w", "s")                                                                              \
    X(RECLAIM, "reclaim", "n")                                                                     \
    X(PRESSURE, "pressure", "n")                                                                   \
    X(REFUSE, "refuse", "n")                                                                       \
    X(REFUSE_ON, "refuse-on", "n")                                                                 \
    X(INTERRUPT, "interrupt", "asn")                                                               \
    X(MAP, "map", "n")                                                                             \
    X(UNMAP, "unmap", "n")                                                                         \
    X(CHECK, "check", "")                                                                          \
    X(STATS, "stats", "")                                                                          \
    X(WINDOW, "window", "na")                                                                      \
    X(GROW, "grow", "n")                                                                           \
    X(SHRINK, "shrink", "n")                                                                       \
    X(APPEND, "append", "na")                                                                      \
    X(GREEDY, "greedy", "n")                                                                       \
    X(DRAIN, "drain", "a")                                                                         \
    X(SAME, "same", "s")                                                                           \
    X(DOUBLE_FREE, "double-free", "s")                                                             \
    X(FREE_INNER, "free-inner", "sn")                                                              \
    X(FREE_MISALIGNED, "free-misaligned", "sn")                                                    \
    X(FREE_FOREIGN, "free-foreign", "n")                                                           \
    X(USE_FREED, "use-freed", "sn")                                                                \
    X(DAMAGE_HEADER, "damage-header", "sa")                                                        \
    X(DAMAGE_FOOTER, "damage-footer", "sa")                                                        \
    X(DAMAGE_NEXT, "damage-next", "sa")                                                            \
    X(DAMAGE_PREVIOUS, "damage-previous", "sa")                                                    \
    X(DAMAGE_LINK, "damage-link", "sa")                                                            \
    X(DAMAGE_REALLOC, "damage-realloc", "sa")

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
#define OP_FRAMES_FUZZED 1280u       /* the fuzzers' bound: enough for a second page table */
#define OP_WINDOW_PAGES_MAX 0x3F800u /* HEAP_WINDOW_END - HEAP_WINDOW_START */

/* The configuration of an input that does not say one: the whole of it can be mapped by one page
 * table, and a few blocks of a few pages exhaust the frames. */
#define OP_POLICY_DEFAULT 0u
#define OP_FRAMES_DEFAULT 64u
#define OP_WINDOW_PAGES_DEFAULT 256u

#define OP_ARGUMENTS_MAX 3u
extern const char op_argument_letters[OP_KIND_COUNT][OP_ARGUMENTS_MAX + 1u];

/* The word that starts an operation's line, and its arguments' letters. Requires kind <
 * OP_KIND_COUNT. */
const char *op_word(enum op_kind kind);

static inline const char *op_arguments(enum op_kind kind)
{
    return op_argument_letters[kind];
}

/* True if it is about a slot; and if it puts a new block into one. */
static inline bool op_takes_slot(enum op_kind kind)
{
    for (const char *letter = op_arguments(kind); *letter != '\0'; letter++)
        if (*letter == 's')
            return true;
    return false;
}

static inline bool op_makes_block(enum op_kind kind)
{
    return kind == OP_ALLOC || kind == OP_ALIGNED || kind == OP_ZALLOC;
}

/* True if it is for foreign allocators alone. */
static inline bool op_is_foreign(enum op_kind kind)
{
    return kind >= OP_WINDOW && kind <= OP_SAME;
}

/* True if it is a call that the caller must not make. */
static inline bool op_is_misuse(enum op_kind kind)
{
    return kind >= OP_DOUBLE_FREE;
}

#endif
