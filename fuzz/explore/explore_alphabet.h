/* Alphabets: what an exploration tries in every state (fuzz/explore/explore.h).
 *
 * A letter is an operation without its slot: one that makes a block takes the first empty slot, one
 * that takes a block is tried with each that lives, named by its rank in the order of addresses. So
 * what a state allows does not depend on which slots its blocks are in. A move is a letter with its
 * rank and a variant: with a frame request refused, or with misuses after it.
 *
 * Every letter that asks for frames is tried again with each of these requests refused (of many,
 * with those that the alphabet names), once and, where more requests come, with all after it. A
 * letter that frees is followed by a double free and a use of what was freed. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_ALPHABET_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_ALPHABET_H

#include "fuzz/session_internal.h"

struct letter {
    enum op_kind kind;
    uint32_t size;
    uint32_t arg;
};

struct alphabet {
    const char *name;
    const char *purpose;
    uint32_t frame_count;
    uint32_t window_pages;
    uint32_t slot_count; /* blocks that may live at a time */
    uint32_t letter_count;
    const struct letter *letters;
    const uint32_t *refusals; /* which frame requests are refused, MOVE_REFUSALS of them */
};

/* Bounds that a move's code depends on. */
#define ALPHABET_LETTERS_MAX 127u
#define ALPHABET_SLOTS_MAX 8u
#define MOVE_REFUSALS 7u

/* The alphabet of that name, or null. */
const struct alphabet *alphabet_find(const char *name);

/* The i-th alphabet, or null behind the last. */
const struct alphabet *alphabet_at(uint32_t i);

enum move_variant {
    MOVE_PLAIN = 0,
    MOVE_REFUSE = 1,    /* + i: frame request refusals[i] is refused */
    MOVE_REFUSE_ON = 8, /* + i: and all after it */
    MOVE_MISUSES = 16,  /* misuses after it */
    MOVE_VARIANTS = 32,
};

struct move {
    uint32_t letter;
    uint32_t rank;
    uint32_t variant;
};

/* A move as a number above 0, in the order in which moves are tried. */
#define MOVE_CODE_BITS 16u
uint32_t move_code(struct move move);
struct move move_of(uint32_t code);

/* The ranks with which the letter is to be tried in the session's state: 0 if it does not apply. */
uint32_t move_ranks(const struct session *session, const struct letter *letter);

/* The operations of a move in the session's state. Returns how many. */
#define MOVE_OPS_MAX 3u
uint32_t move_ops(const struct session *session, const struct alphabet *alphabet, struct move move,
                  struct op *ops);

#endif
