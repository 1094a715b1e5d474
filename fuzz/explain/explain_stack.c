#include "fuzz/explain/explain_stack.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 256u

static int first_module(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = (uintptr_t)info->dlpi_addr;
    return 1;
}

/* What the program's addresses lie above those in its file. The program comes first. */
static uintptr_t program_base(void)
{
    uintptr_t base = 0;
    (void)dl_iterate_phdr(first_module, &base);
    return base;
}

/* True if the code belongs to this program, not to a library. */
static bool in_program(uintptr_t pc)
{
    Dl_info info;
    Dl_info own;
    return dladdr((const void *)pc, &info) != 0 &&
           dladdr((const void *)(uintptr_t)&stack_write, &own) != 0 &&
           info.dli_fbase == own.dli_fbase;
}

/* The place of a file as it is called in this project, wherever it was built. */
static const char *project_path(const char *path)
{
    static const char *const folders[] = {"/heap/", "/mmu_x86/", "/invariants/", "/fuzz/"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *found = strstr(path, folders[i]);
        for (const char *next = found; next != NULL; next = strstr(next + 1, folders[i]))
            found = next;
        if (found != NULL)
            return found + 1;
    }
    return path;
}

static void frame_write(struct text *text, const char *function, const char *place, bool inlined)
{
    text_open(text, "");
    text_string(text, function);
    text_add(text, ",");
    text_string(text, project_path(place));
    text_item(text, inlined);
}

/* What the dynamic linker knows: a function only if it is exported. */
static void frame_write_plain(struct text *text, uintptr_t pc)
{
    char place[2u * NAME_SIZE];
    Dl_info info = {0};
    if (dladdr((const void *)pc, &info) == 0) {
        (void)snprintf(place, sizeof(place), "%#zx", (size_t)pc);
        frame_write(text, "?", place, false);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    (void)snprintf(place, sizeof(place), "%s+%#zx", slash != NULL ? slash + 1 : info.dli_fname,
                   (size_t)(pc - (uintptr_t)info.dli_fbase));
    frame_write(text, info.dli_sname != NULL ? info.dli_sname : "?", place, false);
}

/* A return address stands behind the call that it belongs to. */
static uintptr_t call_of(const struct run_stack *stack, uint32_t i)
{
    return stack->pcs[i] - (uintptr_t)(i != 0);
}

/* Starts a program that turns addresses into names, in the form of GNU's addr2line. */
static FILE *symbolizer_start(const char *program, const struct run_stack *stack)
{
    char command[128u + 24u * RUN_STACK_MAX];
    uintptr_t base = program_base();
    /* A path of the kernel's: it needs no quotes. */
    int length =
        snprintf(command, sizeof(command), "%s -a -f -i -e /proc/%ld/exe", program, (long)getpid());
    for (uint32_t i = 0; i < stack->count; i++)
        length += snprintf(&command[length], sizeof(command) - (size_t)length, " %#zx",
                           (size_t)(in_program(stack->pcs[i]) ? call_of(stack, i) - base : 0));
    (void)snprintf(&command[length], sizeof(command) - (size_t)length, " 2>/dev/null");
    return popen(command, "r");
}

/* A line without its end. */
static bool line_read(FILE *in, char *line)
{
    if (fgets(line, NAME_SIZE, in) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    /* What addr2line says of a line that several blocks share. */
    char *more = strstr(line, " (discriminator");
    if (more != NULL)
        *more = '\0';
    return true;
}

/* The harness begins here: what calls it is the same in every run. */
static bool outermost(const char *function)
{
    static const char *const names[] = {"session_begin", "session_apply", "session_give_back"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(function, names[i]) == 0)
            return true;
    return false;
}

/* One address: pairs of lines, function and place, up to the next line with an address; all but the
 * last were inlined. Returns false once the harness's outermost function was among them. */
static bool address_write(FILE *in, uintptr_t pc, char *next, struct text *text)
{
    char function[NAME_SIZE];
    char place[NAME_SIZE];
    bool more = line_read(in, function) && line_read(in, place);
    bool inner = true;
    if (more && strcmp(function, "??") == 0)
        frame_write_plain(text, pc);
    while (more && inner) {
        bool known = strcmp(function, "??") != 0;
        inner = !outermost(function);
        more = line_read(in, next);
        bool inlined = more && strncmp(next, "0x", 2) != 0;
        if (known)
            frame_write(text, function, place, inlined);
        if (!inlined)
            break;
        (void)snprintf(function, sizeof(function), "%s", next);
        more = line_read(in, place);
    }
    return inner;
}

static bool symbolize(const char *program, const struct run_stack *stack, struct text *text)
{
    char next[NAME_SIZE];
    FILE *in = symbolizer_start(program, stack);
    if (in == NULL)
        return false;
    bool good = line_read(in, next) && strncmp(next, "0x", 2) == 0;
    for (uint32_t i = 0; good && i < stack->count; i++)
        if (!address_write(in, stack->pcs[i], next, text))
            break;
    while (fgets(next, sizeof(next), in) != NULL)
        continue;
    (void)pclose(in);
    return good;
}

void stack_write(const struct run_stack *stack, struct text *text)
{
    const char *with = "llvm-symbolizer";
    text_key(text, "frames");
    text_add(text, "[");
    bool named = symbolize("llvm-symbolizer --output-style=GNU", stack, text);
    if (!named) {
        with = "addr2line";
        named = symbolize("addr2line", stack, text);
    }
    for (uint32_t i = 0; !named && i < stack->count; i++)
        frame_write_plain(text, stack->pcs[i]);
    text_add(text, "]");
    text_member_string(text, "with", named ? with : "dladdr");
}
