#include "fuzz/crash/shrink.h"

#include <string.h>
#include <time.h>

/* Processor time for the first trial, and for the others the least of it. A case that is smaller
 * does not take longer, but the clock may tick for others as well. */
#define FIRST_SECONDS 60u
#define SECONDS_MIN 2u

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool shrink_over(struct shrink *shrink)
{
    shrink->seconds_used = now_seconds() - shrink->started;
    bool stop = shrink->stop != NULL && *shrink->stop != 0;
    if (stop || (shrink->seconds > 0 && shrink->seconds_used >= shrink->seconds))
        shrink->stopped = true;
    return shrink->stopped || shrink->broken;
}

static bool trial_of(struct shrink *shrink, const struct op_case *one, struct trial *trial)
{
    shrink->trials.options = shrink->options;
    if (!trials_run(&shrink->trials, &one->config, one->ops.ops, one->ops.count, one->slot_count,
                    trial)) {
        bool stopped = shrink->stop != NULL && *shrink->stop != 0;
        shrink->stopped = shrink->stopped || stopped;
        shrink->broken = !stopped;
        return false;
    }
    shrink->trial_count++;
    return true;
}

/* The trial's case is the best so far; nothing behind the operation that fails is needed. */
static void accept(struct shrink *shrink, const struct trial *trial)
{
    struct op_case best = shrink->candidate;
    shrink->candidate = shrink->best;
    shrink->best = best;
    shrink->trial = *trial;
    if (trial->verdict.operation < shrink->best.ops.count)
        shrink->best.ops.count = trial->verdict.operation;
}

bool shrink_try(struct shrink *shrink)
{
    struct trial trial;
    if (shrink_over(shrink) || !trial_of(shrink, &shrink->candidate, &trial))
        return false;
    if (shrink->progress != NULL)
        shrink->progress(shrink);
    struct failure failure = failure_of(&trial);
    if (!failure_same(&failure, &shrink->failure))
        return false;
    accept(shrink, &trial);
    return true;
}

bool shrink_candidate(struct shrink *shrink)
{
    if (!case_copy(&shrink->candidate, &shrink->best))
        shrink->broken = true;
    return !shrink->broken;
}

bool shrink_candidate_without(struct shrink *shrink, uint32_t first, uint32_t count)
{
    if (!shrink_candidate(shrink))
        return false;
    struct op_list *list = &shrink->candidate.ops;
    uint32_t behind = list->count - first - count;
    memmove(list->ops + first, list->ops + first + count, behind * sizeof(struct op));
    list->count -= count;
    return true;
}

enum numbering { NUMBERS_REUSED, NUMBERS_IN_ORDER_OF_USE, NUMBERS_IN_THEIR_ORDER };

static bool renumber(struct shrink *shrink, enum numbering numbering)
{
    if (!shrink_candidate(shrink))
        return false;
    bool done = numbering == NUMBERS_IN_THEIR_ORDER
                    ? case_close_ranks(&shrink->candidate)
                    : case_renumber(&shrink->candidate, numbering == NUMBERS_REUSED);
    if (!done) {
        shrink->broken = true;
        return false;
    }
    const struct op_list *old = &shrink->best.ops;
    bool same = old->count == 0 ||
                memcmp(old->ops, shrink->candidate.ops.ops, old->count * sizeof(struct op)) == 0;
    if (same && shrink->candidate.slot_count == shrink->best.slot_count)
        return false;
    return shrink_try(shrink);
}

/* Fewer operations before smaller ones: a long case is not worth its numbers. Where it is only the
 * heap's size that the failure needs, large stretches become one request at once. */
static bool round_of_all(struct shrink *shrink)
{
    bool changed = shrink_past(shrink);
    changed |= shrink_together(shrink, 2u + shrink->best.ops.count / 8u);
    changed |= shrink_stretches(shrink);
    changed |= shrink_blocks(shrink);
    changed |= shrink_together(shrink, 2);
    changed |= shrink_pairs(shrink);
    changed |= shrink_joins(shrink);
    changed |= renumber(shrink, NUMBERS_REUSED) || renumber(shrink, NUMBERS_IN_ORDER_OF_USE);
    changed |= shrink_kinds(shrink);
    changed |= shrink_config(shrink);
    changed |= shrink_numbers(shrink);
    return changed;
}

static enum shrink_result begin(struct shrink *shrink, const struct op_case *one)
{
    shrink->started = now_seconds();
    shrink->op_count = one->ops.count;
    if (!trials_open(&shrink->trials, one->ops.count, FIRST_SECONDS) ||
        !case_copy(&shrink->candidate, one))
        return SHRINK_FAILED;
    shrink->trials.stop = shrink->stop;
    if (!trial_of(shrink, &shrink->candidate, &shrink->trial))
        return shrink->stopped ? SHRINK_STOPPED : SHRINK_FAILED;
    double seconds = now_seconds() - shrink->started;
    shrink->trials.seconds = SECONDS_MIN + (uint32_t)(2.0 * seconds);
    if (shrink->trial.end == TRIAL_REFUSED)
        return SHRINK_REFUSED;
    if (shrink->trial.end == TRIAL_OK)
        return SHRINK_PASSES;
    if (shrink->rule != NULL && strcmp(shrink->rule, trial_rule(&shrink->trial)) != 0)
        return SHRINK_OTHER;
    shrink->failure = failure_of(&shrink->trial);
    if (shrink->trial.end == TRIAL_HANG)
        shrink->trials.seconds = SECONDS_MIN;
    struct trial first = shrink->trial;
    accept(shrink, &first);
    return SHRINK_DONE;
}

enum shrink_result shrink_run(struct shrink *shrink, const struct op_case *one)
{
    enum shrink_result result = begin(shrink, one);
    if (result != SHRINK_DONE)
        return result;
    /* Slots that must stay in their order come last: operations of the pool need free ones. */
    while (!shrink_over(shrink) && (round_of_all(shrink) || shrink_windows(shrink) ||
                                    renumber(shrink, NUMBERS_IN_THEIR_ORDER)))
        continue;
    trials_close(&shrink->trials);
    return shrink->broken ? SHRINK_FAILED : SHRINK_DONE;
}

void shrink_free(struct shrink *shrink)
{
    trials_close(&shrink->trials);
    case_free(&shrink->best);
    case_free(&shrink->candidate);
}
