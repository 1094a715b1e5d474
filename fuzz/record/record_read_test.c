#include "fuzz/record/record_read.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci/unit.h"

static const struct record records[] = {
    {.kind = RECORD_RESIZED, .thread = 3, .at = 0x900, .size_bytes = 9}, /* begun before */
    {.kind = RECORD_ALLOC, .thread = 1, .at = 0x100, .size_bytes = 1},
    {.kind = RECORD_RESIZE, .thread = 1, .at = 0x100},
    {.kind = RECORD_ALLOC, .thread = 2, .at = 0x100, .size_bytes = 2},
    {.kind = RECORD_RESIZE, .thread = 2, .at = 0x100},
    {.kind = RECORD_RESIZED, .thread = 1, .at = 0x200, .size_bytes = 3},
    {.kind = RECORD_RESIZED, .thread = 2, .at = 0, .size_bytes = 4}, /* refused */
    {.kind = RECORD_FREE, .thread = 9, .at = 0x100},
    {.kind = RECORD_ALLOC, .thread = 9, .align_shift = 12, .at = 0x1000, .size_bytes = 5},
};
#define RECORDS (sizeof(records) / sizeof(records[0]))

/* Writes a recording of which `count' records are said to be there, and reads it. */
static bool read_recording(const char *magic, uint64_t count, struct recording *recording,
                           struct line *error)
{
    char path[] = "/tmp/record_read_test-XXXXXX";
    struct record_head head = {.process = 7, .count = count};
    uint8_t gap[RECORD_HEAD_BYTES - sizeof(head)] = {0};
    memcpy(head.magic, magic, sizeof(head.magic));
    memset(head.program, 'p', sizeof(head.program)); /* not terminated */
    int made = mkstemp(path);
    FILE *file = made >= 0 ? fdopen(made, "wb") : NULL;
    EXPECT(file != NULL);
    EXPECT(fwrite(&head, sizeof(head), 1, file) == 1 && fwrite(gap, sizeof(gap), 1, file) == 1 &&
           fwrite(records, sizeof(records), 1, file) == 1 && fclose(file) == 0);
    bool ok = record_read(path, &head, recording, error);
    EXPECT(!ok || strlen(head.program) == sizeof(head.program) - 1u);
    EXPECT(unlink(path) == 0);
    return ok;
}

TEST(resizes_are_paired_by_thread)
{
    static const struct op expected[] = {
        {OP_ALLOC, 0, 9, 0},   {OP_ALLOC, 1, 1, 0}, {OP_ALLOC, 2, 2, 0},
        {OP_REALLOC, 1, 3, 0}, {OP_FREE, 2, 0, 0},  {OP_ALIGNED, 3, 5, 4096},
    };
    struct recording recording = {0};
    struct line error;
    EXPECT(read_recording(RECORD_MAGIC, RECORDS, &recording, &error));
    EXPECT_EQUAL(recording.ops.count, 6);
    EXPECT(memcmp(recording.ops.ops, expected, sizeof(expected)) == 0);
    EXPECT_EQUAL(recording.missed_frees, 0);
    EXPECT_EQUAL(recording.unknown_frees, 0);
    recording_end(&recording);
}

TEST(what_is_no_recording_is_refused)
{
    struct recording recording = {0};
    struct line error;
    EXPECT(!read_recording("KHEAPXX1", RECORDS, &recording, &error));
    EXPECT(strstr(error.text, ": no recording") != NULL);
    EXPECT(!read_recording(RECORD_MAGIC, RECORDS + 1u, &recording, &error));
    EXPECT(strstr(error.text, ": cut off") != NULL);
    EXPECT(!record_read("/no-such-directory/x", &(struct record_head){0}, &recording, &error));
    EXPECT(strstr(error.text, "No such file") != NULL);
    recording_end(&recording);
}

TEST_MAIN(RUN(resizes_are_paired_by_thread) RUN(what_is_no_recording_is_refused))
