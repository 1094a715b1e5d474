/* AFL++'s entry points to the mutator: a shared object, named in AFL_CUSTOM_MUTATOR_LIBRARY. The
 * interface is the one that AFL++ 4 documents in docs/custom_mutators.md; its headers are not
 * needed for it. */
#include <stdlib.h>

#include "fuzz/mutator.h"
#include "fuzz/random.h"

struct afl_mutator {
    struct mutator *mutator;
    struct random seeds;
    uint8_t *out;
    size_t out_size;
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *input, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max_size);
void afl_custom_deinit(void *data);

/* Returns null, at which AFL++ ends, if there is no memory. */
void *afl_custom_init(void *afl, unsigned int seed)
{
    (void)afl;
    struct afl_mutator *state = calloc(1, sizeof *state);
    if (state == NULL)
        return NULL;
    state->seeds = (struct random){seed};
    state->mutator = mutator_make();
    if (state->mutator == NULL) {
        free(state);
        return NULL;
    }
    return state;
}

/* `other` is another input of AFL++'s queue, to take parts from; it may be null. The bytes at *out
 * are used until the next call. Returns 0, at which AFL++ goes on to the next, if there is no
 * memory. */
size_t afl_custom_fuzz(void *data, uint8_t *input, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max_size)
{
    struct afl_mutator *state = data;
    if (state->out_size < max_size) {
        uint8_t *grown = realloc(state->out, max_size);
        if (grown == NULL)
            return 0;
        state->out = grown;
        state->out_size = max_size;
    }
    *out = state->out;
    struct mutator_input inputs[2] = {{input, size}, {other, other != NULL ? other_size : 0}};
    uint32_t seed = random_next(&state->seeds);
    if (inputs[1].size_bytes != 0 && random_below(&state->seeds, 4) == 0)
        return mutator_crossover(state->mutator, inputs[0], inputs[1], *out, max_size, seed);
    return mutator_mutate(state->mutator, inputs[0], inputs[1], *out, max_size, seed);
}

void afl_custom_deinit(void *data)
{
    struct afl_mutator *state = data;
    mutator_free(state->mutator);
    free(state->out);
    free(state);
}
