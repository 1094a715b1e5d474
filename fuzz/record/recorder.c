/* Preloaded into a program: its calls of malloc and its kin, written to a file (recorder_file.h).
 *
 * A free is written before it is made and an allocation after, each under one lock, so that no
 * address appears to be handed out while it is live. A resize is written in two halves, as another
 * thread may get the old address before realloc returns. Nothing here allocates, but for what
 * dlsym and pthread_atfork do: calls from inside are served and not recorded. */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/record/recorder_file.h"

#define EXPORTED __attribute__((visibility("default")))

/* --- the functions behind ours --- */

static struct {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
} real;

/* What dlsym asks for while it looks for them. Never given back. */
static _Alignas(16) char early_memory[1u << 16];
static size_t early_used;

static bool is_early(const void *at)
{
    return (uintptr_t)at - (uintptr_t)early_memory < sizeof(early_memory);
}

static void *early_alloc(size_t size_bytes)
{
    size_t size = (size_bytes + 15u) & ~(size_t)15u;
    if (size < size_bytes || size > sizeof(early_memory) - early_used)
        return NULL;
    void *at = early_memory + early_used;
    early_used += size;
    return at;
}

/* A function pointer from an object pointer, as POSIX lets dlsym be used. */
static void look_up(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, (const void *)&found, sizeof(found));
}

/* False while they are being looked for. The first call of a process comes before any thread. */
static bool real_found(void)
{
    static bool looking;
    if (real.free != NULL)
        return true;
    if (looking)
        return false;
    looking = true;
    look_up("malloc", (void *)&real.malloc);
    look_up("calloc", (void *)&real.calloc);
    look_up("realloc", (void *)&real.realloc);
    look_up("memalign", (void *)&real.memalign);
    look_up("free", (void *)&real.free);
    looking = false;
    return real.free != NULL;
}

/* --- what the program calls --- */

EXPORTED void *malloc(size_t size_bytes)
{
    if (!real_found())
        return early_alloc(size_bytes);
    void *at = real.malloc(size_bytes);
    recorder_append(RECORD_ALLOC, at, size_bytes, 0);
    return at;
}

EXPORTED void *calloc(size_t count, size_t size_bytes)
{
    size_t all;
    if (!real_found())
        return __builtin_mul_overflow(count, size_bytes, &all) ? NULL : early_alloc(all);
    void *at = real.calloc(count, size_bytes);
    recorder_append(RECORD_ALLOC, at, at != NULL ? count * size_bytes : 0, 0);
    return at;
}

EXPORTED void free(void *at)
{
    if (at == NULL || is_early(at) || !real_found())
        return;
    recorder_append(RECORD_FREE, at, 0, 0);
    real.free(at);
}

/* What dlsym was given cannot be resized in place, and its size is not known: enough is copied. */
static void *early_move(const void *at, size_t size_bytes)
{
    void *moved = malloc(size_bytes);
    size_t most = (size_t)(early_memory + sizeof(early_memory) - (const char *)at);
    if (moved != NULL)
        memcpy(moved, at, size_bytes < most ? size_bytes : most);
    return moved;
}

EXPORTED void *realloc(void *at, size_t size_bytes)
{
    if (at == NULL)
        return malloc(size_bytes);
    if (is_early(at) || !real_found())
        return early_move(at, size_bytes);
    recorder_append(RECORD_RESIZE, at, 0, 0);
    void *moved = real.realloc(at, size_bytes);
    recorder_append(RECORD_RESIZED, moved, size_bytes, 0);
    return moved;
}

EXPORTED void *reallocarray(void *at, size_t count, size_t size_bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, size_bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(at, all);
}

EXPORTED void *memalign(size_t align_bytes, size_t size_bytes)
{
    if (!real_found() || real.memalign == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    void *at = real.memalign(align_bytes, size_bytes);
    unsigned shift = 0;
    while (shift < 63u && (uint64_t)1 << shift < align_bytes)
        shift++;
    recorder_append(RECORD_ALLOC, at, size_bytes, shift);
    return at;
}

EXPORTED void *aligned_alloc(size_t align_bytes, size_t size_bytes)
{
    return memalign(align_bytes, size_bytes);
}

EXPORTED int posix_memalign(void **place, size_t align_bytes, size_t size_bytes)
{
    if (align_bytes < sizeof(void *) || (align_bytes & (align_bytes - 1u)) != 0)
        return EINVAL;
    int before = errno;
    void *at = memalign(align_bytes, size_bytes);
    errno = before;
    if (at == NULL)
        return ENOMEM;
    *place = at;
    return 0;
}

EXPORTED void *valloc(size_t size_bytes)
{
    return memalign((size_t)sysconf(_SC_PAGESIZE), size_bytes);
}

EXPORTED void *pvalloc(size_t size_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t rounded = (size_bytes + page - 1u) / page * page;
    return memalign(page, rounded);
}
