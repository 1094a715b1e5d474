/* kheap pack: many inputs in one file. */
#include <stdio.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/pack_write.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap pack OUTPUT FILE|DIRECTORY...\n"
    "\n"
    "Puts inputs into one file that the kernel takes as a Multiboot module and `kheap replay' "
    "reads\n"
    "as well. Texts of operations become bytes. Inputs keep the last component of their paths as\n"
    "their names.\n";

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

static bool pack_all(int argc, char **argv, struct pack_writer *writer, struct line *error)
{
    struct file_list files = {0};
    bool ok = true;
    for (int i = 2; ok && i < argc; i++)
        ok = file_list_add(&files, argv[i], error);
    for (uint32_t i = 0; ok && i < files.count; i++)
        ok = pack_file(writer, files.paths[i], error);
    file_list_free(&files);
    if (ok && !pack_write_header(writer)) {
        line_clear(error);
        line_text(error, "not enough memory for the pack");
        return false;
    }
    return ok && file_write(argv[1], writer->data, writer->size_bytes, error);
}

int command_pack(int argc, char **argv)
{
    struct pack_writer writer = {0};
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    if (argc < 3)
        return command_usage("pack", "takes an output and inputs, and got",
                             argc > 1 ? argv[1] : NULL);
    bool ok = pack_all(argc, argv, &writer, &error);
    if (ok)
        printf("%s: %u inputs, %u bytes\n", argv[1], writer.input_count, writer.size_bytes);
    else
        (void)fprintf(stderr, "%s\n", error.text);
    pack_write_free(&writer);
    return ok ? EXIT_OK : EXIT_INPUT;
}
