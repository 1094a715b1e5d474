/* Measuring what checks cost: the same inputs run with and without them, side by side.
 *
 * A machine that others use is slower at one time than at another, and does not say so. Therefore
 * everything that is compared runs in one process and in turns (none, step, step, none, ...), in
 * several rounds, and ratios are taken within a round, before their median is: what slows a whole
 * round down cancels out. Times are CPU times of the process (CLOCK_PROCESS_CPUTIME_ID): they do
 * not contain the turns of others, though still what others do to caches and clock rates. Wall
 * times (CLOCK_MONOTONIC) stand beside them. */
#ifndef KHEAP_FUZZ_TOOL_BENCH_H
#define KHEAP_FUZZ_TOOL_BENCH_H

#include "fuzz/file.h"
#include "fuzz/session.h"

#define BENCH_ROUNDS_MAX 99u

/* A measurement lasts at least for so many operations: a shorter set is run again and again. */
#define BENCH_OPERATIONS_MIN 100000u

/* The most live objects: of their mixed sizes, the frames of a trace hold half as many again. */
#define BENCH_LIVE_MAX 500000u

struct bench_input {
    const uint8_t *data;
    uint32_t size_bytes;
};

/* Inputs in memory that are run one after the other. All zeros is an empty set. */
struct bench_set {
    struct file *files; /* what the inputs point into */
    uint32_t file_count;
    struct bench_input *inputs;
    uint32_t input_count;
    uint64_t operation_count; /* of all inputs together */
};

/* Adds the input in a file, or the inputs of a pack. Returns false with *error set if it is
 * unreadable, or there is no memory for it; then the set can only be freed. */
bool bench_set_read(struct bench_set *set, const char *path, struct line *error);

/* The same with what is in memory already, malloc'ed, and belongs to the set from now on. */
bool bench_set_add(struct bench_set *set, const char *name, struct file *file, struct line *error);

void bench_set_free(struct bench_set *set);

/* Makes two traces of a synthetic load, always the same. The first fills the heap with object_count
 * objects and replaces half as many, each time a random one, so that what is free lies scattered.
 * The second begins in the same way, and goes on for operation_count operations: in turns, a random
 * object is freed and another one allocated. Sizes are mixed as those of kernels are: 8 to 4096
 * bytes, mostly small, half of them powers of two. Returns false with *error set if there is no
 * memory for them.
 *
 * Requires 1 <= object_count <= BENCH_LIVE_MAX, and an even operation_count. */
bool bench_live_make(struct bench_set *filled, struct bench_set *steady, uint32_t object_count,
                     uint32_t operation_count, struct line *error);

struct bench_seconds {
    double cpu;
    double wall;
};

/* A set, how it is checked, and for each round the seconds of one pass over it. */
struct bench_variant {
    const struct bench_set *set;
    enum session_check check;
    struct bench_seconds rounds[BENCH_ROUNDS_MAX];
};

enum bench_result {
    BENCH_OK,
    BENCH_INTERRUPTED,
    BENCH_VIOLATION, /* an input broke a rule: *error says which */
    BENCH_REFUSED,   /* an input cannot be run: *error says why */
};

/* Measures the variants in turns, after a round that does not count, and shows its progress on
 * standard error. What a run costs is all of it: decoding, the core on its port, the model, the
 * checks; and, at its end, contents read again, everything freed, and a full check. *rounds_done
 * counts the rounds that were completed, which is less than asked for only if it was ended. */
enum bench_result bench_measure(struct bench_variant *variants, uint32_t variant_count,
                                uint32_t round_count, uint32_t *rounds_done, struct line *error);

/* Announces variants that bench_measure will be called for, so that the time left can be foretold.
 * To be called for all of them before the first is measured. */
void bench_expect(const struct bench_variant *variants, uint32_t variant_count,
                  uint32_t round_count);

/* From now on SIGINT and SIGTERM end bench_measure, after the run that is going on.
 * bench_interrupted tells which it was; 0: none. */
void bench_catch_interrupts(void);
int bench_interrupted(void);

/* The median of numbers, and between which they lie. */
struct bench_figure {
    double median;
    double least;
    double greatest;
};

/* Requires 1 <= count <= BENCH_ROUNDS_MAX. */
struct bench_figure bench_figure_of(const double *values, uint32_t count);

#endif
