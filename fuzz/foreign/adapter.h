/* An adapter: a foreign allocator as the harness sees it. One C file includes this header and
 * defines the constant `adapter`; kheap_add_allocator (fuzz/foreign/allocators.cmake) links it with
 * the allocator's sources.
 *
 * The allocator works in a window, a stretch of addresses from `start` up to, not including,
 * `limit`. How it comes by the window's memory is one of enum adapter_memory. What it was not
 * granted it must not touch: the pages around are guarded, the bytes between the limit and the next
 * page are watched, and so is what it has given back.
 *
 * Allocator and adapter are linked into one sealed object: their symbols are their own (an
 * allocator that defines malloc or sbrk does not replace the process's), and their static
 * variables, zeroed or not, are brought back to what they were before main each time init is
 * called. So init is always called on a fresh allocator, and needs no code to undo an earlier one.
 * What it keeps elsewhere (in libc, in threads, in memory that it takes behind the harness's back)
 * is its own affair.
 *
 * What the adapter declares is checked, and what it does not declare is not, which a run says. Only
 * name, memory, init, alloc and release must be there; leave out the others, or say NULL, 0, false.
 *
 * Never checked are: which addresses are chosen, speed, and what the allocator does to memory that
 * is free. Always checked are (the ids of invariants/rules.h): that a block lies in granted memory
 * (A1) and overlaps no other (A2); that all of its bytes, the usable ones where `usable` is there,
 * can be written and keep what was written until it is freed, wherever it is moved to (A3); that a
 * refusal changes no contents, and a refused resize leaves the old block alone (A3); that nothing
 * is written outside of what was granted (A4); that a call comes to an end, and does not crash
 * (A5); that the hooks are used as they say below (A16), and report no misuse where there is none
 * (A14). */
#ifndef KHEAP_FUZZ_FOREIGN_ADAPTER_H
#define KHEAP_FUZZ_FOREIGN_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the allocator comes by memory. */
enum adapter_memory {
    ADAPTER_POOL,  /* the whole window is its own when init is called */
    ADAPTER_SBRK,  /* nothing is: adapter_sbrk grants the window from its start on; and
                      adapter_pages_take, for who has a mmap beside it, from its limit down */
    ADAPTER_PAGES, /* nothing is: adapter_pages_take grants runs of pages somewhere in it */
    ADAPTER_MAP,   /* nothing is: adapter_map grants pages at addresses that it chooses in it */
    ADAPTER_OWN /* it has memory of its own: where a block may lie is not known, unless init tells
                   it by adapter_arena */
};

struct adapter {
    /* A word of letters, digits, - and _. */
    const char *name;
    enum adapter_memory memory;

    /* Makes the heap. With ADAPTER_POOL it may use all of [start, limit); otherwise that is where
     * the hooks will grant memory. start is a multiple of `start_align`, and limit any address
     * behind it. Returns false if there is too little room; the window is not used then. */
    bool (*init)(void *start, void *limit);

    /* As malloc and free. alloc may be asked for any size, 0 among them: for 0 it may return
     * NULL or a block, of which no byte is used (as may resize's other kin, aligned and zeroed).
     * release is never called with NULL. */
    void *(*alloc)(size_t size_bytes);
    void (*release)(void *at);

    /* From here on all may be left out. */

    /* As realloc, never with NULL or size 0. NULL: refused, and the old block lives on. What it
     * returns need not be aligned as an aligned block was. */
    void *(*resize)(void *at, size_t size_bytes);

    /* As aligned_alloc, with any alignment that is a power of two (at least align_min, up to
     * align_max) and any size. */
    void *(*aligned)(size_t align_bytes, size_t size_bytes);

    /* Frees what `aligned` returned. NULL: release does. */
    void (*release_aligned)(void *at);

    /* As calloc: a product that wraps is to be refused, and what is returned is zero (rule A6). */
    void *(*zeroed)(size_t count, size_t size_bytes);

    /* The bytes of a live block that may be used, at least those asked for (rule A7): the harness
     * uses all of them. It is not asked of a block of size 0. */
    size_t (*usable)(void *at);

    /* ADAPTER_POOL: the window that begins at start, and ended at limit, ends at new_limit from now
     * on: more memory, or less. Returns false if it leaves things as they are. */
    bool (*grow)(void *start, void *limit, void *new_limit);
    bool (*shrink)(void *start, void *limit, void *new_limit);

    /* ADAPTER_POOL: another stretch of memory, of any length, which lies above all others, touches
     * none, and starts at a multiple of start_align. Returns false if it does not want it. */
    bool (*append)(void *start, void *limit);

    /* Gives back free memory, as far as it can. */
    void (*trim)(void);

    /* The allocator's own check of itself: true if all is well (rule A8). Called after every
     * operation on small heaps, and seldom on large ones. */
    bool (*validate)(void);

    /* Windows are no larger and no smaller than this, in bytes. 0: as large as there is room for;
     * any.
     */
    size_t window_max;
    size_t window_min;

    /* Memory that is granted is all zeros; otherwise its first page, at least, never is. */
    bool zeros;

    /* How fine a start of the window it takes: a power of two. 0: 4096. With 1 any address will do.
     */
    size_t start_align;

    /* Every block is at a multiple of this (rule A9). 0: not checked. */
    size_t align_bytes;

    /* The alignments that `aligned` takes. 0: from the size of a pointer, to 4096. */
    size_t align_min;
    size_t align_max;

    /* Blocks of `aligned` are not given to resize. */
    bool aligned_stay;

    /* The largest size that it must ever grant (rule A10). Larger ones are asked for, too. 0: any
     * that there is room for. */
    size_t size_max;

    /* No larger size, count or product is asked of its functions: for who knows that they wrap in
     * it, and wants to see what else there is. 0: every size is. */
    size_t asked_max;

    /* The least waste: a request must be granted (rule A10) if there is a stretch of at least this
     * many bytes between two live blocks, counted from the end of the one's bytes (the usable ones,
     * if `usable` is there) to the start of the other; at the ends of the pool, or of what the
     * hooks have granted or would grant, without the bytes that it keeps there for itself:
     * `front_bytes` and `end_bytes` of each stretch of memory that touches no other. Headers and
     * rounding are included. align_bytes is 0 for a plain request. It is asked after the refusal,
     * of which it may know more: SIZE_MAX excuses it. NULL: any refusal will do. Where a block can
     * keep more than was asked for, as after a resize to less that leaves all as it is, `needs` is
     * right only with `usable`; where the allocator keeps memory of its own between blocks, never.
     */
    size_t (*needs)(size_t align_bytes, size_t size_bytes);
    size_t front_bytes;
    size_t end_bytes;

    /* With nothing live, what a fresh heap in the same window grants is granted again (rule A11);
     * if a hook refuses it, then after a trim. That grow and append have given it more since
     * changes nothing; once shrink has taken some it is not checked. */
    bool empty_as_fresh;

    /* When the heap is full, a block of alloc's that is freed can be had again, by a request for
     * the same size (rule A12). Not for an
     * allocator that looks only in bins of larger sizes. */
    bool same_again;

    /* A resize to the size that was last asked for the block, or to less, is not refused (rule
     * A13).
     */
    bool resize_in_place;

    /* A pointer that is no live block's, given to release, is reported by adapter_misuse, once, or
     * answered by adapter_panic, and nothing else is (rule A14): freed already, inside a block,
     * outside of what was granted. */
    bool misuse_detected;

    /* The most basic blocks of its own code that a call runs through (rule A15), for constant time:
     * loops count, memcpy and memset do not, nor does what a hook does. 0: only that a call ends.
     * It is counted in builds whose compiler can (fuzz/foreign/README.md). */
    uint32_t steps_max;

    /* It may be called from several threads at once: `kheap-NAME stress' does. Hooks may be, too.
     */
    bool threads;
};

extern const struct adapter adapter;

/* The hooks: by these the allocator gets memory. The harness refuses now and then, and a refusal is
 * to leave all live blocks as they are. To be called only from within the adapter's functions. */

/* As sbrk: moves the break by `increment` bytes, which may be negative, and returns where it was.
 * Refuses with (void *)-1; to go down is never refused, but below the window's start it must not.
 */
void *adapter_sbrk(intptr_t increment);

/* Grants a run of page_count pages of 4096 bytes, at a multiple of 4096. NULL: refused. */
void *adapter_pages_take(size_t page_count);

/* Takes pages back: all or a part of what was granted. */
void adapter_pages_give(void *at, size_t page_count);

/* Grants the pages at `at`, a multiple of 4096 in the window, where none must be granted. Returns
 * false if refused. */
bool adapter_map(void *at, size_t page_count);

/* Takes pages back that adapter_map granted. */
void adapter_unmap(void *at, size_t page_count);

/* For ADAPTER_OWN, and with ADAPTER_MAP for what it keeps elsewhere, page tables, say: true if the
 * allocator may now take memory from where it has it, false if it is to behave as if there were
 * none. */
bool adapter_may_take(void);

/* For ADAPTER_OWN, within init: its memory is [start, limit), a static array, say. May be called
 * more than once, for other memory. */
void adapter_arena(void *start, void *limit);

/* A pointer was given to release or resize that is no live block's; NULL if it is not known which.
 * Returns. */
void adapter_misuse(const void *at);

/* The allocator gives up: an assertion does not hold, say. Does not return: the run ends. That is
 * rule A8, or in a misuse, where misuse_detected is declared, all that can be asked for. */
_Noreturn void adapter_panic(const char *why);

#endif
