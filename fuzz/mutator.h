/* A mutator that knows operations: it decodes an input, changes it in ways that mean something to a
 * heap, and encodes it again. Both fuzzing engines use it, each through entry points of its own
 * (fuzz/mutator_libfuzzer.c, fuzz/mutator_afl.c).
 *
 * What it does follows from its arguments alone; its state is only memory that it uses again. */
#ifndef KHEAP_FUZZ_MUTATOR_H
#define KHEAP_FUZZ_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

struct mutator;

/* An input's bytes. */
struct mutator_input {
    const uint8_t *data;
    size_t size_bytes;
};

/* Returns null if there is no memory. */
struct mutator *mutator_make(void);
void mutator_free(struct mutator *mutator);

/* Changes an input in one to four ways, and writes it to the size_max bytes at `out`, which may be
 * where the input lies. Runs of operations are taken from `other` too, if it is not empty. Returns
 * the bytes written, which decode; 0 if there is no room or no memory. */
size_t mutator_mutate(struct mutator *mutator, struct mutator_input input,
                      struct mutator_input other, uint8_t *out, size_t size_max, unsigned seed);

/* Makes one input out of two: the start of the first and a part of the second, or both interleaved.
 * Otherwise as mutator_mutate. */
size_t mutator_crossover(struct mutator *mutator, struct mutator_input first,
                         struct mutator_input second, uint8_t *out, size_t size_max, unsigned seed);

#endif
