#include "fuzz/mutator.h"

#include <stdlib.h>

#include "fuzz/mutation.h"
#include "fuzz/mutation_pick.h"

#define CHANGES_MAX 4u

/* Larger inputs are not read beyond this. */
#define INPUT_SIZE_MAX (1u << 24)

struct mutator {
    struct mutation mutation;
};

struct mutator *mutator_make(void)
{
    return calloc(1, sizeof(struct mutator));
}

void mutator_free(struct mutator *mutator)
{
    if (mutator == NULL)
        return;
    op_list_free(&mutator->mutation.ops);
    op_list_free(&mutator->mutation.other);
    op_list_free(&mutator->mutation.scratch);
    free(mutator);
}

static uint32_t size_bounded(size_t size_bytes)
{
    return (uint32_t)(size_bytes < INPUT_SIZE_MAX ? size_bytes : INPUT_SIZE_MAX);
}

static bool decode(struct op_list *ops, struct op_config *config, struct mutator_input input)
{
    static const uint8_t none[1];
    uint32_t size_bytes = size_bounded(input.size_bytes);
    if (!op_list_decode(ops, config, size_bytes != 0 ? input.data : none, size_bytes))
        return false;
    if (config->frame_count > OP_FRAMES_FUZZED)
        config->frame_count = OP_FRAMES_FUZZED;
    return true;
}

static bool begin(struct mutation *mutation, struct mutator_input input, struct mutator_input other,
                  unsigned seed)
{
    mutation->random = (struct random){seed};
    return decode(&mutation->ops, &mutation->config, input) &&
           decode(&mutation->other, &mutation->other_config, other);
}

static size_t finish(struct mutation *mutation, uint8_t *out, size_t size_max)
{
    if (pick_foreign)
        mutation_thin(mutation);
    return op_list_encode(&mutation->ops, &mutation->config, out, size_bounded(size_max));
}

size_t mutator_mutate(struct mutator *mutator, struct mutator_input input,
                      struct mutator_input other, uint8_t *out, size_t size_max, unsigned seed)
{
    struct mutation *mutation = &mutator->mutation;
    if (!begin(mutation, input, other, seed))
        return 0;
    for (uint32_t i = 1u + random_below(&mutation->random, CHANGES_MAX); i != 0; i--) {
        if (!mutation_apply(mutation))
            return 0;
    }
    return finish(mutation, out, size_max);
}

size_t mutator_crossover(struct mutator *mutator, struct mutator_input first,
                         struct mutator_input second, uint8_t *out, size_t size_max, unsigned seed)
{
    struct mutation *mutation = &mutator->mutation;
    if (!begin(mutation, first, second, seed) || !mutation_cross(mutation))
        return 0;
    return finish(mutation, out, size_max);
}
