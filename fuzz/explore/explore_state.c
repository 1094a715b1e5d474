#include "fuzz/explore/explore_state.h"

#include <stdlib.h>
#include <string.h>

#include "mmu_x86/emulator/snapshot.h"

/* A session's part of a state: SESSION_STATE_BYTES of it, slots, held frames. */
struct state {
    unsigned char *session;
    struct shadow_block *slots;
    frame_t *held_frames;
};

static struct state *stack;

bool states_make(uint32_t depth_max, uint32_t slot_count, uint32_t frame_count)
{
    stack = calloc(depth_max, sizeof(*stack));
    if (stack == NULL || !snapshots_make(depth_max))
        return false;
    for (uint32_t i = 0; i < depth_max; i++) {
        stack[i].session = malloc(SESSION_STATE_BYTES);
        stack[i].slots = calloc(slot_count, sizeof(struct shadow_block));
        stack[i].held_frames = calloc(frame_count, sizeof(frame_t));
        if (stack[i].session == NULL || stack[i].slots == NULL || stack[i].held_frames == NULL)
            return false;
    }
    return true;
}

void state_push(const struct session *session)
{
    struct state *state = &stack[snapshot_depth()];
    memcpy(state->session, session, SESSION_STATE_BYTES);
    memcpy(state->slots, session->shadow.slots,
           session->shadow.slot_count * sizeof(struct shadow_block));
    memcpy(state->held_frames, session->held_frames, session->scene.held_count * sizeof(frame_t));
    snapshot_push();
}

/* The bitset of held frames follows the list. */
static void held_mark(struct session *session, bool held)
{
    for (uint32_t i = 0; i < session->scene.held_count; i++) {
        uint32_t frame = session->held_frames[i].n;
        uint32_t bit = 1u << frame % SCENE_WORD_BITS;
        uint32_t *word = &session->held[frame / SCENE_WORD_BITS];
        *word = held ? *word | bit : *word & ~bit;
    }
}

static void restore(struct session *session)
{
    held_mark(session, false);
    const struct state *state = &stack[snapshot_depth() - 1u];
    shadow_restore(&session->shadow, state->slots);
    memcpy((void *)session, state->session, SESSION_STATE_BYTES);
    memcpy(session->held_frames, state->held_frames, session->scene.held_count * sizeof(frame_t));
    held_mark(session, true);
}

void state_restore(struct session *session)
{
    restore(session);
    snapshot_restore();
}

void state_pop(struct session *session)
{
    restore(session);
    snapshot_pop();
}
