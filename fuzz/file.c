#include "fuzz/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/op_bytes.h"
#include "fuzz/op_text.h"

bool file_error(struct line *error, const char *path, const char *why)
{
    line_clear(error);
    line_text(error, path);
    line_text(error, ": ");
    line_text(error, why);
    return false;
}

static bool read_stream(FILE *in, const char *path, struct file *file, struct line *error)
{
    uint32_t capacity = 1u << 16;
    file->data = malloc(capacity);
    file->size_bytes = 0;
    for (;;) {
        if (file->data == NULL)
            return file_error(error, path, "not enough memory to read it");
        file->size_bytes +=
            (uint32_t)fread(file->data + file->size_bytes, 1, capacity - file->size_bytes, in);
        if (file->size_bytes < capacity)
            return ferror(in) == 0 || file_error(error, path, strerror(errno));
        if (capacity >= 1u << 31)
            return file_error(error, path, "larger than 2 GiB");
        capacity *= 2u;
        uint8_t *larger = realloc(file->data, capacity);
        if (larger == NULL)
            free(file->data);
        file->data = larger;
    }
}

bool file_read(const char *path, struct file *file, struct line *error)
{
    *file = (struct file){NULL, 0};
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return file_error(error, path, "is a directory");
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return file_error(error, path, strerror(errno));
    bool ok = read_stream(in, path, file, error);
    (void)fclose(in);
    if (!ok)
        file_free(file);
    return ok;
}

static bool text_to_bytes(const char *path, struct file *file, struct line *error)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line why;
    bool ok = op_text_parse((const char *)file->data, file->size_bytes, &config, &ops, &why);
    if (!ok)
        (void)file_error(error, path, why.text);
    uint32_t size_max = OP_BYTES_MAX * (ops.count + 1u);
    uint8_t *bytes = ok ? malloc(size_max) : NULL;
    if (ok && bytes == NULL)
        ok = file_error(error, path, "not enough memory to read it");
    if (ok) {
        uint32_t size_bytes = op_list_encode(&ops, &config, bytes, size_max);
        file_free(file);
        *file = (struct file){bytes, size_bytes};
    }
    op_list_free(&ops);
    return ok;
}

bool file_read_input(const char *path, struct file *file, struct line *error)
{
    if (!file_read(path, file, error))
        return false;
    const char *text = (const char *)file->data;
    if (!op_text_recognise(text, file->size_bytes)) {
        if (op_text_resembles(text, file->size_bytes))
            (void)fprintf(
                stderr,
                "kheap: %s: taken for operation bytes, not for text, as its first line is not %s\n",
                path, OP_TEXT_MAGIC);
        return true;
    }
    if (text_to_bytes(path, file, error))
        return true;
    file_free(file);
    return false;
}

void file_free(struct file *file)
{
    free(file->data);
    *file = (struct file){NULL, 0};
}

/* Writes to what is there and no regular file: a device or a pipe is not to be replaced by one. */
static bool write_through(const char *path, const uint8_t *data, uint32_t size_bytes,
                          struct line *error)
{
    FILE *out = fopen(path, "wb");
    bool ok = out != NULL && fwrite(data, 1, size_bytes, out) == size_bytes && fflush(out) == 0;
    int why = errno;
    if (out != NULL && fclose(out) != 0 && ok) {
        ok = false;
        why = errno;
    }
    return ok || file_error(error, path, strerror(why));
}

bool file_write(const char *path, const uint8_t *data, uint32_t size_bytes, struct line *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return write_through(path, data, size_bytes, error);
    size_t length = strlen(path) + sizeof(".part");
    char *part = malloc(length);
    if (part == NULL)
        return file_error(error, path, "not enough memory to write it");
    (void)snprintf(part, length, "%s.part", path);
    FILE *out = fopen(part, "wb");
    bool ok = out != NULL && fwrite(data, 1, size_bytes, out) == size_bytes;
    if (out != NULL && (fflush(out) != 0 || fsync(fileno(out)) != 0))
        ok = false;
    int why = errno;
    if (out != NULL && fclose(out) != 0)
        ok = false;
    if (ok && rename(part, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        (void)unlink(part);
        (void)file_error(error, path, strerror(why));
    }
    free(part);
    return ok;
}

static bool list_append(struct file_list *list, char *path)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity * 2u + 64u;
        char **paths = realloc(list->paths, capacity * sizeof(*paths));
        if (paths == NULL)
            return false;
        list->paths = paths;
        list->capacity = capacity;
    }
    list->paths[list->count++] = path;
    return true;
}

static char *join(const char *directory, const char *name)
{
    size_t length = strlen(directory) + strlen(name) + 2;
    char *path = malloc(length);
    if (path != NULL)
        (void)snprintf(path, length, "%s/%s", directory, name);
    return path;
}

static bool add_directory(struct file_list *list, const char *directory, struct line *error)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0)
        return file_error(error, directory, strerror(errno));
    bool ok = true;
    for (int i = 0; i < count; i++) {
        if (ok && entries[i]->d_name[0] != '.') {
            char *path = join(directory, entries[i]->d_name);
            ok = path != NULL ? file_list_add(list, path, error)
                              : file_error(error, directory, "not enough memory to list it");
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool file_list_add(struct file_list *list, const char *name, struct line *error)
{
    struct stat status;
    if (stat(name, &status) != 0)
        return file_error(error, name, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return add_directory(list, name, error);
    char *path = strdup(name);
    if (path != NULL && list_append(list, path))
        return true;
    free(path);
    return file_error(error, name, "not enough memory to list it");
}

void file_list_free(struct file_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct file_list){0};
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}
