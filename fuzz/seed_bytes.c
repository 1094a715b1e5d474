/* Writes inputs as a fuzz target reads them, for its seed corpus: texts become operation bytes, all
 * others stay as they are.
 *
 *   seed_bytes FOLDER INPUT...
 *
 * INPUTs are files, and folders with files below. Each is written to FOLDER under its own name,
 * which must be the only one of that name; the names written are listed, one a line, in
 * FOLDER.list. Exit status: 0 all are written, 1 one could not be, 2 no folder or no input was
 * named. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/file.h"

static bool seed_write(const char *folder, const char *path, FILE *list, struct line *error)
{
    const char *name = file_name(path);
    char *to;
    if (asprintf(&to, "%s/%s", folder, name) < 0)
        return file_error(error, path, "not enough memory");
    struct file file = {0};
    bool ok = access(to, F_OK) != 0 || file_error(error, path, "its name is there already");
    ok = ok && file_read_input(path, &file, error);
    ok = ok && file_write(to, file.data, file.size_bytes, error);
    ok = ok && (fprintf(list, "%s\n", name) > 0 || file_error(error, path, "cannot be listed"));
    file_free(&file);
    free(to);
    return ok;
}

static FILE *list_open(const char *folder)
{
    char *path;
    if (asprintf(&path, "%s.list", folder) < 0)
        return NULL;
    FILE *list = fopen(path, "w");
    free(path);
    return list;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: seed_bytes FOLDER INPUT...\n");
        return 2;
    }
    struct file_list inputs = {0};
    struct line error;
    line_clear(&error);
    FILE *list = list_open(argv[1]);
    bool ok = list != NULL || file_error(&error, argv[1], "its list cannot be written");
    for (int i = 2; ok && i < argc; i++)
        ok = file_list_add(&inputs, argv[i], &error);
    for (uint32_t i = 0; ok && i < inputs.count; i++)
        ok = seed_write(argv[1], inputs.paths[i], list, &error);
    if (list != NULL && fclose(list) != 0 && ok)
        ok = file_error(&error, argv[1], "its list cannot be written");
    file_list_free(&inputs);
    if (!ok)
        (void)fprintf(stderr, "seed_bytes: %s\n", error.text);
    return !ok;
}
