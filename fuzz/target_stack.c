/* The whole stack under the fuzzer: heap, paging and frames on the emulated machine, every rule
 * after every operation. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/broken.h"
#include "fuzz/fuzz_stats.h"
#include "fuzz/host.h"
#include "fuzz/op_line.h"

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
    if (host_run(data, (uint32_t)size, SESSION_CHECK_STEP, &verdict) != NULL)
        return 0;
    fuzz_stats_add(verdict.applied_count);
    if (!verdict.ok)
        verdict_broken(&verdict);
    return 0;
}
