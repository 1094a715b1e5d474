/* Random numbers that follow from a seed alone, the same on every host (splitmix64). */
#ifndef KHEAP_FUZZ_RANDOM_H
#define KHEAP_FUZZ_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* the seed, at first */
};

/* The next number, all 32 bits of it random. */
static inline uint32_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ z >> 31) >> 32);
}

/* A number below `bound`. Requires bound != 0. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((uint64_t)random_next(random) * bound >> 32);
}

#endif
