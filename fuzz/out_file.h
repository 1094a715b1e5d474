/* A text file made in memory and written at once, so that one that is half done never takes the
 * place of another. */
#ifndef KHEAP_FUZZ_OUT_FILE_H
#define KHEAP_FUZZ_OUT_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "fuzz/file.h"

struct out_file {
    FILE *stream;
    const char *path; /* or - */
    char *text;
    size_t size_bytes;
};

/* Opens a stream for the file at `path', which must stay; - is the standard output. Returns false
 * with *error set. */
bool out_file_open(struct out_file *file, const char *path, struct line *error);

/* Closes the stream and writes the file. Returns false with *error set. */
bool out_file_close(struct out_file *file, struct line *error);

/* Closes the stream, if it is open, and writes nothing. */
void out_file_drop(struct out_file *file);

#endif
