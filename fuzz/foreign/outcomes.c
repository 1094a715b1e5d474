#include "fuzz/foreign/outcomes.h"

#include "fuzz/foreign/run.h"
#include "fuzz/reward.h"

const bool outcomes_wanted = true;

/* Sizes are told apart by how many bits they have. */
#define SIZE_BITS 65u

/* Outcomes by themselves have a place each; pairs share what is left. */
#define OUTCOME_COUNT (OP_KIND_COUNT * 2u * SIZE_BITS)
#define PAIR_COUNT (REWARD_COUNT - OUTCOME_COUNT)
_Static_assert(REWARD_COUNT >= 2u * OUTCOME_COUNT, "rewards for pairs");

/* In a pair, the one before by a quarter of its bits: there would be too many. */
#define BEFORE_BITS (SIZE_BITS / 4u + 1u)

struct outcome {
    uint32_t what; /* the kind, and whether it was refused */
    uint32_t bits;
};

static uint32_t bits_of(uint64_t number)
{
    return number != 0 ? 64u - (uint32_t)__builtin_clzll(number) : 0;
}

static struct outcome outcome_of(const struct session_result *result)
{
    const struct op *op = result->op;
    uint64_t size = run_size(op->size);
    uint64_t product;
    if (op->kind == OP_ZALLOC)
        size = __builtin_mul_overflow(size, run_size(op->arg), &product) ? UINT64_MAX : product;
    return (struct outcome){op->kind * 2u + result->refused, bits_of(size)};
}

/* `before`: 0, or one more than an outcome as a pair has it. `how` they come behind each other. */
static void reward_pair(uint32_t how, uint32_t before, struct outcome outcome)
{
    uint32_t hash =
        (before * 2u + how) * 0x85EBCA6Bu + outcome.what * 0x9E3779B1u + outcome.bits * 0xC2B2AE35u;
    hash ^= hash >> 15;
    hash *= 0x2C1B3C6Du;
    reward(OUTCOME_COUNT + (hash >> 8) % PAIR_COUNT);
}

void outcomes_observe(void *outcomes, const struct session_result *result)
{
    struct outcomes *this = outcomes;
    if (!result->applied)
        return;
    struct outcome outcome = outcome_of(result);
    uint32_t before = 1u + outcome.what * BEFORE_BITS + outcome.bits / 4u;
    reward(outcome.what * SIZE_BITS + outcome.bits);
    reward_pair(0, this->last, outcome);
    this->last = before;
    if (!op_takes_slot(result->op->kind))
        return;
    uint32_t *in_slot = &this->last_in[result->op->slot % OP_SLOTS];
    reward_pair(1, *in_slot, outcome);
    *in_slot = before;
}
