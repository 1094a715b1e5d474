/* One step of an exploration: all moves from one state, each checked wholly.
 *
 * There is one machine in a process, so there is one explorer. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_STEP_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_STEP_H

#include "fuzz/explore/explore_alphabet.h"

/* The longest sequence of moves. */
#define EXPLORE_DEPTH_MAX 48u

struct explorer {
    const struct alphabet *alphabet;
    struct op_config config;
    /* Told of the state that a move has led to, in its canonical form. Returns true if it is new:
     * then it is also seen through to its end (rule S7). */
    bool (*found)(void *context, uint32_t code, const uint32_t *words, uint32_t count);
    /* Told of a move before it is tried. */
    void (*trying)(void *context, uint32_t code);
    void *context;

    struct session *session;
    uint32_t path[EXPLORE_DEPTH_MAX]; /* the moves that led to the state at the top of the stack */
    uint32_t path_length;
    const uint32_t *target; /* the moves to go to */
    uint32_t target_length;
};

/* Powers the machine on and makes the session. Returns false if there is no memory for them. */
bool explorer_start(struct explorer *explorer);

/* All return false if a rule is broken: then explorer->session->violation says which, and the
 * explorer is of no more use.
 *
 * explorer_boot makes the heap, and sees the state without any move through to its end;
 * explorer_go goes to the state after the moves in `path`, whose rules are known to hold;
 * explorer_expand tries every move from there. */
bool explorer_boot(struct explorer *explorer);
bool explorer_go(struct explorer *explorer, const uint32_t *path, uint32_t length);
bool explorer_expand(struct explorer *explorer);

/* The operations of the moves in `path`, after explorer_boot, into `ops`, which has room for
 * MOVE_OPS_MAX of each. Moves up to the last but one must be known to hold. Returns how many. */
uint32_t explorer_ops(struct explorer *explorer, const uint32_t *path, uint32_t length,
                      struct op *ops);

#endif
