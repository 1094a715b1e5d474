/* The recorder's file (record.h), started with the first record, if the environment asks for it. */
#ifndef KHEAP_FUZZ_RECORD_RECORDER_FILE_H
#define KHEAP_FUZZ_RECORD_RECORDER_FILE_H

#include <stddef.h>

#include "fuzz/record/record.h"

/* Adds a record of this thread's, under a lock; none, if it comes from inside the recorder. Leaves
 * errno as it was. */
void recorder_append(enum record_kind kind, const void *at, size_t size_bytes,
                     unsigned align_shift);

#endif
