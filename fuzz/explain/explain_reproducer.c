#include "fuzz/explain/explain_reproducer.h"

#include <stdlib.h>

#include "fuzz/crash/to_c.h"
#include "fuzz/input.h"

static const char *const no_memory = "not enough memory for its program in C";

/* Replaces *ops by the input's operations. */
static const char *read_ops(const struct reproducer *reproducer, struct op_list *ops,
                            struct to_c *program)
{
    struct input input;
    struct op op;
    const char *why = input_open(&input, reproducer->data, reproducer->size_bytes);
    if (why != NULL)
        return why;
    program->config = input.config;
    program->slot_count = input.slot_count;
    while (input_next(&input, &op))
        if (!op_list_append(ops, &op))
            return no_memory;
    return NULL;
}

static const char *write_program(const struct to_c *program, struct text *text)
{
    char *words = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&words, &size_bytes);
    bool ok = out != NULL && to_c_write(out, program);
    if (out != NULL && fclose(out) != 0)
        ok = false;
    if (ok)
        text_member_string(text, "reproducer", words);
    free(words);
    return ok ? NULL : no_memory;
}

const char *reproducer_write(const struct reproducer *reproducer, struct text *text)
{
    struct op_list ops = {0};
    struct to_c program = {
        .name = reproducer->name,
        .ops = &ops,
        .operation = reproducer->operation,
        .evidence = reproducer->evidence,
    };
    const char *why = read_ops(reproducer, &ops, &program);
    if (why == NULL)
        why = write_program(&program, text);
    op_list_free(&ops);
    return why;
}
