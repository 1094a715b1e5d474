/* What `kheap new-adapter' writes: texts with @NAME@, @MEMORY@, @INIT@, @HOOKS@ and @SOURCES@ to be
 * filled in. */
#ifndef KHEAP_FUZZ_TOOL_ADAPTER_TEXT_H
#define KHEAP_FUZZ_TOOL_ADAPTER_TEXT_H

#include <stdint.h>

/* A way to come by memory (enum adapter_memory), as the command line has it. */
struct adapter_kind {
    const char *word;
    const char *memory; /* the enumerator's name */
    const char *hooks;  /* functions by which an allocator gets memory, over the adapter's hooks */
    const char *init;   /* what is to be done in there */
};

extern const struct adapter_kind adapter_kinds[];
extern const uint32_t adapter_kind_count;

extern const char adapter_text[]; /* adapter.c */
extern const char adapter_list[]; /* CMakeLists.txt */

#endif
