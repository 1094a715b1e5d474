/* The digest of a heap's state. Physical frame numbers and the place of the frame bitmap differ
 * between machines and stay out. */
#include "fuzz/session_internal.h"
#include "heap/bins.h"
#include "invariants/eye.h"

static uint32_t word_at(struct eye *eye, uint32_t at)
{
    uint32_t word = 0;
    return eye_read(eye, at, &word) ? word : 0;
}

/* Most heads are null: what is not is digested with its place. */
static void digest_control(const struct scene *scene, struct eye *eye, uint64_t *digest)
{
    for (uint32_t field = 0; field < BINS_END; field += 4u) {
        uint32_t word = word_at(eye, scene->heap_at.v + field);
        if (word == 0 || field == HEAP_FRAMES)
            continue;
        digest_word(digest, field);
        digest_word(digest, word);
    }
}

static void digest_blocks(const struct scene *scene, struct eye *eye, uint32_t end,
                          uint64_t *digest)
{
    uint32_t at = scene->heap_at.v + CONTROL_SIZE + 4u;
    while (at < end - 4u) {
        uint32_t word = word_at(eye, at);
        uint32_t tag = word ^ scene->key ^ at;
        uint32_t size = tag & ~7u;
        digest_word(digest, word);
        /* A broken heap is digested as far as it can be walked. */
        if (size < BLOCK_SIZE_MIN || size > end - at)
            return;
        /* The last one is on no list: what stands there are no links. */
        if ((tag & 1u) == 0 && at + size != end - 4u) {
            digest_word(digest, word_at(eye, at + 4u));
            digest_word(digest, word_at(eye, at + 8u));
        }
        digest_word(digest, word_at(eye, at + size - 4u));
        at += size;
    }
}

static void digest_pages(const struct scene *scene, struct eye *eye, uint32_t end, uint64_t *digest)
{
    for (uint32_t page = scene->heap_at.v; page < end; page += PAGE_SIZE)
        digest_word(digest, eye_mapped(eye, page));
}

void digest_state(const struct scene *scene, uint64_t *digest)
{
    if (!scene->heap_made)
        return;
    struct eye eye = EYE_OPEN;
    uint32_t end = word_at(&eye, scene->heap_at.v + HEAP_END);
    digest_control(scene, &eye, digest);
    /* Likewise a broken end. */
    if (end % PAGE_SIZE != 0 || end <= scene->heap_at.v || end > scene->heap_limit.v)
        return;
    digest_blocks(scene, &eye, end, digest);
    digest_pages(scene, &eye, end, digest);
}
