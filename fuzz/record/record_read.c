#include "fuzz/record/record_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"

/* Resizes that have begun and not ended, by thread. */
struct pending {
    uint32_t slot;
    uint64_t before;
    bool begun;
};

struct reader {
    struct recording *recording;
    struct pending *pending;
    uint32_t thread_capacity;
};

static struct pending *pending_of(struct reader *reader, uint32_t thread)
{
    if (thread >= reader->thread_capacity) {
        uint32_t capacity = 2u * thread + 16u;
        struct pending *pending = realloc(reader->pending, capacity * sizeof(*pending));
        if (pending == NULL)
            return NULL;
        memset(pending + reader->thread_capacity, 0,
               (capacity - reader->thread_capacity) * sizeof(*pending));
        reader->pending = pending;
        reader->thread_capacity = capacity;
    }
    return &reader->pending[thread];
}

static bool resize_begins(struct reader *reader, const struct record *record)
{
    struct pending *pending = pending_of(reader, record->thread);
    if (pending == NULL)
        return false;
    *pending = (struct pending){
        .slot = recording_leave(reader->recording, record->at),
        .before = record->at,
        .begun = true,
    };
    return true;
}

static bool resize_ends(struct reader *reader, const struct record *record)
{
    struct pending *pending = pending_of(reader, record->thread);
    if (pending == NULL)
        return false;
    /* Its beginning was before the recording's. */
    if (!pending->begun)
        return recording_alloc(reader->recording, record->at, record->size_bytes, 0);
    pending->begun = false;
    return recording_resize(reader->recording, pending->slot, pending->before, record->at,
                            record->size_bytes);
}

static bool record_take(struct reader *reader, const struct record *record)
{
    switch (record->kind) {
    case RECORD_ALLOC:
        return recording_alloc(reader->recording, record->at, record->size_bytes,
                               (uint64_t)1 << (record->align_shift & 63u));
    case RECORD_FREE: return recording_free(reader->recording, record->at);
    case RECORD_RESIZE: return resize_begins(reader, record);
    default: return resize_ends(reader, record);
    }
}

static bool read_all(FILE *in, const char *path, struct record_head *head,
                     struct recording *recording, struct line *error)
{
    struct reader reader = {.recording = recording};
    struct record record;
    bool ok = true;
    if (fread(head, sizeof(*head), 1, in) != 1 ||
        memcmp(head->magic, RECORD_MAGIC, sizeof(head->magic)) != 0 ||
        fseek(in, (long)RECORD_HEAD_BYTES, SEEK_SET) != 0)
        return file_error(error, path, "no recording: its head is missing, as on a full disk");
    head->program[sizeof(head->program) - 1u] = '\0';
    for (uint64_t i = 0; ok && i < head->count; i++) {
        if (fread(&record, sizeof(record), 1, in) != 1) {
            ok = file_error(error, path, ferror(in) != 0 ? strerror(errno) : "cut off");
        } else if (!record_take(&reader, &record)) {
            ok = file_error(error, path, "not enough memory, or more operations than there can be");
        }
    }
    free(reader.pending);
    return ok;
}

bool record_read(const char *path, struct record_head *head, struct recording *recording,
                 struct line *error)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return file_error(error, path, strerror(errno));
    bool ok = read_all(in, path, head, recording, error);
    (void)fclose(in);
    return ok;
}
