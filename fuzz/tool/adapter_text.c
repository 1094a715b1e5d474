#include "fuzz/tool/adapter_text.h"

const struct adapter_kind adapter_kinds[] = {
    {"pool", "ADAPTER_POOL", "",
     "    /* All of [start, limit) is the heap's: hand it over. start is a multiple of "
     "start_align,\n"
     "     * limit is any address. false: it is too little. */\n"},
    {"sbrk", "ADAPTER_SBRK",
     "/* If it calls sbrk: here it is. */\n"
     "void *sbrk(intptr_t increment);\n"
     "void *sbrk(intptr_t increment)\n"
     "{\n"
     "    return adapter_sbrk(increment);\n"
     "}\n"
     "\n",
     "    /* The break is at start, and can go up to limit. */\n"},
    {"pages", "ADAPTER_PAGES",
     "/* What it calls to get whole pages, and to give them back. */\n"
     "void *page_alloc(size_t page_count);\n"
     "void page_free(void *at, size_t page_count);\n"
     "\n"
     "void *page_alloc(size_t page_count)\n"
     "{\n"
     "    return adapter_pages_take(page_count);\n"
     "}\n"
     "\n"
     "void page_free(void *at, size_t page_count)\n"
     "{\n"
     "    adapter_pages_give(at, page_count);\n"
     "}\n"
     "\n",
     "    /* Pages will be granted somewhere in [start, limit). */\n"},
    {"map", "ADAPTER_MAP",
     "/* What it calls to map pages at addresses that it chooses. */\n"
     "bool page_map(void *at, size_t page_count);\n"
     "void page_unmap(void *at, size_t page_count);\n"
     "\n"
     "bool page_map(void *at, size_t page_count)\n"
     "{\n"
     "    return adapter_map(at, page_count);\n"
     "}\n"
     "\n"
     "void page_unmap(void *at, size_t page_count)\n"
     "{\n"
     "    adapter_unmap(at, page_count);\n"
     "}\n"
     "\n",
     "    /* [start, limit) are the addresses of the heap; nothing is mapped there yet. */\n"},
    {"own", "ADAPTER_OWN", "",
     "    /* It has memory of its own. If that is an array, say so, and blocks elsewhere are "
     "found:\n"
     "     * adapter_arena(array, array + size). If it asks a system for more, let it ask\n"
     "     * adapter_may_take() first, so that refusals are tried. */\n"},
};

const uint32_t adapter_kind_count = sizeof(adapter_kinds) / sizeof(adapter_kinds[0]);

const char adapter_text[] =
    "/* How kheap calls @NAME@: fuzz/foreign/adapter.h says what each member means, and which "
    "rules\n"
    " * it turns on. */\n"
    "#include \"fuzz/foreign/adapter.h\"\n"
    "\n"
    "/* TO DO: include the allocator's header instead, if its calls are like these; or else write\n"
    " * functions like these that make its calls. */\n"
    "void *kmalloc(size_t size_bytes);\n"
    "void kfree(void *at);\n"
    "\n"
    "@HOOKS@"
    "/* Called before each run; the allocator's static variables are then what they were before "
    "main.\n"
    " */\n"
    "static bool init(void *start, void *limit)\n"
    "{\n"
    "@INIT@"
    "    (void)start; /* TO DO */\n"
    "    (void)limit;\n"
    "    return true;\n"
    "}\n"
    "\n"
    "const struct adapter adapter = {\n"
    "    .name = \"@NAME@\",\n"
    "    .memory = @MEMORY@,\n"
    "    .init = init,\n"
    "    .alloc = kmalloc,\n"
    "    .release = kfree,\n"
    "    /* TO DO: what else it has, and what it promises; what is not said here is not checked.\n"
    "     *\n"
    "     *   .resize = krealloc,        .zeroed = kcalloc,      .aligned = kmalloc_aligned,\n"
    "     *   .usable = ksize,           .validate = kcheck,     .trim = kreclaim,\n"
    "     *   .zeros = true              memory that it is granted is zeroed, and it relies on it\n"
    "     *   .start_align = 16          how fine a start init takes; else it starts at a page\n"
    "     *   .align_bytes = 16          every block is at a multiple of it (A9)\n"
    "     *   .needs = needs             what must be granted (A10)\n"
    "     *   .empty_as_fresh = true     all freed, it grants what it granted at first (A11)\n"
    "     *   .same_again = true         what was freed can be had again (A12)\n"
    "     *   .resize_in_place = true    a resize to less is not refused (A13)\n"
    "     *   .misuse_detected = true    double frees and the like are reported (A14)\n"
    "     *   .steps_max = 200           a call runs through no more basic blocks (A15) */\n"
    "};\n";

const char adapter_list[] =
    "# Beside the sources: OPTIONS for the compiler, INCLUDES folders, LIBRARIES for the linker.\n"
    "kheap_add_allocator(@NAME@ adapter.c@SOURCES@)\n";
