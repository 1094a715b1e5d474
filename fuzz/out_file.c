#include "fuzz/out_file.h"

#include <stdlib.h>
#include <string.h>

bool out_file_open(struct out_file *file, const char *path, struct line *error)
{
    *file = (struct out_file){.path = path};
    file->stream = open_memstream(&file->text, &file->size_bytes);
    return file->stream != NULL || file_error(error, path, "not enough memory to write it");
}

static bool finish(struct out_file *file, struct line *error)
{
    bool ok = ferror(file->stream) == 0;
    ok = fclose(file->stream) == 0 && ok;
    file->stream = NULL;
    if (!ok)
        return file_error(error, file->path, "not enough memory to write it");
    if (file->size_bytes > UINT32_MAX)
        return file_error(error, file->path, "would be larger than 4 GiB");
    if (strcmp(file->path, "-") != 0)
        return file_write(file->path, (const uint8_t *)file->text, (uint32_t)file->size_bytes,
                          error);
    return fwrite(file->text, 1, file->size_bytes, stdout) == file->size_bytes ||
           file_error(error, "standard output", "cannot be written");
}

bool out_file_close(struct out_file *file, struct line *error)
{
    bool ok = finish(file, error);
    out_file_drop(file);
    return ok;
}

void out_file_drop(struct out_file *file)
{
    if (file->stream != NULL)
        (void)fclose(file->stream);
    free(file->text);
    *file = (struct out_file){.path = file->path};
}
