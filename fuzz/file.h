/* Input files: whole files read, directories listed, texts turned into operation bytes. */
#ifndef KHEAP_FUZZ_FILE_H
#define KHEAP_FUZZ_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz/line.h"

struct file {
    uint8_t *data;
    uint32_t size_bytes;
};

/* Sets *error to "PATH: WHY". Returns false, so that a function can return its result. */
bool file_error(struct line *error, const char *path, const char *why);

/* Reads a whole file of less than 4 GiB. Returns false with *error set: "PATH: No such file or
 * directory". */
bool file_read(const char *path, struct file *file, struct line *error);

/* As file_read; then, if the file is a text of operations (fuzz/op_text.h), replaces it by its
 * bytes. What is left is operation bytes, a packed trace or a pack. */
bool file_read_input(const char *path, struct file *file, struct line *error);

void file_free(struct file *file);

/* Writes a whole file: under another name first, then renamed, so that a full disk leaves what was
 * there. What is there and no regular file, a device or a pipe, is written to as it is. Returns
 * false with *error set. */
bool file_write(const char *path, const uint8_t *data, uint32_t size_bytes, struct line *error);

/* The paths of the files behind a list of names: files as they are, and what lies in directories
 * and below, sorted. Names that start with a dot are left out. */
struct file_list {
    char **paths;
    uint32_t count;
    uint32_t capacity;
};
bool file_list_add(struct file_list *list, const char *name, struct line *error);
void file_list_free(struct file_list *list);

/* The last component of a path: the name by which verdict lines call an input. */
const char *file_name(const char *path);

#endif
