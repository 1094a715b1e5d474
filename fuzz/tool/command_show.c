/* kheap show: an input as text. */
#include <stdio.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/op_text.h"
#include "fuzz/tool/command.h"
#include "fuzz/trace.h"
#include "fuzz/trace_text.h"

static const char help_text[] =
    "usage: kheap show FILE\n"
    "\n"
    "Prints the operations of an input as text: operation bytes as a text that `kheap import' and\n"
    "`kheap replay' read, a packed trace as a recorded load (a ID SIZE, r ID SIZE, f ID).\n";

static int show_trace(const char *path, const struct file *file)
{
    struct trace_reader reader;
    struct op_config config;
    struct op op;
    const char *error = trace_open(&reader, &config, file->data, file->size_bytes);
    if (error != NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, error);
        return EXIT_INPUT;
    }
    printf("# %u operations, %u frames\n", reader.op_count, config.frame_count);
    while (trace_next(&reader, &op))
        trace_text_write(stdout, &op);
    return EXIT_OK;
}

static int show_ops(const char *path, const struct file *file)
{
    struct op_list ops = {0};
    struct op_config config;
    int status = EXIT_OK;
    if (!op_list_decode(&ops, &config, file->data, file->size_bytes)) {
        (void)fprintf(stderr, "%s: not enough memory to show it\n", path);
        status = EXIT_INPUT;
    } else if (!op_text_write(stdout, file_name(path), &config, &ops)) {
        status = EXIT_INPUT;
    }
    op_list_free(&ops);
    return status;
}

int command_show(int argc, char **argv)
{
    struct file file;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    if (argc != 2)
        return command_usage("show", "takes one file, and got", argc > 2 ? argv[2] : NULL);
    if (!file_read_input(argv[1], &file, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    int status = trace_recognise(file.data, file.size_bytes) ? show_trace(argv[1], &file)
                                                             : show_ops(argv[1], &file);
    file_free(&file);
    return status;
}
