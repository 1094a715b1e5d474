/* kheap import: text to bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/op_text.h"
#include "fuzz/tool/command.h"
#include "fuzz/trace_text.h"
#include "fuzz/trace_write.h"

static const char help_text[] =
    "usage: kheap import TEXT OUTPUT\n"
    "\n"
    "Turns a text into the input OUTPUT. A text whose first line is `# kheap' holds operations "
    "and\n"
    "becomes operation bytes; any other is read as a recorded load, one operation a line:\n"
    "\n"
    "  a ID SIZE        allocate; IDs count up from 1\n"
    "  m ID SIZE ALIGN  allocate at a multiple of ALIGN\n"
    "  r ID SIZE        resize\n"
    "  f ID             free\n"
    "\n"
    "and becomes a packed trace. `-' as TEXT is the standard input, for recorded loads only:\n"
    "  zcat load.gz | kheap import - load.trace\n";

static bool import_load(const char *path, struct file *file, struct line *error)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line why;
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (in == NULL)
        return file_error(error, path, strerror(errno));
    bool ok = trace_text_read(in, &ops, &config, &why);
    if (!ok)
        (void)file_error(error, path, why.text);
    if (in != stdin)
        (void)fclose(in);
    if (ok)
        file->data = trace_write(&ops, &config, &file->size_bytes);
    op_list_free(&ops);
    if (ok && file->data == NULL)
        return file_error(error, path, "holds no allocation, or too much for one trace");
    return ok;
}

static bool import(const char *path, struct file *file, struct line *error)
{
    *file = (struct file){NULL, 0};
    if (strcmp(path, "-") == 0)
        return import_load(path, file, error);
    if (!file_read(path, file, error))
        return false;
    bool ops = op_text_recognise((const char *)file->data, file->size_bytes);
    file_free(file);
    return ops ? file_read_input(path, file, error) : import_load(path, file, error);
}

int command_import(int argc, char **argv)
{
    struct file file;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    if (argc != 3)
        return command_usage("import", "takes a text and an output, and got",
                             argc > 1 ? argv[1] : NULL);
    bool ok =
        import(argv[1], &file, &error) && file_write(argv[2], file.data, file.size_bytes, &error);
    if (!ok)
        (void)fprintf(stderr, "%s\n", error.text);
    else
        printf("%s: %u bytes\n", argv[2], file.size_bytes);
    file_free(&file);
    return ok ? EXIT_OK : EXIT_INPUT;
}
