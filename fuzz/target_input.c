#include "fuzz/target_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/broken.h"
#include "fuzz/fuzz_stats.h"
#include "fuzz/host.h"
#include "fuzz/op_line.h"

static enum session_check check_asked;
static bool check_given;

void target_start(void)
{
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
}

bool target_run(const uint8_t *data, size_t size, const struct session_plan *plan,
                struct verdict *verdict)
{
    struct input input;
    if (size > UINT32_MAX || trace_recognise(data, (uint32_t)size) ||
        input_open(&input, data, (uint32_t)size) != NULL ||
        input.config.frame_count > OP_FRAMES_FUZZED)
        return false;
    struct host_options options = {.plan = *plan};
    options.plan.brief_end = true;
    if (check_given)
        options.plan.check = check_asked;
    if (host_run_with(data, (uint32_t)size, &options, verdict) != NULL)
        return false;
    fuzz_stats_add(verdict->applied_count);
    return true;
}

void target_judge(const struct verdict *verdict)
{
    struct line line;
    if (verdict->ok)
        return;
    verdict_line(verdict, "input", &line);
    (void)fprintf(stderr, "kheap: %s\n", line.text);
    line_clear(&line);
    op_line(host_operation(), &line);
    (void)fprintf(stderr, "kheap: at operation %u: %s\n", verdict->operation, line.text);
    broken_rule(&verdict->violation);
}
