#include "fuzz/explore/explore_step.h"

#include <setjmp.h>
#include <stdlib.h>

#include "fuzz/explore/explore_state.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/emulator/snapshot.h"
#include "mmu_x86/injection.h"

static struct explorer *running;
static jmp_buf fault_exit;

static void fault(const struct fault *fault)
{
    (void)violation_set(&running->session->violation, RULE_P7, fault->at.v, 0, fault->error_code,
                        "page fault, error code (found), at");
    longjmp(fault_exit, 1);
}

static void exhausted(void)
{
    session_endless(running->session);
    longjmp(fault_exit, 1);
}

bool explorer_start(struct explorer *explorer)
{
    const struct alphabet *alphabet = explorer->alphabet;
    void *memory = calloc(1, (size_t)session_size_bytes(alphabet->slot_count));
    if (memory == NULL)
        return false;
    explorer->session = session_make(memory, alphabet->slot_count);
    if (!emulator_power_on(alphabet->frame_count) ||
        !states_make(EXPLORE_DEPTH_MAX + 1u, alphabet->slot_count, alphabet->frame_count))
        return false;
    emulator.on_fault = fault;
    emulator.on_exhausted = exhausted;
    running = explorer;
    return true;
}

/* What OP_REFUSE and OP_REFUSE_ON do, without the checks after an operation that touches nothing.
 */
static bool refusal_set(const struct op *op)
{
    if (op->kind != OP_REFUSE && op->kind != OP_REFUSE_ON)
        return false;
    injection.refuse_countdown = op->size;
    injection.refuse_all_after = op->kind == OP_REFUSE_ON;
    return true;
}

/* Applies a move to the state as it stands. */
static bool apply(struct explorer *explorer, struct move move, enum session_check how)
{
    struct session *session = explorer->session;
    struct op ops[MOVE_OPS_MAX];
    uint32_t count = move_ops(session, explorer->alphabet, move, ops);
    bool holds = true;
    session->how = how;
    for (uint32_t i = 0; i < count && holds; i++)
        holds = refusal_set(&ops[i]) || session_apply(session, &ops[i]);
    session->how = SESSION_CHECK_FULL;
    return holds;
}

/* Every live block's contents: a move may have damaged any. */
static bool contents_hold(struct session *session)
{
    struct op op = {.kind = OP_CHECK};
    return session_apply_block(session, &op) != OUTCOME_VIOLATED;
}

/* The canonical form of the state as it stands goes to `found`; a new state is seen through to its
 * end: others leave, all is freed, nothing may be missing. */
static bool settle(struct explorer *explorer, uint32_t code)
{
    uint32_t words[CANONICAL_WORDS_MAX];
    uint32_t count = state_canonical(explorer->session, words);
    if (!explorer->found(explorer->context, code, words, count))
        return true;
    /* As a replay does it: the largest block of all would cost more than all the rest. */
    explorer->session->how = SESSION_CHECK_LOCAL;
    return session_give_back(explorer->session);
}

/* Tries one move and goes back. Sets *requests to the frames that it asked for. */
static bool try_move(struct explorer *explorer, struct move move, uint32_t *requests)
{
    struct session *session = explorer->session;
    uint32_t applied_before = session->applied_count;
    uint32_t requests_before = injection.frame_requests;
    explorer->trying(explorer->context, move_code(move));
    if (!apply(explorer, move, SESSION_CHECK_FULL))
        return false;
    *requests = injection.frame_requests - requests_before;
    bool applied = session->applied_count != applied_before;
    bool changes = explorer->alphabet->letters[move.letter].kind < OP_CHECK;
    if (applied && (!contents_hold(session) || (changes && !settle(explorer, move_code(move)))))
        return false;
    state_restore(session);
    return true;
}

/* The move, and the move with its frame requests refused. */
static bool try_refusals(struct explorer *explorer, struct move move)
{
    const uint32_t *refusals = explorer->alphabet->refusals;
    uint32_t requests;
    uint32_t requests_refused;
    if (!try_move(explorer, move, &requests))
        return false;
    for (uint32_t i = 0; i < MOVE_REFUSALS && refusals[i] <= requests; i++) {
        move.variant = MOVE_REFUSE + i;
        if (!try_move(explorer, move, &requests_refused))
            return false;
        move.variant = MOVE_REFUSE_ON + i;
        if (requests_refused > refusals[i] && !try_move(explorer, move, &requests_refused))
            return false;
    }
    return true;
}

static bool try_letter(struct explorer *explorer, uint32_t letter)
{
    uint32_t requests;
    const struct letter *what = &explorer->alphabet->letters[letter];
    uint32_t ranks = move_ranks(explorer->session, what);
    for (uint32_t rank = 0; rank < ranks; rank++) {
        struct move move = {letter, rank, MOVE_PLAIN};
        if (!try_refusals(explorer, move))
            return false;
        move.variant = MOVE_MISUSES;
        if (what->kind == OP_FREE && !try_move(explorer, move, &requests))
            return false;
    }
    return true;
}

/* Does a step; a page fault of the core ends it. Kept apart from the steps themselves, whose
 * variables a longjmp may clobber. */
static bool guarded(struct explorer *explorer, bool (*step)(struct explorer *explorer))
{
    return setjmp(fault_exit) == 0 && step(explorer);
}

static bool expand(struct explorer *explorer)
{
    for (uint32_t letter = 0; letter < explorer->alphabet->letter_count; letter++)
        if (!try_letter(explorer, letter))
            return false;
    return true;
}

static bool check_now(struct session *session)
{
    session->census_current = true;
    return session_check_all(session);
}

static bool boot(struct explorer *explorer)
{
    struct session *session = explorer->session;
    explorer->path_length = 0;
    while (snapshot_depth() > 0)
        state_pop(session);
    explorer->trying(explorer->context, 0);
    session_check_begin(session, &(struct session_plan){.check = SESSION_CHECK_FULL}, false);
    if (!session_begin(session, &explorer->config) || !check_now(session))
        return false;
    state_push(session);
    if (!settle(explorer, 0))
        return false;
    state_restore(session);
    return true;
}

/* Goes to explorer->target, by way of what the stack already holds of it. */
static bool go(struct explorer *explorer)
{
    struct session *session = explorer->session;
    uint32_t common = 0;
    while (common < explorer->target_length && common < explorer->path_length &&
           explorer->path[common] == explorer->target[common])
        common++;
    for (; explorer->path_length > common; explorer->path_length--)
        state_pop(session);
    state_restore(session);
    while (explorer->path_length < explorer->target_length) {
        uint32_t code = explorer->target[explorer->path_length];
        bool last = explorer->path_length + 1u == explorer->target_length;
        if (!apply(explorer, move_of(code), SESSION_CHECK_NONE) || (last && !check_now(session)))
            return false;
        state_push(session);
        explorer->path[explorer->path_length++] = code;
    }
    return true;
}

bool explorer_boot(struct explorer *explorer)
{
    return guarded(explorer, boot);
}

bool explorer_go(struct explorer *explorer, const uint32_t *path, uint32_t length)
{
    explorer->target = path;
    explorer->target_length = length;
    return guarded(explorer, go);
}

bool explorer_expand(struct explorer *explorer)
{
    return guarded(explorer, expand);
}

uint32_t explorer_ops(struct explorer *explorer, const uint32_t *path, uint32_t length,
                      struct op *ops)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++) {
        if (i > 0 && !explorer_go(explorer, path, i))
            return count;
        count += move_ops(explorer->session, explorer->alphabet, move_of(path[i]), &ops[count]);
    }
    return count;
}
