#include "boot/nearest_block.h"

#include <stddef.h>

#include "boot/serial.h"
#include "heap/block.h"
#include "invariants/eye.h"

static const struct heap *watched;

/* A look at the heap: what its control block says, as far as that can be. */
struct view {
    const struct heap *heap;
    struct eye eye;
    uint32_t limit;
    uint32_t end;
};

void nearest_block_watch(const struct heap *heap)
{
    watched = heap;
}

static uint32_t word_at(struct view *view, uint32_t at)
{
    uint32_t word;
    return at % 4u == 0 && eye_read(&view->eye, at, &word) ? word : 0;
}

/* The tag at `at`. What is not mapped reads as none. */
static tag_t tag_at(struct view *view, uint32_t at)
{
    uint32_t word;
    if (at % 4u != 0 || !eye_read(&view->eye, at, &word))
        return tag_of(0, TAG_DEAD);
    return (tag_t){word ^ view->heap->key ^ at};
}

static bool view_open(struct view *view)
{
    uint32_t at = watched->at.v;
    *view = (struct view){.heap = watched, .eye = EYE_OPEN};
    view->limit = word_at(view, at + HEAP_LIMIT);
    view->end = word_at(view, at + HEAP_END);
    return word_at(view, at + HEAP_MAGIC) == HEAP_MAGIC_WORD && view->end > at + CONTROL_SIZE &&
           view->end <= view->limit;
}

/* True if a legal block starts at `at`; *tag is its header. */
static bool block_here(struct view *view, uint32_t at, tag_t *tag)
{
    uint32_t room = view->end - 4u - at;
    *tag = tag_at(view, at);
    return at < view->end - 4u && (tag_legal_used(*tag, room) || tag_legal_free(*tag, room));
}

static void block_text(struct view *view, struct line *line, uint32_t at, tag_t tag)
{
    uint32_t size_bytes = tag_size(tag);
    line_text(line, tag_used(tag) ? "the used block at " : "the free block at ");
    line_hex(line, at, 8);
    line_text(line, ", ");
    line_decimal(line, size_bytes);
    line_text(line, " bytes");
    if (tag_sparse(tag) != 0)
        line_text(line, ", of which pages were given back");
    if (tag_at(view, at + size_bytes - 4u).word != tag.word)
        line_text(line, ", its footer disagrees");
}

/* How far `at` lies behind `here`, where blocks end. An epilogue too early is left where the heap
 * has not come to the end of growing or shrinking. */
static void end_text(struct view *view, struct line *line, uint32_t here, uint32_t at)
{
    bool epilogue = tag_at(view, here).word == TAG_EPILOGUE;
    line_decimal(line, at - here);
    line_text(line, !epilogue                ? " bytes behind a damaged tag at "
                    : here == view->end - 4u ? " bytes behind the epilogue at "
                                             : " bytes behind an epilogue, too early, at ");
    line_hex(line, here, 8);
}

/* Walks from the first block to the one that holds `at`; if none does, to the last before it. */
static void walk(struct view *view, struct line *line, uint32_t at)
{
    uint32_t here = block_first(view->heap).at;
    uint32_t last = 0;
    tag_t tag;
    tag_t last_tag = tag_of(0, TAG_EPILOGUE);
    while (here <= at && block_here(view, here, &tag)) {
        last = here;
        last_tag = tag;
        here += tag_size(tag);
    }
    line_text(line, " lies ");
    if (at < here) {
        line_text(line, "in ");
    } else {
        end_text(view, line, here, at);
        line_text(line, last == 0 ? ", and no block is before it" : "; the last before it is ");
    }
    if (last != 0)
        block_text(view, line, last, last_tag);
}

void nearest_block_lines(uint32_t at)
{
    struct view view;
    struct line line;
    if (watched == NULL)
        return;
    line_clear(&line);
    line_text(&line, "kheap:   heap: ");
    if (!view_open(&view)) {
        line_text(&line, "its control block is not there, or damaged, at ");
        line_hex(&line, watched->at.v, 8);
        serial_line(&line);
        return;
    }
    line_hex(&line, at, 8);
    if (at - watched->at.v >= view.limit - watched->at.v) {
        line_text(&line, " lies outside its window, ");
        line_hex(&line, watched->at.v, 8);
        line_text(&line, " to ");
        line_hex(&line, view.limit, 8);
    } else if (at < block_first(watched).at) {
        line_text(&line, " lies in its control block");
    } else {
        walk(&view, &line, at);
    }
    serial_line(&line);
}
