/* One input run on a foreign allocator, from a fresh heap to the verdict.
 *
 * It is to an adapter what a session (fuzz/session.h) is to the core: it takes the same operations
 * and gives the same verdicts, but sees the allocator only from outside. It is freestanding and
 * never allocates.
 *
 * Always checked, or where the adapter declares it:
 *
 * A1-A3    fuzz/foreign/model.h
 * A4, A16  fuzz/foreign/supply.h
 * A5       a call comes to an end, and does not crash
 * A6       zeroed memory is zero, and a product that wraps is refused
 * A7       the usable size is at least what was asked for
 * A8       the allocator finds itself whole
 * A9       a block is aligned as declared and as asked
 * A10      a refusal is justified: no stretch of memory is as long as what `needs` says
 * A11      an empty heap grants what a fresh one grants
 * A12      in a full heap, what was freed can be had again
 * A13      a resize to the same size or less is not refused
 * A14      a misuse is reported once, and nothing else is
 * A15      a call runs through no more basic blocks than declared */
#ifndef KHEAP_FUZZ_FOREIGN_RUN_H
#define KHEAP_FUZZ_FOREIGN_RUN_H

#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/model.h"
#include "fuzz/foreign/supply.h"
#include "fuzz/session.h"

/* Blocks that greedy operations hold beside those in slots. */
#define RUN_CROWD_MAX 64u

/* No call runs through more basic blocks than this: one that does hangs. */
#define RUN_STEPS_MAX (1u << 26)

/* A pool has a page for each frame of the input's machine, less 4 bytes for each page that the
 * window's length is over a multiple of this: so that limits differ. */
#define RUN_TAIL_PAGES 1024u

struct run {
    struct op_config config;
    struct session_plan plan;
    struct model model;
    uint32_t crowd_at; /* the first slot behind the input's */
    uint32_t crowd_count;
    bool made;            /* init has succeeded */
    bool touched;         /* the operation let a block come or go */
    bool validating;      /* a call of validate is being made */
    uint32_t unvalidated; /* so many operations more without one */
    uintptr_t largest;    /* what the fresh heap granted; 0: not known, or it has shrunk since */
    uint32_t steps;       /* the most of a call of this operation */
    uint32_t call_count;
    uint32_t misuse_count; /* reported in this operation */
    uintptr_t misuse_at;
    const char *why; /* the allocator has given up */
    uint32_t refusal_count;
    uint32_t supply_refusals; /* before the operation */
    uint32_t supply_injected; /* of these, the injected */
    struct op op;
    uint32_t operation_count;
    uint32_t applied_count;
    uint32_t requests; /* of hooks, up to the end */
    uint64_t digest;
    struct violation violation;
};

/* The bytes that a run for slot_count slots needs, and a run made in so many, zeroed and aligned to
 * 8. */
uint64_t run_size_bytes(uint32_t slot_count);
struct run *run_make(void *memory, uint32_t slot_count);

/* Makes the heap of an input's machine: the first part of run_input. Returns run->made. */
bool run_begin(struct run *run, const struct op_config *config);

/* As input_open (fuzz/input.h). A trace's frames are what the core needs for it: a foreign heap,
 * which may need more, gets twice as many. */
const char *run_open(struct input *input, const uint8_t *data, uint32_t size_bytes);

/* Runs one input. Requires input->slot_count to be within the run's, and memory_open. A fault or a
 * call without end does not return here. */
void run_input(struct run *run, struct input *input, const struct session_plan *plan,
               struct verdict *verdict);

/* The verdict of a run that cannot go on: the allocator accessed `at`, or its processor or itself
 * gave up (rule A4 for an address in the window's surroundings, otherwise A5), or did not come to
 * an end. */
void run_faulted(struct run *run, uintptr_t at, const char *what, struct verdict *verdict);
void run_endless(struct run *run, struct verdict *verdict);

/* The verdict of a run whose allocator has given up: rule A8; or all is well, for it was a misuse
 * that it says that it detects. */
void run_given_up(struct run *run, struct verdict *verdict);

/* To be called when a call has gone on for too long: provided by the machine, does not return. */
_Noreturn void run_exhausted(void);

/* Likewise, when it has given up. */
_Noreturn void run_panicked(void);

/* The window that an input's machine has; and the one that an operation `window' asks for, of size
 * 0 if it asks for none. */
struct supply_window run_window(const struct op_config *config);
struct supply_window run_window_of_op(const struct op_config *config, const struct op *op);

/* By how much an operation moves the window's limit up, or how long the stretch is that it appends.
 */
uintptr_t run_stretch(const struct op *op);

/* A size of an operation, as an argument of this process's calls. Below 2^31 it is itself. Where
 * sizes have 64 bits, from there on it stands for 2^k + d: k is 32 to 63 by its bits 24 to 30
 * modulo 32, d its low 24 bits as a signed number; with the top 8 bits all set, for 2^64 - d. */
size_t run_size(uint32_t n);

/* The largest size to be asked for. */
static inline size_t run_asked_max(void)
{
    return adapter.asked_max != 0 ? adapter.asked_max : SIZE_MAX;
}

/* What the adapter does not declare, and so is not checked: rule ids with their claims, a line
 * each, are given to `tell`. */
void run_unchecked(void (*tell)(const char *id, const char *claim));

#endif
