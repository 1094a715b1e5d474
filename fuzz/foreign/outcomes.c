#include "fuzz/foreign/outcomes.h"

#include "fuzz/reward.h"

/* Sizes are told apart by their bits. */
#define SIZE_BITS 33u

static uint32_t bits_of(uint32_t number)
{
    return number != 0 ? 32u - (uint32_t)__builtin_clz(number) : 0;
}

/* Not 0, which is no outcome. */
static uint32_t outcome_of(const struct session_result *result)
{
    uint32_t what = result->op->kind * SIZE_BITS + bits_of(result->op->size);
    return 1u + 2u * what + result->refused;
}

/* Places may be shared: there are more pairs than rewards. */
static void reward_pair(uint32_t before, uint32_t outcome)
{
    reward((before * 0x85EBCA6Bu + outcome * 0x9E3779B1u) >> 16);
}

void outcomes_observe(void *outcomes, const struct session_result *result)
{
    struct outcomes *this = outcomes;
    if (!result->applied)
        return;
    uint32_t outcome = outcome_of(result);
    reward_pair(0, outcome);
    reward_pair(this->last, outcome);
    this->last = outcome;
    if (!op_takes_slot(result->op->kind))
        return;
    uint32_t *in_slot = &this->last_in[result->op->slot % OP_SLOTS];
    reward_pair(OP_KIND_COUNT * SIZE_BITS * 2u + *in_slot, outcome);
    *in_slot = outcome;
}
