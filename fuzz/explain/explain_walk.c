#include "fuzz/explain/explain_walk.h"

#include "invariants/eye.h"

/* A stretch of the heap, read with one eye. */
struct walk {
    struct eye eye;
    uint32_t key;
    uint32_t first;
    uint32_t epilogue;
};

uint32_t walk_end(const struct session *session)
{
    uint32_t start = session->scene.heap_at.v;
    uint32_t end = session->scene.heap_made ? session_heap_end(session) : start;
    bool good = end % PAGE_SIZE == 0 && end > start && end <= session->scene.heap_limit.v;
    return good ? end : start;
}

/* The tag at `at`, or 0, which is none, if it cannot be read. */
static uint32_t tag_at(struct walk *walk, uint32_t at)
{
    uint32_t word;
    return eye_read(&walk->eye, at, &word) ? word ^ walk->key ^ at : 0;
}

static bool legal(uint32_t tag, uint32_t room)
{
    uint32_t size = tag & ~TAG_FLAGS;
    return (tag & TAG_RESERVED) == 0 && size >= BLOCK_SIZE_MIN && size <= room;
}

/* Backwards from the epilogue to where the way forwards ended. */
static void walk_back(struct walk *walk, uint32_t stopped, walk_block found, void *context)
{
    uint32_t at = walk->epilogue;
    while (at > stopped) {
        uint32_t tag = tag_at(walk, at - 4u);
        uint32_t size = tag & ~TAG_FLAGS;
        if (!legal(tag, at - stopped) || tag_at(walk, at - size) != tag)
            return;
        at -= size;
        found(context, at, tag);
    }
}

void walk_blocks(const struct session *session, walk_block found, void *context)
{
    uint32_t start = session->scene.heap_at.v;
    uint32_t end = walk_end(session);
    struct walk walk = {EYE_OPEN, session->scene.key, start + CONTROL_SIZE + 4u, end - 4u};
    if (end == start)
        return;
    uint32_t at = walk.first;
    while (at < walk.epilogue) {
        uint32_t tag = tag_at(&walk, at);
        if (!legal(tag, walk.epilogue - at))
            break;
        found(context, at, tag);
        at += tag & ~TAG_FLAGS;
    }
    if (at < walk.epilogue)
        walk_back(&walk, at, found, context);
}

static void add(void *context, uint32_t at, uint32_t tag)
{
    struct walk_sums *sums = context;
    uint32_t size = tag & ~TAG_FLAGS;
    (void)at;
    if ((tag & TAG_USED) != 0) {
        sums->used_blocks++;
        sums->live_bytes += size;
        return;
    }
    sums->free_blocks++;
    sums->free_bytes += size;
    sums->largest_free = size > sums->largest_free ? size : sums->largest_free;
}

void walk_sum(const struct session *session, struct walk_sums *sums)
{
    uint32_t start = session->scene.heap_at.v;
    uint32_t end = walk_end(session);
    struct eye eye = EYE_OPEN;
    *sums = (struct walk_sums){.extent_bytes = end - start};
    for (uint32_t page = start; page < end; page += PAGE_SIZE)
        sums->mapped_pages += eye_mapped(&eye, page);
    walk_blocks(session, add, sums);
}
