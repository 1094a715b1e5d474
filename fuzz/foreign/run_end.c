/* The end of a run: everything is read again, digested, and freed. */
#include "fuzz/foreign/run_internal.h"

static void *alloc_largest(struct run *run)
{
    run_call(run);
    void *at = adapter.alloc(run->largest);
    run_called(run);
    return at;
}

/* Rule A11: an empty heap grants what a fresh one grants. */
static bool rule_A11(struct run *run)
{
    if (!adapter.empty_as_fresh || run->largest == 0)
        return true;
    uint32_t refusals = supply.refusal_count;
    void *at = alloc_largest(run);
    /* Free memory may lie where it is of no use to so large a block. */
    if (at == NULL && supply.refusal_count != refusals && adapter.trim != NULL) {
        run_call(run);
        adapter.trim();
        run_called(run);
        at = alloc_largest(run);
    }
    return at != NULL || violation_set(&run->violation, RULE_A11, (uint32_t)supply.window.start,
                                       (uint32_t)run->largest, 0,
                                       "bytes that a fresh heap grants and this one, emptied, does "
                                       "not, at");
}

static bool release_all(struct run *run)
{
    for (uint32_t slot = 0; slot < run->model.slots_used; slot++)
        if (model_live(&run->model, slot) && run_release(run, slot) == RUN_VIOLATED)
            return false;
    return true;
}

bool run_end(struct run *run)
{
    run->op = (struct op){.kind = OP_CHECK};
    run->requests = supply.request_count;
    run->misuse_count = 0;
    run->touched = false;
    run->steps = 0;
    supply.refuse_request = 0;
    supply.pages_left = supply.window.page_count - supply.pages_taken;
    run_digest(run, run->model.live_count);
    if (!run->made)
        return run_check(run, true);
    /* Each block is read before it is freed: a fuzzer does without reading all of them once more,
     * and with one look at the empty heap. */
    bool brief = run->plan.brief_end;
    return (brief || run_check(run, true)) && release_all(run) && run_rule_A14_good(run) &&
           (brief || run_check(run, true)) && rule_A11(run) && run_rule_A14_good(run) &&
           run_check(run, true);
}
