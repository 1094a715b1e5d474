#include "fuzz/explore/explore.h"

#include "ci/unit.h"
#include "fuzz/explore/explore_state.h"
#include "heap/kmalloc.h"

static struct explore_run runs[EXPLORE_RUNS_MAX];

static struct explore_options options_of(uint32_t depth_max, uint32_t jobs)
{
    return (struct explore_options){
        .depth_max = depth_max,
        .seconds = 100,
        .memory_bytes = 64u << 20,
        .jobs = jobs,
        .quiet = true,
    };
}

static const struct explore_result *explored(const char *alphabet, uint32_t policy,
                                             const struct explore_options *options)
{
    runs[0] = (struct explore_run){.alphabet = alphabet_find(alphabet), .policy = policy};
    EXPECT(runs[0].alphabet != NULL);
    EXPECT(explore(options, runs, 1));
    return &runs[0].result;
}

/* Which states there are depends on the heap and the alphabet alone: a change of either changes
 * these numbers, and nothing else may. */
TEST(the_states_of_a_depth_are_always_the_same)
{
    static const struct {
        const char *alphabet;
        uint64_t states[2]; /* bins, first fit */
    } cases[] = {
        {"mixed", {1364, 1364}},
        {"blocks", {307, 306}},
        {"holes", {634, 634}},
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (uint32_t policy = 0; policy < 2u; policy++)
            for (uint32_t jobs = 1; jobs < 4u; jobs += 2u) {
                struct explore_options options = options_of(3, jobs);
                const struct explore_result *result = explored(cases[i].alphabet, policy, &options);
                EXPECT_EQUAL(result->end, EXPLORE_DEPTH);
                EXPECT_EQUAL(result->depth, 3);
                EXPECT_EQUAL(result->state_count, cases[i].states[policy]);
            }
}

TEST(no_two_states_share_a_hash)
{
    struct explore_options options = options_of(4, 1);
    options.verify = true;
    const struct explore_result *result = explored("holes", HEAP_BINS, &options);
    EXPECT_EQUAL(result->end, EXPLORE_DEPTH);
    EXPECT_EQUAL(result->collisions, 0);
    EXPECT_EQUAL(result->not_verified, 0);
}

TEST(memory_that_is_full_ends_with_what_was_completed)
{
    struct explore_options options = options_of(40, 2);
    options.memory_bytes = 200000;
    const struct explore_result *result = explored("blocks", HEAP_BINS, &options);
    EXPECT_EQUAL(result->end, EXPLORE_MEMORY);
    EXPECT(result->depth > 1 && result->depth < 10);
}

TEST(time_that_is_up_ends_with_what_was_completed)
{
    struct explore_options options = options_of(40, 2);
    options.seconds = 0.2;
    const struct explore_result *result = explored("mixed", HEAP_FIRST_FIT, &options);
    EXPECT_EQUAL(result->end, EXPLORE_TIME);
    EXPECT(result->state_count > 0 && result->depth < 10);
}

TEST(every_alphabet_can_be_written_as_moves)
{
    for (uint32_t i = 0; alphabet_at(i) != NULL; i++) {
        const struct alphabet *alphabet = alphabet_at(i);
        EXPECT(alphabet_find(alphabet->name) == alphabet);
        EXPECT(alphabet->letter_count <= ALPHABET_LETTERS_MAX);
        EXPECT(alphabet->slot_count <= ALPHABET_SLOTS_MAX);
        EXPECT(alphabet->frame_count <= OP_FRAMES_MAX);
        EXPECT(alphabet->window_pages < CANONICAL_WORDS_MAX);
        for (uint32_t k = 1; k < MOVE_REFUSALS; k++)
            EXPECT(alphabet->refusals[k - 1u] < alphabet->refusals[k]);
    }
    for (uint32_t code = 1; code < 1u << MOVE_CODE_BITS; code += 7u)
        EXPECT_EQUAL(move_code(move_of(code)), code);
}

int main(void)
{
    RUN(the_states_of_a_depth_are_always_the_same);
    RUN(no_two_states_share_a_hash);
    RUN(memory_that_is_full_ends_with_what_was_completed);
    RUN(time_that_is_up_ends_with_what_was_completed);
    RUN(every_alphabet_can_be_written_as_moves);
    return 0;
}
