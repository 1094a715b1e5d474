/* The whole stack under the fuzzer: heap, paging and frames on the emulated machine, every rule
 * after every operation: over what it has changed, and for one input in BOTH_EVERY over everything
 * as well, which checks the checkers. The environment's KHEAP_CHECK overrides this, for comparisons
 * (a word as kheap replay --check takes it). */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/broken.h"
#include "fuzz/crc32.h"
#include "fuzz/fuzz_stats.h"
#include "fuzz/host.h"
#include "fuzz/op_line.h"
#include "fuzz/reward.h"

#define BOTH_EVERY 64u

static enum session_check check_asked;
static bool check_given;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (!host_start(OP_FRAMES_MAX, OP_SLOTS)) {
        (void)fprintf(stderr, "not enough memory for the machine\n");
        exit(1);
    }
    const char *word = getenv("KHEAP_CHECK");
    check_given = word != NULL;
    if (check_given && !session_check_parse(word, &check_asked)) {
        (void)fprintf(stderr, "KHEAP_CHECK takes a word of kheap replay --check, not: %s\n", word);
        exit(1);
    }
    fuzz_stats_start();
    return 0;
}

static void verdict_broken(const struct verdict *verdict)
{
    struct line line;
    verdict_line(verdict, "input", &line);
    (void)fprintf(stderr, "kheap: %s\n", line.text);
    line_clear(&line);
    op_line(host_operation(), &line);
    (void)fprintf(stderr, "kheap: at operation %u: %s\n", verdict->operation, line.text);
    broken_rule(&verdict->violation);
}

/* The closer an operation comes to the loads and stores that it may make (rule C1), the better: the
 * engine hunts the worst case. */
#define COST_BUCKETS 16u
_Static_assert(OP_KIND_COUNT *(COST_BUCKETS + 1u) <= REWARD_COUNT, "a reward for each bucket");

static void reward_costs(void)
{
    const struct session_worst *costs = host_costs();
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        if (costs[kind].operation != 0 && costs[kind].accesses <= costs[kind].bound)
            reward(kind * (COST_BUCKETS + 1u) +
                   costs[kind].accesses * COST_BUCKETS / costs[kind].bound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict verdict;
    /* A recorded trace is not an input for fuzzing: it would be slow, and gain nothing. */
    if (size > UINT32_MAX || trace_recognise(data, (uint32_t)size))
        return 0;
    /* Nor is a run on a large machine, which costs as much as a hundred others: the corpus has
     * those. */
    struct input input;
    if (input_open(&input, data, (uint32_t)size) != NULL ||
        input.config.frame_count > OP_FRAMES_FUZZED)
        return 0;
    enum session_check check = crc32_update(0, data, (uint32_t)size) % BOTH_EVERY == 0
                                   ? SESSION_CHECK_BOTH
                                   : SESSION_CHECK_STEP;
    const struct host_options options = {
        .plan = {.check = check_given ? check_asked : check, .brief_end = true}};
    if (host_run_with(data, (uint32_t)size, &options, &verdict) != NULL)
        return 0;
    fuzz_stats_add(verdict.applied_count);
    reward_costs();
    if (!verdict.ok)
        verdict_broken(&verdict);
    return 0;
}
