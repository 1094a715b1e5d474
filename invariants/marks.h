/* Marks: a set of small numbers in which the nearest member before or after any number is found in
 * a few steps, however far away it is. Levels of bitmaps: a bit of each but the lowest says that
 * its word of the one below is not zero. So many that the granules of all of memory leave a handful
 * of words in the highest, which is searched. Its memory is its user's, and is touched only where
 * members are. */
#ifndef KHEAP_INVARIANTS_MARKS_H
#define KHEAP_INVARIANTS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#define MARKS_LEVELS 4u
#define MARKS_NONE (~0u)

struct marks {
    uint64_t *level[MARKS_LEVELS]; /* the lowest first */
    uint32_t words[MARKS_LEVELS];
};

/* The words of memory, 64 bits each, for the numbers below `limit`. */
static inline uint32_t marks_words(uint32_t limit)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < MARKS_LEVELS; i++) {
        limit = limit / 64u + 1u;
        total += limit;
    }
    return total;
}

/* An empty set in zeroed memory. */
static inline void marks_make(struct marks *marks, uint64_t *memory, uint32_t limit)
{
    for (uint32_t i = 0; i < MARKS_LEVELS; i++) {
        limit = limit / 64u + 1u;
        marks->level[i] = memory;
        marks->words[i] = limit;
        memory += limit;
    }
}

static inline bool marks_has(const struct marks *marks, uint32_t n)
{
    return (marks->level[0][n / 64u] >> n % 64u & 1u) != 0;
}

static inline void marks_set(struct marks *marks, uint32_t n)
{
    for (uint32_t i = 0; i < MARKS_LEVELS; i++, n /= 64u)
        marks->level[i][n / 64u] |= 1ull << n % 64u;
}

static inline void marks_clear(struct marks *marks, uint32_t n)
{
    for (uint32_t i = 0; i < MARKS_LEVELS; i++, n /= 64u) {
        marks->level[i][n / 64u] &= ~(1ull << n % 64u);
        if (marks->level[i][n / 64u] != 0)
            return;
    }
}

/* The smallest member of the words from `word` on, at the highest level. */
static inline uint32_t marks_top_after(const struct marks *marks, uint32_t word)
{
    const uint32_t top = MARKS_LEVELS - 1u;
    for (; word < marks->words[top]; word++)
        if (marks->level[top][word] != 0)
            return word * 64u + (uint32_t)__builtin_ctzll(marks->level[top][word]);
    return MARKS_NONE;
}

/* The smallest member that is greater than n; MARKS_NONE if there is none. */
static inline uint32_t marks_after(const struct marks *marks, uint32_t n)
{
    uint32_t level = 0;
    /* Up to the first level whose word has a bit above n's. */
    for (; level < MARKS_LEVELS; level++, n /= 64u) {
        uint64_t above =
            n % 64u == 63u ? 0 : marks->level[level][n / 64u] & ~0ull << (n % 64u + 1u);
        if (above != 0) {
            n = n / 64u * 64u + (uint32_t)__builtin_ctzll(above);
            break;
        }
    }
    if (level == MARKS_LEVELS) {
        n = marks_top_after(marks, n + 1u);
        if (n == MARKS_NONE)
            return n;
        level--;
    }
    while (level-- > 0)
        n = n * 64u + (uint32_t)__builtin_ctzll(marks->level[level][n]);
    return n;
}

/* The greatest member that is smaller than n; MARKS_NONE if there is none. */
static inline uint32_t marks_before(const struct marks *marks, uint32_t n)
{
    uint32_t level = 0;
    for (; level < MARKS_LEVELS; level++, n /= 64u) {
        uint64_t below = marks->level[level][n / 64u] & ((1ull << n % 64u) - 1u);
        if (below != 0) {
            n = n / 64u * 64u + 63u - (uint32_t)__builtin_clzll(below);
            break;
        }
    }
    if (level == MARKS_LEVELS) {
        const uint64_t *top = marks->level[MARKS_LEVELS - 1u];
        do {
            if (n == 0)
                return MARKS_NONE;
        } while (top[--n] == 0);
        n = n * 64u + 63u - (uint32_t)__builtin_clzll(top[n]);
        level--;
    }
    while (level-- > 0)
        n = n * 64u + 63u - (uint32_t)__builtin_clzll(marks->level[level][n]);
    return n;
}

/* Empties the set. Cost: its members. */
static inline void marks_empty(struct marks *marks)
{
    for (uint32_t n = marks_has(marks, 0) ? 0 : marks_after(marks, 0); n != MARKS_NONE;
         n = marks_after(marks, n))
        marks_clear(marks, n);
}

#endif
