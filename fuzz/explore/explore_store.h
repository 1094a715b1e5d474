/* The states that an exploration has found, in memory that its worker processes share.
 *
 * A state is kept as a 64-bit hash of its canonical form and as its origin: the state that it was
 * reached from and the move. The states of a level are numbered in the order of their origins, and
 * of several origins the lowest counts; so numbers, paths and whatever follows from them do not
 * depend on which worker was first, nor on how many there are.
 *
 * With N states, two share a hash with a probability of about N^2 / 2^65, and then one of them is
 * not looked at: 3 in a million for 10^7 states, 3 in ten thousand for 10^8. store_verify keeps the
 * whole forms as well, and counts what the hash mixes up. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_STORE_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuzz/explore/explore_alphabet.h"

#define STORE_JOBS_MAX 64u

/* Number of the state that it was reached from, and the move's code. The first state, number 0, has
 * origin 0; no other has, as a code is above 0. */
typedef uint64_t origin_t;

static inline origin_t origin_of(uint64_t state, uint32_t code)
{
    return state << MOVE_CODE_BITS | code;
}

static inline uint64_t origin_state(origin_t origin)
{
    return origin >> MOVE_CODE_BITS;
}

static inline uint32_t origin_code(origin_t origin)
{
    return (uint32_t)(origin & ((1u << MOVE_CODE_BITS) - 1u));
}

struct store_slot {
    _Atomic uint64_t hash;     /* 0: empty */
    _Atomic uint64_t priority; /* ~origin: the highest wins */
};

struct store {
    struct store_slot *slots;
    uint64_t slot_count;             /* a power of two */
    uint64_t state_max;              /* the slots are not filled beyond this */
    origin_t *origins;               /* by number */
    uint64_t state_count;            /* states that have a number */
    uint64_t *found[STORE_JOBS_MAX]; /* per worker: slots of new states */
    struct store_shared *shared;
    uint64_t mapped_bytes;
    /* store_verify only, with one worker: the forms, one after another. */
    uint32_t *forms;
    uint64_t forms_max; /* in words */
    uint64_t *form_at;  /* by slot */
};

struct store_shared {
    _Atomic uint64_t found_count[STORE_JOBS_MAX];
    _Atomic uint64_t total; /* slots in use */
    uint64_t forms_count;
    uint64_t collisions;
    uint64_t forms_dropped; /* for want of room: not compared */
};

/* Makes an empty store of at most size_bytes bytes. Returns false if there is no such memory. */
bool store_make(struct store *store, uint64_t size_bytes, uint32_t jobs);
void store_free(struct store *store);

/* Keeps the forms as well, in at most size_bytes bytes more. For one worker only. */
bool store_verify(struct store *store, uint64_t size_bytes);

enum store_answer {
    STORE_NEW,
    STORE_KNOWN,
    STORE_FULL,
};

/* Enters a state that `worker` has found. */
enum store_answer store_enter(struct store *store, uint32_t worker, const uint32_t *words,
                              uint32_t count, origin_t origin);

/* Ends a level: numbers the states that were found since the last one. No worker may be running. */
void store_level(struct store *store);

/* The moves that lead to a state. Returns how many, or length_max + 1 if they are more. */
uint32_t store_path(const struct store *store, uint64_t state, uint32_t *path, uint32_t length_max);

/* The hash of a canonical form; never 0. */
uint64_t store_hash(const uint32_t *words, uint32_t count);

#endif
