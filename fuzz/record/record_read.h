/* Reads what the preloaded recorder has written (record.h). */
#ifndef KHEAP_FUZZ_RECORD_RECORD_READ_H
#define KHEAP_FUZZ_RECORD_RECORD_READ_H

#include "fuzz/record/record.h"
#include "fuzz/recording.h"

/* Reads the file into the recording, and its head. Returns false with *error set if it cannot be
 * read, is none, or there is no memory. */
bool record_read(const char *path, struct record_head *head, struct recording *recording,
                 struct line *error);

#endif
