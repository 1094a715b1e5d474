/* What the preloaded recorder (recorder.c) writes, and `kheap record' reads (record_read.h): a file
 * for each program image that ran, RECORD_DIRECTORY/PID.N, N counting the images of one process
 * from 0.
 *
 *   +0                   struct record_head
 *   +RECORD_HEAD_BYTES   records, head.count of them
 *
 * All is in the byte order of the machine; neither leaves it. The file is mapped and grows by
 * chunks that are allocated on the disk before they are used, so that a full disk ends the
 * recording and not the program, and what a program has recorded is there however it ends. */
#ifndef KHEAP_FUZZ_RECORD_RECORD_H
#define KHEAP_FUZZ_RECORD_RECORD_H

#include <stdint.h>

#define RECORD_MAGIC "KHEAPRC1"
#define RECORD_HEAD_BYTES 4096u
#define RECORD_CHUNK 65536u /* records; a multiple of the page size in bytes */

/* How the recorder is told what to do: the directory, which must exist; the process to record, or 0
 * for all that inherit the environment; the most records of a file. */
#define RECORD_DIRECTORY "KHEAP_RECORD_DIRECTORY"
#define RECORD_PROCESS "KHEAP_RECORD_PROCESS"
#define RECORD_COUNT_MAX "KHEAP_RECORD_COUNT_MAX"

enum record_kind {
    RECORD_ALLOC,   /* size_bytes at `at'; null: refused */
    RECORD_FREE,    /* written before the call */
    RECORD_RESIZE,  /* before the call: the block at `at' */
    RECORD_RESIZED, /* behind it, by the same thread: size_bytes at `at' */
};

struct record {
    uint8_t kind;
    uint8_t align_shift; /* RECORD_ALLOC: it was asked for at a multiple of 1 << align_shift */
    uint16_t unused;
    uint32_t thread; /* counts from 1 */
    uint64_t at;
    uint64_t size_bytes;
};

struct record_head {
    char magic[8];
    uint32_t process;
    int32_t error;              /* errno that ended the recording, or 0 */
    _Alignas(8) uint64_t count; /* records that are complete; stored atomically */
    uint64_t missed;            /* behind the last one, because of the error or RECORD_COUNT_MAX */
    char program[256];
};

#endif
