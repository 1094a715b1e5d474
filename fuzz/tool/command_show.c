/* kheap show: an input as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/host.h"
#include "fuzz/input.h"
#include "fuzz/json.h"
#include "fuzz/op_line.h"
#include "fuzz/op_result.h"
#include "fuzz/op_text.h"
#include "fuzz/out_file.h"
#include "fuzz/pack.h"
#include "fuzz/tool/command.h"
#include "fuzz/trace_text.h"

static const char help_text[] =
    "usage: kheap show [OPTION...] FILE\n"
    "\n"
    "Prints the operations of an input as text: operation bytes as a text that `kheap import' and\n"
    "`kheap replay' read, a packed trace as a recorded load (a ID SIZE, r ID SIZE, f ID).\n"
    "\n"
    "  --results     run it, and tell behind each operation, in a comment, what it did\n"
    "  --json FILE   write it as JSON instead; - is the standard output\n"
    "  --input NAME  of a pack: which of its inputs\n"
    "\n"
    "The JSON document has \"input\", \"policy\", \"frames\", \"window_pages\", \"slots\" and "
    "\"operations\".\n"
    "An operation has its \"operation\" (number), \"text\", \"word\", \"slot\", \"size\" and "
    "\"arg\"; "
    "with\n"
    "--results, what fuzz/op_result.h says instead, and there is a \"verdict\" at the end.\n"
    "\n"
    "Exit status: 0 it is shown, 1 with --results it breaks a rule, 2 the command line was not\n"
    "understood, 3 a file is unreadable, damaged, or cannot be written.\n";

struct show {
    const char *path;
    const char *json_path;
    const char *input_name;
    bool results;
    FILE *json; /* null: text */
    const char *name;
    const uint8_t *data;
    uint32_t size_bytes;
    bool is_trace;
    uint32_t shown;        /* operations so far */
    const char *separator; /* before the next one, in JSON */
};

static void op_write(const struct show *show, const struct op *op, struct line *line)
{
    if (show->is_trace) {
        trace_text_line(op, line);
        return;
    }
    line_clear(line);
    op_line(op, line);
}

static void show_op(struct show *show, const struct op *op)
{
    struct line line;
    op_write(show, op, &line);
    show->shown++;
    if (show->json == NULL) {
        printf("%s\n", line.text);
        return;
    }
    (void)fprintf(show->json,
                  "%s{\"operation\": %u, \"text\": \"%s\", \"word\": \"%s\", \"slot\": %u, "
                  "\"size\": %u, \"arg\": %u}",
                  show->separator, show->shown, line.text, op_word(op->kind), op->slot, op->size,
                  op->arg);
    show->separator = ",\n  ";
}

static void show_result(void *observer, const struct session_result *result)
{
    struct show *show = observer;
    struct line op;
    struct line line;
    show->shown++;
    if (show->json != NULL) {
        (void)fputs(show->separator, show->json);
        op_result_json(result, show->json);
        show->separator = ",\n  ";
        return;
    }
    op_write(show, result->op, &op);
    line_clear(&line);
    op_result_line(result, &line);
    printf("%-28s # %s\n", op.text, line.text);
}

static void show_head(const struct show *show, const struct input *input)
{
    struct line line;
    line_clear(&line);
    op_line_config(&input->config, &line);
    if (show->json != NULL) {
        (void)fputs("{\"tool\": \"kheap show\", \"input\": ", show->json);
        json_text(show->json, show->name);
        (void)fprintf(show->json,
                      ", \"trace\": %s, \"policy\": \"%s\", \"frames\": %u, \"window_pages\": %u, "
                      "\"slots\": %u,\n\"operations\": [",
                      input->is_trace ? "true" : "false",
                      input->config.policy == 0 ? "bins" : "first-fit", input->config.frame_count,
                      input->config.window_pages, input->slot_count);
    } else if (input->is_trace) {
        printf("# %s, %u operations\n%s\n", show->name, input->trace.op_count, line.text);
    } else {
        printf("%s\n# %s\n%s\n", OP_TEXT_MAGIC, show->name, line.text);
    }
}

/* The operations that were not run, or not to their end. */
static void show_rest(struct show *show, struct input *input)
{
    struct op op;
    for (uint32_t i = 0; input_next(input, &op); i++)
        if (i >= show->shown)
            show_op(show, &op);
}

static int show_verdict(const struct show *show, const struct verdict *verdict)
{
    struct line line;
    struct line evidence;
    verdict_line(verdict, show->name, &line);
    line_clear(&evidence);
    if (!verdict->ok)
        violation_line(&verdict->violation, &evidence);
    if (show->json == NULL) {
        printf("# %s\n", line.text);
        if (!verdict->ok)
            printf("# %s\n", evidence.text);
    } else {
        (void)fputs("],\n\"verdict\": ", show->json);
        json_text(show->json, line.text);
        (void)fputs(", \"evidence\": ", show->json);
        json_text(show->json, evidence.text);
    }
    return verdict->ok ? EXIT_OK : EXIT_VIOLATION;
}

static int show_all(struct show *show, struct line *error)
{
    struct host_options options = {.plan.observe = show_result, .plan.observer = show};
    struct input input;
    struct verdict verdict = {0};
    int status = EXIT_OK;
    const char *why = input_open(&input, show->data, show->size_bytes);
    if (why == NULL) {
        show->is_trace = input.is_trace;
        show->separator = "\n  ";
        show_head(show, &input);
        if (show->results)
            why = host_run_with(show->data, show->size_bytes, &options, &verdict);
    }
    if (why != NULL) {
        (void)file_error(error, show->path, why);
        return EXIT_INPUT;
    }
    show_rest(show, &input);
    if (show->results)
        status = show_verdict(show, &verdict);
    else if (show->json != NULL)
        (void)fputs("]", show->json);
    if (show->json != NULL)
        (void)fputs("}\n", show->json);
    return status;
}

static int show_json(struct show *show, struct line *error)
{
    struct out_file json;
    if (!out_file_open(&json, show->json_path, error))
        return EXIT_INPUT;
    show->json = json.stream;
    int status = show_all(show, error);
    if (status == EXIT_INPUT)
        out_file_drop(&json);
    else if (!out_file_close(&json, error))
        status = EXIT_INPUT;
    return status;
}

/* Looks for one input of a pack; *error is the list of them, if none is asked for. */
static bool pack_choose(struct show *show, struct line *error)
{
    struct pack pack;
    struct pack_input input;
    const char *why = pack_open(&pack, show->data, show->size_bytes);
    if (why != NULL)
        return file_error(error, show->path, why);
    while (show->input_name != NULL && pack_next(&pack, &input))
        if (strcmp(input.name, show->input_name) == 0) {
            show->name = show->input_name;
            show->data = input.data;
            show->size_bytes = input.size_bytes;
            return true;
        }
    if (show->input_name != NULL)
        return file_error(error, show->path, "no input of this pack has that name");
    (void)file_error(error, show->path, "a pack of ");
    line_decimal(error, pack.input_count);
    line_text(error, " inputs; --input shows one, as");
    for (uint32_t i = 0; i < 3u && pack_next(&pack, &input); i++) {
        line_text(error, i == 0 ? " " : ", ");
        line_text(error, input.name);
    }
    return false;
}

static int show_file(struct show *show)
{
    struct file file;
    struct line error;
    int status = EXIT_INPUT;
    if (file_read_input(show->path, &file, &error)) {
        show->name = file_name(show->path);
        show->data = file.data;
        show->size_bytes = file.size_bytes;
        if (!pack_recognise(file.data, file.size_bytes) || pack_choose(show, &error))
            status = show->json_path != NULL ? show_json(show, &error) : show_all(show, &error);
        file_free(&file);
    }
    if (status == EXIT_INPUT) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%s\n", error.text);
    }
    return status;
}

int command_show(int argc, char **argv)
{
    struct show show = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(help_text, stdout);
            return EXIT_OK;
        }
        if (strcmp(argv[i], "--results") == 0) {
            show.results = true;
        } else if (command_option(argc, argv, &i, "--json", &show.json_path)) {
            if (show.json_path == NULL)
                return command_usage("show", "--json takes a file, or -, not", NULL);
        } else if (command_option(argc, argv, &i, "--input", &show.input_name)) {
            if (show.input_name == NULL)
                return command_usage("show", "--input takes a name, not", NULL);
        } else if (argv[i][0] == '-' || show.path != NULL) {
            return command_usage(
                "show", argv[i][0] == '-' ? "unknown option" : "takes one file, and got", argv[i]);
        } else {
            show.path = argv[i];
        }
    }
    if (show.path == NULL)
        return command_usage("show", "takes one file, and got", NULL);
    return show_file(&show);
}
