/* kheap pack: many inputs in one file. */
#include <stdio.h>
#include <string.h>

#include "fuzz/json.h"
#include "fuzz/out_file.h"
#include "fuzz/pack_write.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap pack OUTPUT FILE|DIRECTORY...\n"
    "\n"
    "Puts inputs into one file that the kernel takes as a Multiboot module and `kheap replay' "
    "reads\n"
    "as well. Texts of operations become bytes. Inputs keep the last component of their paths as\n"
    "their names.\n"
    "\n"
    "  --json FILE  what was packed, for machines; - is standard output\n"
    "\n"
    "Exit status: 0 it is written, 2 the command line was not understood, 3 a file could not be "
    "read\n"
    "or written; then there is no new output.\n";

static bool pack_file(struct pack_writer *writer, const char *path, struct line *error)
{
    struct file file;
    if (!file_read_input(path, &file, error))
        return false;
    bool ok = pack_write_input(writer, file_name(path), file.data, file.size_bytes);
    file_free(&file);
    return ok ||
           file_error(error, path, "its name is too long for a pack, or there is no memory for it");
}

static bool pack_all(const char *output, const struct file_list *files, struct pack_writer *writer,
                     struct line *error)
{
    for (uint32_t i = 0; i < files->count; i++)
        if (!pack_file(writer, files->paths[i], error))
            return false;
    if (!pack_write_header(writer))
        return file_error(error, output, "not enough memory for the pack");
    return file_write(output, writer->data, writer->size_bytes, error);
}

static bool write_json(const char *path, const char *output, const struct pack_writer *writer,
                       struct line *error)
{
    struct out_file json;
    if (!out_file_open(&json, path, error))
        return false;
    (void)fputs("{\"tool\": \"kheap pack\", \"output\": ", json.stream);
    json_text(json.stream, output);
    (void)fprintf(json.stream, ", \"inputs\": %u, \"bytes\": %u}\n", writer->input_count,
                  writer->size_bytes);
    return out_file_close(&json, error);
}

static int pack(const char *output, const struct file_list *files, const char *json)
{
    struct pack_writer writer = {0};
    struct line error;
    bool ok = pack_all(output, files, &writer, &error) &&
              (json == NULL || write_json(json, output, &writer, &error));
    if (!ok)
        (void)fprintf(stderr, "%s\n", error.text);
    else if (json == NULL || strcmp(json, "-") != 0)
        printf("%s: %u inputs, %u bytes\n", output, writer.input_count, writer.size_bytes);
    pack_write_free(&writer);
    return ok ? EXIT_OK : EXIT_INPUT;
}

int command_pack(int argc, char **argv)
{
    struct file_list files = {0};
    struct line error;
    const char *output = NULL;
    const char *json = NULL;
    int status = EXIT_OK;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    for (int i = 1; i < argc && status == EXIT_OK; i++) {
        if (command_option(argc, argv, &i, "--json", &json)) {
            if (json == NULL)
                status = command_usage("pack", "--json takes a file, not", json);
        } else if (argv[i][0] == '-') {
            status = command_usage("pack", "unknown option", argv[i]);
        } else if (output == NULL) {
            output = argv[i];
        } else if (!file_list_add(&files, argv[i], &error)) {
            (void)fprintf(stderr, "%s\n", error.text);
            status = EXIT_INPUT;
        }
    }
    if (status == EXIT_OK && files.count == 0)
        status = command_usage("pack", "takes an output and inputs, and got", output);
    if (status == EXIT_OK)
        status = pack(output, &files, json);
    file_list_free(&files);
    return status;
}
