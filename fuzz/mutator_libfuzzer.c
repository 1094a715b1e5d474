/* libFuzzer's entry points to the mutator. */
#include "fuzz/mutator.h"
#include "fuzz/random.h"

/* libFuzzer's own: changes bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_size, unsigned seed);

/* One in so many mutations is of bytes: it finds encodings that the mutator would never write. */
#define BYTES_ONE_IN 4u

static struct mutator *mutator(void)
{
    static struct mutator *made;
    if (made == NULL)
        made = mutator_make();
    return made;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct random random = {~(uint64_t)seed};
    if (mutator() == NULL || random_below(&random, BYTES_ONE_IN) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    struct mutator_input input = {data, size};
    return mutator_mutate(mutator(), input, (struct mutator_input){data, 0}, data, max_size, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size, const uint8_t *second,
                                 size_t second_size, uint8_t *out, size_t max_size, unsigned seed)
{
    if (mutator() == NULL)
        return 0;
    struct mutator_input inputs[2] = {{first, first_size}, {second, second_size}};
    return mutator_crossover(mutator(), inputs[0], inputs[1], out, max_size, seed);
}
