/* What a mutation picks: operands at which a heap changes its mind, operations that apply, and
 * short runs of operations that lead it into its corners. */
#ifndef KHEAP_FUZZ_MUTATION_PICK_H
#define KHEAP_FUZZ_MUTATION_PICK_H

#include "fuzz/op_list.h"
#include "fuzz/random.h"

/* True if inputs are for a foreign allocator (fuzz/foreign/adapter.h), not for the core: which of
 * pick_core.c and pick_foreign.c is linked. */
extern const bool pick_foreign;

/* Slots in use, one bit each. */
typedef uint64_t slots_t;

/* The slots in use before operation `at`, if no request before it is refused. */
slots_t slots_used(const struct op_list *ops, uint32_t at);

/* A slot that is in use, or one that is not; any if there is none. */
uint32_t pick_slot(struct random *random, slots_t used, bool in_use);

/* A size, mostly at or near one where a block, a bin, a page or the window begins or ends. */
uint32_t pick_size(struct random *random, const struct op_config *config);

/* A value near `number`, or one bit away from it. */
uint32_t pick_near(struct random *random, uint32_t number);

/* One operation, mostly one that applies. */
struct op pick_op(struct random *random, const struct op_config *config, slots_t used);

#define RUN_MAX 48u

struct run {
    struct op ops[RUN_MAX];
    uint32_t count;
};

/* The heap's control block and where it lies (heap/control.h, heap/kmalloc.h; fuzz/mutator_test.c
 * compares). */
#define PICK_CONTROL_BYTES 1984u
#define PICK_WINDOW_AT 0xC0400000u

/* A machine on which the heap can have more than one page table, and a run that needs it. */
void pick_scene(struct random *random, struct op_config *config, slots_t used, struct run *run);

/* A run that makes a situation of its own: a request refused halfway, a block freed between free
 * ones, a hole reclaimed and used again, a misuse. */
void pick_run(struct random *random, const struct op_config *config, slots_t used, struct run *run);

#endif
