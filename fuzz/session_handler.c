/* The interrupt handler of a session: it allocates or frees in the middle of whatever runs. */
#include "fuzz/session_internal.h"
#include "mmu_x86/injection.h"

/* The session that runs: an interrupt brings no argument. There is one machine, so there is one. */
static struct session *handler_session;

static void handler_run(void)
{
    struct session *session = handler_session;
    struct handler *handler = &session->handler;
    /* The slot that the interrupted operation works on is not the handler's to touch. */
    if (handler->slot == session->op.slot || !session->scene.heap_made)
        return;
    handler->fired = true;
    session->scene.interrupted = true;
    if (shadow_live(&session->shadow, handler->slot)) {
        vaddr_t at = vaddr_of(session->shadow.slots[handler->slot].at);
        shadow_leave(&session->shadow, handler->slot);
        kfree(&session->heap, at);
        handler->interrupts_enabled = probe_interrupts_enabled();
        return;
    }
    handler->allocated = true;
    handler->at = kmalloc(&session->heap, handler->size_bytes);
    handler->interrupts_enabled = probe_interrupts_enabled();
    handler->refusal_justified =
        handler->size_bytes == 0 ||
        session_refusal_justified(session, handler->size_bytes, BLOCK_GRANULE);
    if (vaddr_is_null(handler->at) && handler->size_bytes != 0)
        session->refusal_count++;
}

void session_handler_install(struct session *session)
{
    handler_session = session;
    injection.interrupt_handler = handler_run;
    session->handler = (struct handler){0};
}

void session_handler_arm(struct session *session, const struct op *op)
{
    session->handler = (struct handler){
        .slot = op->slot,
        .size_bytes = op->size,
    };
    injection.interrupt_countdown = op->arg;
}

bool session_handler_allocated(struct session *session)
{
    struct handler *handler = &session->handler;
    if (!handler->allocated)
        return true;
    handler->allocated = false;
    digest_word(&session->digest, handler->at.v);
    if (vaddr_is_null(handler->at))
        return session_rule_S4(session, handler->refusal_justified, handler->size_bytes);
    struct shadow_block block = {
        .at = handler->at.v,
        .size_bytes = handler->size_bytes,
        .usable_bytes = kmalloc_usable_size(&session->heap, handler->at),
    };
    if (!shadow_enter(&session->shadow, handler->slot, &block, BLOCK_GRANULE,
                      session_heap_end(session), &session->violation))
        return false;
    if (session_steps(session))
        mirror_note_set(session->mirror, handler->at.v, handler->slot);
    shadow_fill(&session->shadow, handler->slot);
    return true;
}
