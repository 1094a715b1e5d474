#include "fuzz/record/recorder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In the static block: reaching it never allocates. */
#define OF_THREAD __thread __attribute__((tls_model("initial-exec")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static OF_THREAD bool inside; /* this thread is in the recorder */
static OF_THREAD uint32_t thread_number;
static uint32_t thread_count;

static enum { NOT_STARTED, RECORDING, STOPPED } state;
static char path[4096];
static struct record_head *head;
static struct record *chunk; /* null: none yet */
static uint64_t count_max;

static void chunk_drop(void)
{
    if (chunk != NULL)
        (void)munmap(chunk, RECORD_CHUNK * sizeof(struct record));
    chunk = NULL;
}

/* Allocates a part of the file on the disk, and maps it. The file is opened each time: a number of
 * a file descriptor that is kept may be another file's by now. */
static void *part_map(off_t from, size_t size_bytes, int flags)
{
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (file < 0)
        return NULL;
    int why = posix_fallocate(file, from, (off_t)size_bytes);
    void *at = why == 0 ? mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, from)
                        : MAP_FAILED;
    why = why != 0 ? why : errno;
    (void)close(file);
    errno = why;
    return at == MAP_FAILED ? NULL : at;
}

static bool file_make(const char *directory)
{
    for (unsigned image = 0; image < 1000u; image++) {
        int length = snprintf(path, sizeof(path), "%s/%ld.%u", directory, (long)getpid(), image);
        if (length < 0 || (size_t)length >= sizeof(path))
            return false;
        head = part_map(0, RECORD_HEAD_BYTES, O_CREAT | O_EXCL);
        if (head != NULL || errno != EEXIST)
            break;
    }
    if (head == NULL)
        return false;
    memcpy(head->magic, RECORD_MAGIC, sizeof(head->magic));
    head->process = (uint32_t)getpid();
    (void)snprintf(head->program, sizeof(head->program), "%s", program_invocation_short_name);
    return true;
}

/* What others' handlers allocate while this thread holds the lock is not recorded. */
static void before_fork(void)
{
    inside = true;
    (void)pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    (void)pthread_mutex_unlock(&lock);
    inside = false;
}

/* The file is the parent's. The child makes one of its own, if it is to be recorded. */
static void in_child(void)
{
    chunk_drop();
    if (head != NULL)
        (void)munmap(head, RECORD_HEAD_BYTES);
    head = NULL;
    state = NOT_STARTED;
    after_fork();
}

static void start(void)
{
    static bool forks_watched;
    const char *directory = getenv(RECORD_DIRECTORY);
    const char *process = getenv(RECORD_PROCESS);
    const char *most = getenv(RECORD_COUNT_MAX);
    long wanted = process != NULL ? strtol(process, NULL, 10) : 0;
    state = STOPPED;
    if (directory == NULL || (wanted != 0 && wanted != (long)getpid()))
        return;
    count_max = most != NULL ? strtoull(most, NULL, 10) : UINT64_MAX;
    if (!forks_watched && pthread_atfork(before_fork, after_fork, in_child) != 0)
        return;
    forks_watched = true;
    if (file_make(directory))
        state = RECORDING;
}

static void stop(int why)
{
    head->error = why;
    state = STOPPED;
    chunk_drop();
}

/* The place of the next record, or null. */
static struct record *record_place(void)
{
    uint64_t count = head->count;
    if (count >= count_max) {
        stop(0);
        return NULL;
    }
    if (count % RECORD_CHUNK == 0) {
        chunk_drop();
        chunk = part_map((off_t)(RECORD_HEAD_BYTES + count * sizeof(struct record)),
                         RECORD_CHUNK * sizeof(struct record), 0);
        if (chunk == NULL) {
            stop(errno);
            return NULL;
        }
    }
    return &chunk[count % RECORD_CHUNK];
}

static void record_add(const struct record *record)
{
    if (state == NOT_STARTED && environ != NULL)
        start();
    struct record *place = state == RECORDING ? record_place() : NULL;
    if (place == NULL) {
        if (head != NULL)
            head->missed++;
        return;
    }
    *place = *record;
    place->thread = thread_number;
    /* Complete before it counts, however the program ends. */
    __atomic_store_n(&head->count, head->count + 1u, __ATOMIC_RELEASE);
}

void recorder_append(enum record_kind kind, const void *at, size_t size_bytes, unsigned align_shift)
{
    if (inside)
        return;
    int before = errno;
    inside = true;
    (void)pthread_mutex_lock(&lock);
    if (thread_number == 0)
        thread_number = ++thread_count;
    record_add(&(struct record){
        .kind = (uint8_t)kind,
        .align_shift = (uint8_t)align_shift,
        .at = (uintptr_t)at,
        .size_bytes = size_bytes,
    });
    (void)pthread_mutex_unlock(&lock);
    inside = false;
    errno = before;
}
