#include "fuzz/crash/to_c.h"

#include <inttypes.h>
#include <string.h>

#include "fuzz/op_line.h"

/* Compilers take their time over one function of very many calls. */
#define FUNCTION_OPS 1000u

/* The statement of each kind: $s, $n and $a are its arguments (fuzz/op.h), $x the argument in
 * hexadecimal, $f the size likewise. */
static const char *const statements[OP_KIND_COUNT] = {
    [OP_ALLOC] = "slot($s) = kmalloc(&heap, $n);",
    [OP_FREE] = "kfree(&heap, p[$s]);",
    [OP_REALLOC] = "p[$s] = krealloc(&heap, p[$s], $n);",
    [OP_ALIGNED] = "slot($s) = kmalloc_aligned(&heap, $n, $a);",
    [OP_ZALLOC] = "slot($s) = kcalloc(&heap, $a, $n);",
    [OP_FILL] = "write_contents(p[$s]);",
    [OP_RECLAIM] = "heap_reclaim(&heap, $n);",
    [OP_PRESSURE] = "leave_frames($n);",
    [OP_REFUSE] = "refuse_frame($n);",
    [OP_REFUSE_ON] = "refuse_frames_from($n);",
    [OP_INTERRUPT] = "interrupt_at($a, p[$s], $n);",
    [OP_MAP] = "map_device_page($n);",
    [OP_UNMAP] = "unmap_device_page($n);",
    [OP_CHECK] = "check_contents();",
    [OP_STATS] = "check_stats();",
    [OP_WINDOW] = "foreign_heaps_only(OP_WINDOW, $s, $n, $a);",
    [OP_GROW] = "foreign_heaps_only(OP_GROW, $s, $n, $a);",
    [OP_SHRINK] = "foreign_heaps_only(OP_SHRINK, $s, $n, $a);",
    [OP_APPEND] = "foreign_heaps_only(OP_APPEND, $s, $n, $a);",
    [OP_GREEDY] = "foreign_heaps_only(OP_GREEDY, $s, $n, $a);",
    [OP_DRAIN] = "foreign_heaps_only(OP_DRAIN, $s, $n, $a);",
    [OP_SAME] = "foreign_heaps_only(OP_SAME, $s, $n, $a);",
    [OP_DOUBLE_FREE] = "kfree_again(p[$s]);",
    [OP_FREE_INNER] = "kfree_inner(p[$s], $n);",
    [OP_FREE_MISALIGNED] = "kfree_misaligned(p[$s], $n);",
    [OP_FREE_FOREIGN] = "kfree_foreign($f);",
    [OP_USE_FREED] = "krealloc_freed(p[$s], $n);",
    [OP_DAMAGE_HEADER] = "kfree_damaged_header(p[$s], $x);",
    [OP_DAMAGE_FOOTER] = "kfree_damaged_footer(p[$s], $x);",
    [OP_DAMAGE_NEXT] = "kfree_damaged_next(p[$s], $x);",
    [OP_DAMAGE_PREVIOUS] = "kfree_damaged_previous(p[$s], $x);",
    [OP_DAMAGE_LINK] = "kfree_damaged_link(p[$s], $x);",
    [OP_DAMAGE_REALLOC] = "krealloc_damaged(p[$s], $x);",
};

static void number_write(FILE *out, uint32_t number)
{
    /* A constant that no int holds is unsigned, and says so. */
    (void)fprintf(out, number > INT32_MAX ? "%" PRIu32 "u" : "%" PRIu32, number);
}

void to_c_statement(FILE *out, const struct op *op)
{
    for (const char *at = statements[op->kind]; *at != '\0'; at++) {
        if (*at != '$') {
            (void)fputc(*at, out);
            continue;
        }
        switch (*++at) {
        case 's': number_write(out, op->slot); break;
        case 'n': number_write(out, op->size); break;
        case 'a': number_write(out, op->arg); break;
        case 'f': (void)fprintf(out, "0x%" PRIx32 "u", op->size); break;
        default: (void)fprintf(out, "0x%" PRIx32 "u", op->arg); break;
        }
    }
}

static void string_write(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else if (*text >= ' ' && *text <= '~' && *text != '?')
            (void)fputc(*text, out);
        else /* a trigraph, or no printable character */
            (void)fprintf(out, "\\%03o", (unsigned)(unsigned char)*text);
    }
    (void)fputc('"', out);
}

const char to_c_help[] =
    "Writes a C program that makes the same calls on the same machine, looks at the same rules, "
    "and\n"
    "exits with status 1 if one is broken. It compiles against this repository, in its root:\n"
    "\n"
    "  cc -o reproduce PROGRAM.c @fuzz/crash/reproduce.args && ./reproduce\n";

void to_c_command(FILE *out, const char *path)
{
    (void)fputs("cc -o reproduce ", out);
    to_c_path(out, path);
    (void)fputs(" @fuzz/crash/reproduce.args && ./reproduce", out);
}

static void head_write(FILE *out, const struct to_c *input)
{
    (void)fputs("/* ", out);
    to_c_comment(out, input->name);
    if (input->operation == 0)
        (void)fputs(": breaks no rule today", out);
    else if (input->operation > input->ops->count)
        (void)fputs(": breaks a rule when all is given back at the end", out);
    else
        (void)fprintf(out, ": operation %" PRIu32 " breaks a rule", input->operation);
    if (input->operation != 0 && input->evidence != NULL) {
        (void)fputs(":\n * ", out);
        to_c_comment(out, input->evidence);
    }
    (void)fputs("\n *\n"
                " * In the root of the kheap repository:\n"
                " *\n"
                " *     ",
                out);
    bool comment = input->path == NULL || strstr(input->path, "*/") != NULL ||
                   strstr(input->path, "/*") != NULL;
    to_c_command(out, comment ? "reproduce.c" : input->path);
    (void)fputs(
        "\n"
        " *\n"
        " * makes the calls on an emulated i386, looks at every rule after each of them\n"
        " * (fuzz/crash/reproduce.h), and exits with 1 if one is broken, otherwise with 0. */\n"
        "#include \"fuzz/crash/reproduce.h\"\n",
        out);
}

static void ops_write(FILE *out, const struct to_c *input, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        (void)fputs("    ", out);
        to_c_statement(out, &input->ops->ops[i]);
        if (i + 1u == input->operation)
            (void)fputs(" /* <-- here */", out);
        (void)fputc('\n', out);
    }
}

/* Long lists in functions of their own. */
static void functions_write(FILE *out, const struct to_c *input)
{
    for (uint32_t from = 0; from < input->ops->count; from += FUNCTION_OPS) {
        uint32_t left = input->ops->count - from;
        uint32_t to = from + (left < FUNCTION_OPS ? left : FUNCTION_OPS);
        (void)fprintf(out, "\nstatic void operations_from_%" PRIu32 "(void)\n{\n", from + 1u);
        ops_write(out, input, from, to);
        (void)fputs("}\n", out);
    }
}

bool to_c_write(FILE *out, const struct to_c *input)
{
    bool functions = input->ops->count > FUNCTION_OPS;
    head_write(out, input);
    if (functions)
        functions_write(out, input);
    (void)fputs("\nint main(void)\n{\n    reproduce_begin(&(struct reproduce){\n        .name = ",
                out);
    string_write(out, input->name);
    (void)fprintf(out,
                  ",\n        .policy = %s,\n        .frames = %" PRIu32
                  ",\n        .window_pages = %" PRIu32 ",\n        .slots = %" PRIu32
                  ",\n    });\n",
                  input->config.policy == 0 ? "HEAP_BINS" : "HEAP_FIRST_FIT",
                  input->config.frame_count, input->config.window_pages, input->slot_count);
    if (functions) {
        for (uint32_t from = 0; from < input->ops->count; from += FUNCTION_OPS)
            (void)fprintf(out, "    operations_from_%" PRIu32 "();\n", from + 1u);
    } else {
        ops_write(out, input, 0, input->ops->count);
    }
    (void)fputs("    return reproduce_end();\n}\n", out);
    return ferror(out) == 0;
}
