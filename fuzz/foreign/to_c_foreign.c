/* Inputs of a foreign allocator as C programs without the harness (fuzz/foreign/reproduce.h).
 * Linked into its tool, in place of fuzz/crash/to_c.c. */
#include <inttypes.h>
#include <stdlib.h>

#include "fuzz/crash/to_c.h"
#include "fuzz/foreign/host_foreign.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run.h"
#include "fuzz/host.h"

const char to_c_help[] =
    "Writes a C program that makes the same calls of the allocator through its adapter, and "
    "nothing\n"
    "else: no harness. It fills blocks, looks at them again, and exits with status 1 at the first\n"
    "thing that goes wrong.\n";

void to_c_command(FILE *out, const char *path)
{
    (void)fprintf(out, "cc %s -o reproduce ", host_compile_options);
    to_c_path(out, path);
    (void)fprintf(out, " %s && ./reproduce", host_compile_sources);
}

static void number(FILE *out, uint64_t value)
{
    (void)fprintf(out, value > INT32_MAX ? "0x%" PRIx64 "u" : "%" PRIu64, value);
    if (value > UINT32_MAX)
        (void)fputs("ll", out);
}

/* A statement of up to three numbers. */
static void statement(FILE *out, const char *name, uint32_t count, const uint64_t *numbers)
{
    (void)fprintf(out, "%s(", name);
    for (uint32_t i = 0; i < count; i++) {
        if (i != 0)
            (void)fputs(", ", out);
        number(out, numbers[i]);
    }
    (void)fputs(");", out);
}

#define STATEMENT(out, name, ...)                                                                  \
    statement(out, name, (uint32_t)(sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)),         \
              (uint64_t[]){__VA_ARGS__})

static void window_statement(FILE *out, const struct op_config *config, const struct op *op)
{
    struct supply_window window = run_window_of_op(config, op);
    STATEMENT(out, "fresh_window", window.limit - window.start,
              window.start - memory_open()->start);
}

static void statement_write(FILE *out, const struct op_config *config, const struct op *op)
{
    uint64_t size = run_size(op->size);
    switch (op->kind) {
    case OP_ALLOC: STATEMENT(out, "alloc", op->slot, size); break;
    case OP_FREE: STATEMENT(out, "free_block", op->slot); break;
    case OP_REALLOC: STATEMENT(out, "resize", op->slot, size); break;
    case OP_ALIGNED: STATEMENT(out, "aligned", op->slot, op->arg, size); break;
    case OP_ZALLOC: STATEMENT(out, "zeroed", op->slot, run_size(op->arg), size); break;
    case OP_FILL: STATEMENT(out, "rewrite", op->slot); break;
    case OP_RECLAIM: (void)fputs("trim();", out); break;
    case OP_PRESSURE: STATEMENT(out, "pages_left", op->size); break;
    case OP_REFUSE: STATEMENT(out, "refuse", op->size); break;
    case OP_REFUSE_ON: STATEMENT(out, "refuse_from", op->size); break;
    case OP_CHECK: (void)fputs("look_again();", out); break;
    case OP_WINDOW: window_statement(out, config, op); break;
    case OP_GROW: STATEMENT(out, "grow", run_stretch(op)); break;
    case OP_SHRINK: STATEMENT(out, "shrink", op->size); break;
    case OP_APPEND: STATEMENT(out, "append", run_stretch(op), op->arg); break;
    case OP_GREEDY: STATEMENT(out, "greedy", size); break;
    case OP_DRAIN: STATEMENT(out, "drain", op->arg % 8u); break;
    case OP_SAME: STATEMENT(out, "resize_same", op->slot); break;
    case OP_DOUBLE_FREE: STATEMENT(out, "free_again", op->slot); break;
    case OP_FREE_INNER: STATEMENT(out, "free_inside", op->slot, 8u * size); break;
    case OP_FREE_MISALIGNED: STATEMENT(out, "free_inside", op->slot, op->size % 7u + 1u); break;
    case OP_FREE_FOREIGN: STATEMENT(out, "free_at", (uint32_t)(op->size - MEMORY_START)); break;
    default: (void)fputs("/* not for this allocator */", out); break;
    }
}

void to_c_statement(FILE *out, const struct op *op)
{
    const struct op_config config = {OP_POLICY_DEFAULT, OP_FRAMES_DEFAULT, OP_WINDOW_PAGES_DEFAULT};
    statement_write(out, &config, op);
}

/* Which operations apply: the others are left out. One that does not return does. */
static void observe(void *observer, const struct session_result *result)
{
    bool *skipped = observer;
    skipped[result->operation - 1u] = !result->applied && !result->violated;
}

static bool *skipped_find(const struct to_c *input)
{
    bool *skipped = calloc((size_t)input->ops->count + 1u, sizeof(bool));
    const struct host_options options = {.plan = {.observe = observe, .observer = skipped}};
    struct verdict verdict;
    if (skipped == NULL || host_run_ops(&input->config, input->ops->ops, input->ops->count,
                                        input->slot_count, &options, &verdict) == NULL)
        return skipped;
    free(skipped);
    return NULL;
}

static void head_write(FILE *out, const struct to_c *input)
{
    (void)fputs("/* ", out);
    to_c_comment(out, input->name);
    (void)fprintf(out, ", on the allocator ");
    to_c_comment(out, adapter.name);
    if (input->operation == 0)
        (void)fputs(": nothing goes wrong today", out);
    else if (input->evidence != NULL)
        (void)fputs(":\n * ", out), to_c_comment(out, input->evidence);
    (void)fputs("\n *\n *     ", out);
    to_c_command(out, input->path != NULL ? input->path : "reproduce.c");
    (void)fputs(
        "\n *\n"
        " * makes the calls, fills the blocks, looks at them again, and stops at the first\n"
        " * thing that goes wrong, with exit status 1. */\n"
        "#include \"fuzz/foreign/reproduce.h\"\n"
        "\nint main(void)\n{\n    ",
        out);
}

bool to_c_write(FILE *out, const struct to_c *input)
{
    bool *skipped = skipped_find(input);
    if (skipped == NULL)
        return false;
    uint64_t largest = host_last_run()->largest;
    struct supply_window window = run_window(&input->config);
    head_write(out, input);
    STATEMENT(out, "begin", input->slot_count, RUN_CROWD_MAX, window.limit - window.start,
              input->config.frame_count);
    (void)fputc('\n', out);
    for (uint32_t i = 0; i < input->ops->count; i++) {
        bool guilty = i + 1u == input->operation;
        if (skipped[i] && !guilty)
            continue;
        (void)fputs("    ", out);
        statement_write(out, &input->config, &input->ops->ops[i]);
        (void)fputs(guilty ? " /* <-- here */\n" : "\n", out);
    }
    (void)fputs("    return ", out);
    STATEMENT(out, "end", largest);
    (void)fputs(input->operation > input->ops->count ? " /* <-- here */\n}\n" : "\n}\n", out);
    free(skipped);
    return ferror(out) == 0;
}
