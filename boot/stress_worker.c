/* What threads and handlers do with the heap, and how each of their blocks is checked.
 *
 * The shadow model is everybody's, so it is entered and left with interrupts disabled. Between a
 * call of the heap and that there may be any number of others': but a block that was just granted,
 * or is about to be freed, is nobody else's, so the model never knows more than is true. */
#include "boot/stress_internal.h"

#include "fuzz/session_internal.h"

static uint32_t size_pick(struct stress_worker *worker)
{
    uint32_t kind = random_below(&worker->random, 16);
    uint32_t size_max = kind == 0 ? STRESS_SIZE_MAX : kind < 4u ? PAGE_SIZE : 256u;
    return random_below(&worker->random, size_max) + 1u;
}

/* Nobody misuses the heap here, so a report is a violation. */
static bool no_misuse(struct violation *violation)
{
    struct session *session = stress.session;
    uint32_t interrupts = machine_interrupts_disable();
    bool good = session_rule_S6(session, 0, 0);
    *violation = session->violation;
    machine_interrupts_restore(interrupts);
    return good;
}

static void refused(struct stress_worker *worker, uint32_t size_bytes)
{
    struct violation violation;
    worker->refused++;
    if (!no_misuse(&violation))
        stress_fail(&violation);
    if (stress.frame_count < STRESS_FRAMES_AMPLE)
        return;
    (void)violation_set(&violation, RULE_S4, size_bytes, stress.session->config.frame_count, 0,
                        "refused, with frames for all (expected), the size");
    stress_fail(&violation);
}

/* Takes a granted block into the model, and fills it. */
static void enter(struct stress_worker *worker, uint32_t slot, vaddr_t at, uint32_t size_bytes,
                  uint32_t align_bytes)
{
    struct session *session = stress.session;
    struct violation violation;
    if (vaddr_is_null(at)) {
        refused(worker, size_bytes);
        return;
    }
    struct shadow_block block = {
        .at = at.v,
        .size_bytes = size_bytes,
        .usable_bytes = kmalloc_usable_size(&session->heap, at),
    };
    uint32_t interrupts = machine_interrupts_disable();
    if (!no_misuse(&violation) || !check_local(&session->scene, at, &violation) ||
        !shadow_enter(&session->shadow, slot, &block, align_bytes, session_heap_end(session),
                      &violation))
        stress_fail(&violation);
    /* Not only for the seed: the probe's hands store a page's first word as they find it, which may
     * be another's. */
    shadow_fill(&session->shadow, slot);
    machine_interrupts_restore(interrupts);
}

static void zeroed(vaddr_t at)
{
    struct violation violation;
    if (!vaddr_is_null(at) &&
        !shadow_zero(at.v, kmalloc_usable_size(&stress.session->heap, at), &violation))
        stress_fail(&violation);
}

static void step_empty(struct stress_worker *worker, uint32_t slot)
{
    const struct heap *heap = &stress.session->heap;
    uint32_t size_bytes = size_pick(worker);
    uint32_t align_bytes = BLOCK_GRANULE;
    vaddr_t at;
    if (random_below(&worker->random, 8) == 0) {
        worker->calls[STRESS_KCALLOC]++;
        at = kcalloc(heap, 1, size_bytes);
        zeroed(at);
    } else if (random_below(&worker->random, 4) == 0) {
        worker->calls[STRESS_ALIGNED]++;
        align_bytes = BLOCK_GRANULE << random_below(&worker->random, 10);
        at = kmalloc_aligned(heap, size_bytes, align_bytes);
    } else {
        worker->calls[STRESS_KMALLOC]++;
        at = kmalloc(heap, size_bytes);
    }
    enter(worker, slot, at, size_bytes, align_bytes);
}

static void leave(uint32_t slot)
{
    uint32_t interrupts = machine_interrupts_disable();
    shadow_leave(&stress.session->shadow, slot);
    machine_interrupts_restore(interrupts);
}

static void intact(const struct shadow_block *block, vaddr_t at, uint32_t size_bytes)
{
    struct violation violation;
    if (!shadow_intact(block, at.v, size_bytes, &violation))
        stress_fail(&violation);
}

static void resize(struct stress_worker *worker, uint32_t slot, const struct shadow_block *old)
{
    struct session *session = stress.session;
    uint32_t size_bytes = size_pick(worker);
    leave(slot);
    vaddr_t at = krealloc(&session->heap, vaddr_of(old->at), size_bytes);
    if (vaddr_is_null(at)) {
        intact(old, vaddr_of(old->at), old->usable_bytes);
        uint32_t interrupts = machine_interrupts_disable();
        shadow_return(&session->shadow, slot, old);
        machine_interrupts_restore(interrupts);
    } else {
        intact(old, at, size_bytes < old->usable_bytes ? size_bytes : old->usable_bytes);
    }
    enter(worker, slot, at, size_bytes, BLOCK_GRANULE);
}

static void step_live(struct stress_worker *worker, uint32_t slot)
{
    struct session *session = stress.session;
    struct shadow_block block = session->shadow.slots[slot];
    intact(&block, vaddr_of(block.at), block.usable_bytes);
    if (random_below(&worker->random, 4) == 0) {
        worker->calls[STRESS_LOOK]++;
    } else if (random_below(&worker->random, 3) == 0) {
        worker->calls[STRESS_KREALLOC]++;
        resize(worker, slot, &block);
    } else {
        worker->calls[STRESS_KFREE]++;
        leave(slot);
        kfree(&session->heap, vaddr_of(block.at));
    }
}

/* Rule P8: the calls left interrupts as they found them. */
static void interrupts_as_before(bool enabled)
{
    struct violation violation;
    if (probe_interrupts_enabled() == enabled)
        return;
    (void)violation_set(&violation, RULE_P8, stress.session->scene.heap_at.v, enabled, !enabled,
                        "interrupts enabled, after calls of the heap at");
    stress_fail(&violation);
}

void stress_step(struct stress_worker *worker)
{
    bool enabled = probe_interrupts_enabled();
    uint32_t slot = worker->first_slot + random_below(&worker->random, STRESS_SLOTS);
    if (shadow_live(&stress.session->shadow, slot))
        step_live(worker, slot);
    else
        step_empty(worker, slot);
    interrupts_as_before(enabled);
    worker->steps++;
}
