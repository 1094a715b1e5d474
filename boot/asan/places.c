#include "boot/asan/places.h"

#include <stddef.h>

#include "boot/asan/shadow.h"
#include "boot/layout.h"
#include "boot/symbols.h"

/* Each file of the kernel hands over its own array. */
#define FILES_MAX 256u

static struct {
    const struct asan_global *globals;
    uint32_t count;
} files[FILES_MAX];
static uint32_t file_count;

void bytes_describe(struct line *line, uint32_t count)
{
    line_decimal(line, count);
    line_text(line, count == 1 ? " byte" : " bytes");
}

void offset_describe(struct line *line, uint32_t at, uint32_t end, uint32_t start,
                     uint32_t size_bytes)
{
    if (at < start) {
        bytes_describe(line, start - at);
        line_text(line, " before the start of ");
    } else if (end - start > size_bytes) {
        bytes_describe(line, end - start - size_bytes);
        line_text(line, " past the end of ");
    } else {
        bytes_describe(line, at - start);
        line_text(line, " into ");
    }
}

void globals_add(const struct asan_global *globals, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        shadow_global(globals[i].at, globals[i].size_bytes, globals[i].size_with_redzone);
    if (file_count == FILES_MAX)
        return; /* their accesses are seen all the same; only their names are not known */
    files[file_count].globals = globals;
    files[file_count++].count = count;
}

static const struct asan_global *global_at(uint32_t at)
{
    for (uint32_t i = 0; i < file_count; i++)
        for (uint32_t j = 0; j < files[i].count; j++)
            if (at - files[i].globals[j].at < files[i].globals[j].size_with_redzone)
                return &files[i].globals[j];
    return NULL;
}

bool global_describe(struct line *line, uint32_t at, uint32_t end)
{
    const struct asan_global *global = global_at(at);
    if (global == NULL)
        return false;
    offset_describe(line, at, end, global->at, global->size_bytes);
    line_text(line, "the global '");
    line_text(line, global->name);
    line_text(line, "' of ");
    bytes_describe(line, global->size_bytes);
    line_text(line, " at ");
    line_hex(line, global->at, 8);
    line_text(line, " in ");
    line_text(line, global->file);
    return true;
}

/* The start of a frame that the compiler has laid out with redzones: a mark, the layout as text,
 * and the function (LLVM, AddressSanitizer.cpp, "kCurrentStackFrameMagic"). */
#define FRAME_MARK 0x41B58AB3u
struct local_frame {
    uint32_t mark;
    const char *layout; /* "COUNT" and for each variable " OFFSET SIZE NAME_LENGTH NAME" */
    uint32_t function;
};

/* Below the first variable lies a redzone of its own kind, and the frame starts where that does. */
static const struct local_frame *frame_of(uint32_t at)
{
    uint32_t granule = at / GRANULE * GRANULE;
    while (granule > STACK_AT && shadow_byte(granule) != SHADOW_STACK_LEFT)
        granule -= GRANULE;
    while (granule > STACK_AT && shadow_byte(granule - GRANULE) == SHADOW_STACK_LEFT)
        granule -= GRANULE;
    const struct local_frame *frame = (const struct local_frame *)granule;
    return frame->mark == FRAME_MARK ? frame : NULL;
}

static uint32_t number_read(const char **text)
{
    uint32_t number = 0;
    while (**text == ' ')
        ++*text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        number = number * 10u + (uint32_t)(**text - '0');
    return number;
}

struct local {
    uint32_t offset;
    uint32_t size_bytes;
    const char *name;
    uint32_t name_length;
};

static struct local local_read(const char **text)
{
    struct local local = {0};
    local.offset = number_read(text);
    local.size_bytes = number_read(text);
    local.name_length = number_read(text);
    local.name = ++*text;
    *text += local.name_length;
    return local;
}

/* The last variable that starts at or before an offset into the frame, otherwise the first. */
static struct local local_at(const struct local_frame *frame, uint32_t offset)
{
    const char *text = frame->layout;
    uint32_t count = number_read(&text);
    struct local found = local_read(&text);
    while (--count > 0) {
        struct local local = local_read(&text);
        if (local.offset <= offset)
            found = local;
    }
    return found;
}

bool local_describe(struct line *line, uint32_t at, uint32_t end)
{
    const struct local_frame *frame = frame_of(at);
    if (frame == NULL)
        return false;
    uint32_t frame_at = (uint32_t)(uintptr_t)frame;
    struct local local = local_at(frame, at - frame_at);
    offset_describe(line, at, end, frame_at + local.offset, local.size_bytes);
    line_text(line, "the variable '");
    for (uint32_t i = 0; i < local.name_length && local.name[i] != ':'; i++)
        line_text(line, (const char[]){local.name[i], '\0'});
    line_text(line, "' of ");
    bytes_describe(line, local.size_bytes);
    line_text(line, " at ");
    line_hex(line, frame_at + local.offset, 8);
    line_text(line, " of the function ");
    line_hex(line, frame->function, 8);
    symbol_text(line, frame->function);
    return true;
}
