/* An allocator that comes as a library and takes malloc's place, or the C library's own: the one
 * adapter of them all. kheap_add_prebuilt_allocator (fuzz/foreign/allocators.cmake) says by these
 * what it is:
 *
 *   PREBUILT_NAME     its name
 *   PREBUILT_LIBRARY  the library's file; not defined: the C library
 *   PREBUILT_ALIGN    what every block is at a multiple of; not defined: a pointer's size. The C
 *                     standard asks for no more where the size is no more.
 *   PREBUILT_ALIGN_MAX  what it is asked for at most; not defined: a page
 *
 * Its code is not watched: a fuzzer values inputs by what the calls did instead, and basic blocks
 * are not counted; and its variables are not brought back, so that a heap is fresh once only, and a
 * violation that needs more than one input before it may not come again. The harness lives from the
 * same heap. */
#include "fuzz/foreign/adapter.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#ifndef PREBUILT_ALIGN
#define PREBUILT_ALIGN sizeof(void *)
#endif
#ifndef PREBUILT_ALIGN_MAX
#define PREBUILT_ALIGN_MAX 4096u
#endif

/* What gives memory back: one of them is there. */
void mi_collect(bool force) __attribute__((weak));
int mallctl(const char *name, void *old, size_t *old_size, void *new_value, size_t new_size)
    __attribute__((weak));

static bool is_library(const char *file)
{
#ifdef PREBUILT_LIBRARY
    const char *library = PREBUILT_LIBRARY;
#else
    const char *library = "/libc.so";
#endif
    const char *name = strrchr(library, '/');
    return strstr(file, name != NULL ? name : library) != NULL;
}

/* The malloc that is called is the library's, not one that was linked before it. */
static bool init(void *start, void *limit)
{
    (void)start;
    (void)limit;
    Dl_info info;
    void *at = dlsym(RTLD_DEFAULT, "malloc");
    if (at == NULL || dladdr(at, &info) == 0 || !is_library(info.dli_fname))
        adapter_panic("malloc is not that of " PREBUILT_NAME ", window");
    return true;
}

static void *aligned(size_t align_bytes, size_t size_bytes)
{
    void *at = NULL;
    return posix_memalign(&at, align_bytes, size_bytes) == 0 ? at : NULL;
}

static void trim(void)
{
    if (mi_collect != NULL) {
        mi_collect(true);
    } else if (mallctl != NULL) {
        (void)mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
        (void)mallctl("arena.0.purge", NULL, NULL, NULL, 0);
    } else {
        (void)malloc_trim(0);
    }
}

const struct adapter adapter = {
    .name = PREBUILT_NAME,
    .memory = ADAPTER_OWN,
    .init = init,
    .alloc = malloc,
    .release = free,
    .resize = realloc,
    .aligned = aligned,
    .zeroed = calloc,
    .usable = malloc_usable_size,
    .trim = trim,
    .align_bytes = PREBUILT_ALIGN,
    .align_max = PREBUILT_ALIGN_MAX,
    .threads = true,
};
