/* A foreign allocator under the fuzzer. What it dies of is for the engine to tell: with a stack. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/host_foreign.h"
#include "fuzz/foreign/outcomes.h"
#include "fuzz/foreign/run.h"
#include "fuzz/target_input.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const bool host_catches = false;

static void tell(const char *id, const char *claim)
{
    (void)fprintf(stderr, "kheap: not declared by %s, so not checked: %s, %s\n", adapter.name, id,
                  claim);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start();
    run_unchecked(tell);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict verdict;
    struct outcomes outcomes = {0};
    struct session_plan plan = {.check = SESSION_CHECK_STEP};
    if (outcomes_wanted) {
        plan.observe = outcomes_observe;
        plan.observer = &outcomes;
    }
    if (target_run(data, size, &plan, &verdict))
        target_judge(&verdict);
    return 0;
}
