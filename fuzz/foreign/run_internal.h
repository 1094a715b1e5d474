/* The inside of a run, shared by the files that make it up. */
#ifndef KHEAP_FUZZ_FOREIGN_RUN_INTERNAL_H
#define KHEAP_FUZZ_FOREIGN_RUN_INTERNAL_H

#include "fuzz/foreign/run.h"

enum run_outcome {
    RUN_APPLIED,
    RUN_SKIPPED,  /* it does not apply to this state, or to this allocator */
    RUN_VIOLATED, /* run->violation says how */
};

/* Brackets a call of the adapter. */
void run_call(struct run *run);
void run_called(struct run *run);

/* Makes the heap anew in a window; the allocator's variables are what they were before main.
 * Returns false if the allocator does not want the window. */
bool run_heap_make(struct run *run, const struct supply_window *window);

/* The largest request that a fresh heap in this window grants, by trial; 0: none. */
uintptr_t run_largest_fresh(struct run *run, const struct supply_window *window);

/* True if all is looked at after each operation, and not only what it may have changed. */
bool run_thorough(const struct run *run);

/* True if its memory is the system's own, of which it has never told. */
bool run_unbounded(void);

/* Where a size is more than the adapter wants to be asked for, or than this process had better
 * try. */
bool run_size_untried(uintptr_t size_bytes);

/* Takes a result into the model: a block that must be right, or a refusal that must be. `zeroed`:
 * as from calloc. */
enum run_outcome run_enter(struct run *run, uint32_t slot, void *result, uintptr_t size_bytes,
                           uintptr_t align_bytes, bool zeroed);

/* Frees a slot, its contents checked. */
enum run_outcome run_release(struct run *run, uint32_t slot);

/* The operations on blocks, on the window, and misuses. */
enum run_outcome run_apply_block(struct run *run, const struct op *op);
enum run_outcome run_apply_window(struct run *run, const struct op *op);
enum run_outcome run_apply_misuse(struct run *run, const struct op *op);

/* Rule A10. */
bool run_rule_A10(struct run *run, uintptr_t align_bytes, uintptr_t size_bytes);

/* Rule A14, its second half: calls that were in order have reported nothing. */
bool run_rule_A14_good(struct run *run);

/* After an operation: all rules about what it may have changed. */
bool run_check(struct run *run, bool everything);

/* The end: all is read again, digested and freed. */
bool run_end(struct run *run);

void run_digest(struct run *run, uintptr_t number);

#endif
