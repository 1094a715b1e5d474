/* The canonical form of a state. */
#include "fuzz/explore/explore_state.h"
#include "invariants/eye.h"

#define WORD_BITS 32u
/* Pages outside the heap's window that the TLB may hold: boot's, tables and directory in the
 * recursive window, the device's. */
#define OTHER_PAGES_MAX 256u

struct writer {
    uint32_t *words;
    uint32_t count;
};

static void put(struct writer *writer, uint32_t word)
{
    if (writer->count < CANONICAL_WORDS_MAX)
        writer->words[writer->count++] = word;
}

/* Room for bit_count bits, zeros. */
static uint32_t *put_bits(struct writer *writer, uint32_t bit_count)
{
    uint32_t *bits = &writer->words[writer->count];
    for (uint32_t i = 0; i < bit_count; i += WORD_BITS)
        put(writer, 0);
    return bits;
}

/* Blocks in order; free ones with the next one on their list, as lists may be in any order. */
static void put_blocks(const struct scene *scene, struct eye *eye, uint32_t end,
                       struct writer *writer)
{
    uint32_t at = scene->heap_at.v + CONTROL_SIZE + 4u;
    while (at < end - 4u) {
        uint32_t word = 0;
        uint32_t next = 0;
        (void)eye_read(eye, at, &word);
        uint32_t tag = word ^ scene->key ^ at;
        uint32_t size = tag & ~TAG_FLAGS;
        put(writer, tag);
        if (size < BLOCK_SIZE_MIN)
            return; /* the checks have seen to it that this is not so */
        /* The last one is on no list. */
        if ((tag & TAG_USED) == 0 && scene->policy == HEAP_BINS && at + size != end - 4u) {
            (void)eye_read(eye, at + 4u, &next);
            put(writer, next);
        }
        at += size;
    }
}

static void put_mapped(const struct scene *scene, struct eye *eye, uint32_t end,
                       struct writer *writer)
{
    uint32_t page_count = (end - scene->heap_at.v) / PAGE_SIZE;
    uint32_t *bits = put_bits(writer, page_count);
    for (uint32_t page = 0; page < page_count; page++)
        if (eye_mapped(eye, scene->heap_at.v + page * PAGE_SIZE))
            bits[page / WORD_BITS] |= 1u << page % WORD_BITS;
}

/* The list is in the order in which pages came; the form has them by address. */
static void put_tlb(const struct scene *scene, struct writer *writer)
{
    uint32_t others[OTHER_PAGES_MAX];
    uint32_t other_count = 0;
    uint32_t window = scene->heap_limit.v - scene->heap_at.v;
    uint32_t *bits = put_bits(writer, window / PAGE_SIZE);
    uint32_t count = probe_tlb_count();
    for (uint32_t i = 0; i < count; i++) {
        struct tlb_entry entry = probe_tlb_entry(i);
        uint32_t page = (entry.page.v - scene->heap_at.v) / PAGE_SIZE;
        if ((entry.entry & ENTRY_PRESENT) == 0)
            continue;
        if (page < window / PAGE_SIZE) {
            bits[page / WORD_BITS] |= 1u << page % WORD_BITS;
        } else if (other_count < OTHER_PAGES_MAX) {
            uint32_t place = other_count++;
            for (; place > 0 && others[place - 1u] > entry.page.v; place--)
                others[place] = others[place - 1u];
            others[place] = entry.page.v;
        }
    }
    for (uint32_t i = 0; i < other_count; i++)
        put(writer, others[i]);
}

uint32_t state_canonical(const struct session *session, uint32_t *words)
{
    const struct scene *scene = &session->scene;
    struct writer writer = {words, 0};
    struct eye eye = EYE_OPEN;
    uint32_t end = session_heap_end(session);
    uint32_t *device = put_bits(&writer, DEVICE_PAGES);
    for (uint32_t page = 0; page < DEVICE_PAGES; page++)
        if (session->device_frames[page].n != DEVICE_UNMAPPED.n)
            device[page / WORD_BITS] |= 1u << page % WORD_BITS;
    put(&writer, session->scene.held_count);
    put(&writer, end);
    put_mapped(scene, &eye, end, &writer);
    put_blocks(scene, &eye, end, &writer);
    put_tlb(scene, &writer);
    return writer.count;
}
