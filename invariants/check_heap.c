/* Rules H1 to H4, H7, H8 and X: control block, blocks, sums. */
#include "invariants/check.h"

#include "invariants/eye.h"
#include "invariants/predicates.h"
#include <stddef.h>

#include "heap/block.h"

/* The tags of a used block of 8 bytes, and of one of none. */
#define PROLOGUE 9u
#define EPILOGUE 1u

/* The tag stored at `at`, decoded here and not by heap/block.h. */
static bool read_tag(const struct scene *scene, struct eye *eye, uint32_t at, uint32_t *tag,
                     struct violation *violation)
{
    uint32_t word = 0;
    if (!eye_read(eye, at, &word))
        return violation_set(violation, RULE_P1, at, 1, 0, "page of the tag, not mapped,");
    *tag = word ^ scene->key ^ at;
    return true;
}

bool rule_H1(uint32_t at, uint32_t tag, uint32_t room, struct violation *violation)
{
    uint32_t size = tag & ~7u;
    bool sparse_used = (tag & 3u) == 3u;
    if (size >= BLOCK_SIZE_MIN && size <= room && (tag & 4u) == 0 && !sparse_used)
        return true;
    return violation_set(violation, RULE_H1, at, room, tag, "tag (expected: the room for it) at");
}

bool rule_H2(uint32_t at, uint32_t header, uint32_t footer, struct violation *violation)
{
    if (header == footer)
        return true;
    return violation_set(violation, RULE_H2, at, header, footer,
                         "footer (expected: the header) at");
}

bool rule_H3(uint32_t at, uint32_t tag, bool previous_free, struct violation *violation)
{
    if ((tag & 1u) != 0 || !previous_free)
        return true;
    return violation_set(violation, RULE_H3, at, 1, tag, "free block behind a free block at");
}

static bool rule_H4(const struct scene *scene, struct eye *eye, uint32_t at, uint32_t expected,
                    const char *what, struct violation *violation)
{
    uint32_t tag = 0;
    if (!read_tag(scene, eye, at, &tag, violation))
        return false;
    if (tag == expected)
        return true;
    return violation_set(violation, RULE_H4, at, expected, tag, what);
}

/* Pages of the hole of a sparse free block that are not mapped. */
static uint32_t hole_pages(struct eye *eye, uint32_t at, uint32_t size)
{
    uint32_t count = 0;
    uint32_t first = page_round_up(at + BLOCK_SIZE_MIN + 4u);
    uint32_t end = page_round_down(at + size - 4u);
    for (uint32_t page = first; page < end; page += PAGE_SIZE)
        count += !eye_mapped(eye, page);
    return count;
}

static void count_block(struct eye *eye, uint32_t at, uint32_t tag, struct census *census)
{
    uint32_t size = tag & ~7u;
    if ((tag & 1u) != 0) {
        census->used_blocks++;
        census->used_bytes += size;
        return;
    }
    census->free_blocks++;
    if (at + size != census->end - 4u) {
        census->listed_blocks++;
        census->listed_sum += at;
        census->listed_xor ^= at;
    }
    census->largest_free = size > census->largest_free ? size : census->largest_free;
    if ((tag & 2u) != 0)
        census->hole_pages += hole_pages(eye, at, size);
    else if (size > census->largest_dense)
        census->largest_dense = size;
}

bool check_blocks(const struct scene *scene, struct census *census, struct violation *violation)
{
    struct eye eye = EYE_OPEN;
    uint32_t epilogue = census->end - 4u;
    uint32_t at = scene->heap_at.v + CONTROL_SIZE + 4u;
    bool previous_free = false;
    if (!rule_H4(scene, &eye, at - 4u, PROLOGUE, "prologue at", violation))
        return false;
    while (at < epilogue) {
        uint32_t header = 0;
        uint32_t footer = 0;
        if (!read_tag(scene, &eye, at, &header, violation) ||
            !rule_H1(at, header, epilogue - at, violation))
            return false;
        uint32_t footer_at = at + (header & ~7u) - 4u;
        if (!read_tag(scene, &eye, footer_at, &footer, violation) ||
            !rule_H2(footer_at, header, footer, violation) ||
            !rule_H3(at, header, previous_free, violation))
            return false;
        count_block(&eye, at, header, census);
        previous_free = (header & 1u) == 0;
        at += header & ~7u;
    }
    return rule_H4(scene, &eye, epilogue, EPILOGUE, "epilogue at", violation);
}

static bool rule_H7(uint32_t field, uint32_t expected, uint32_t found, const char *what,
                    struct violation *violation)
{
    if (expected == found)
        return true;
    return violation_set(violation, RULE_H7, field, expected, found, what);
}

/* A peak is at least what is there now. */
static bool rule_H7_peak(uint32_t field, uint32_t now, uint32_t peak, const char *what,
                         struct violation *violation)
{
    return now <= peak || violation_set(violation, RULE_H7, field, now, peak, what);
}

static bool rule_H8(const struct scene *scene, const uint32_t *control, struct violation *violation)
{
    const uint32_t fields[][2] = {
        {HEAP_MAGIC, HEAP_MAGIC_WORD},
        {HEAP_POLICY, scene->policy},
        {HEAP_KEY, scene->key},
        {HEAP_FRAMES, scene->frames_at.v},
        {HEAP_LIMIT, scene->heap_limit.v},
    };
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (control[fields[i][0] / 4u] != fields[i][1])
            return violation_set(violation, RULE_H8, scene->heap_at.v + fields[i][0], fields[i][1],
                                 control[fields[i][0] / 4u], "field of the control block at");
    return true;
}

static bool rule_X2(const struct scene *scene, uint32_t end, struct violation *violation)
{
    if (end % PAGE_SIZE == 0 && end >= scene->heap_at.v + CONTROL_SIZE + 8u &&
        end <= scene->heap_limit.v)
        return true;
    return violation_set(violation, RULE_X2, scene->heap_at.v + HEAP_END, scene->heap_limit.v, end,
                         "end of the heap (expected: at most the limit) at");
}

static const uint32_t *control_words(const struct scene *scene, struct violation *violation)
{
    const uint32_t *control = probe_page(scene->heap_at);
    if (control == NULL)
        (void)violation_set(violation, RULE_P1, scene->heap_at.v, 1, 0,
                            "page of the control block, not mapped,");
    return control;
}

bool check_control(const struct scene *scene, struct census *census, struct violation *violation)
{
    const uint32_t *control = control_words(scene, violation);
    if (control == NULL)
        return false;
    census->end = control[HEAP_END / 4u];
    return rule_H8(scene, control, violation) && rule_X2(scene, census->end, violation);
}

static bool rule_X1(const struct scene *scene, const struct census *census, uint32_t found,
                    struct violation *violation)
{
    if (found == census->mapped_pages)
        return true;
    return violation_set(violation, RULE_X1, scene->heap_at.v + HEAP_MAPPED_PAGES,
                         census->mapped_pages, found, "count of mapped pages at");
}

static bool rule_X3(const struct scene *scene, const struct census *census,
                    struct violation *violation)
{
    uint32_t unmapped = (census->end - scene->heap_at.v) / PAGE_SIZE - census->mapped_pages;
    if (unmapped == census->hole_pages)
        return true;
    return violation_set(violation, RULE_X3, scene->heap_at.v, census->hole_pages, unmapped,
                         "unmapped pages (expected: those in holes) of the heap at");
}

static bool rule_X4(const struct scene *scene, const struct census *census, uint32_t found,
                    struct violation *violation)
{
    uint32_t size = census->end - scene->heap_at.v;
    bool dense = size / PAGE_SIZE == census->mapped_pages;
    uint32_t expected = dense ? (size - CONTROL_SIZE - 8u) / 8u : 0;
    if (found == expected)
        return true;
    return violation_set(violation, RULE_X4, scene->heap_at.v + HEAP_DENSE, expected, found,
                         "granules in mapped pages at");
}

bool check_sums(const struct scene *scene, const struct census *census, struct violation *violation)
{
    const uint32_t *control = control_words(scene, violation);
    uint32_t at = scene->heap_at.v;
    return control != NULL && rule_X1(scene, census, control[HEAP_MAPPED_PAGES / 4u], violation) &&
           rule_X3(scene, census, violation) &&
           rule_X4(scene, census, control[HEAP_DENSE / 4u], violation) &&
           rule_H7(at + HEAP_LIVE_BLOCKS, census->used_blocks, control[HEAP_LIVE_BLOCKS / 4u],
                   "count of used blocks at", violation) &&
           rule_H7(at + HEAP_LIVE_BYTES, census->used_bytes, control[HEAP_LIVE_BYTES / 4u],
                   "bytes in used blocks at", violation) &&
           rule_H7_peak(at + HEAP_PEAK_BYTES, census->used_bytes, control[HEAP_PEAK_BYTES / 4u],
                        "peak of bytes in used blocks at", violation) &&
           rule_H7_peak(at + HEAP_PEAK_PAGES, census->mapped_pages, control[HEAP_PEAK_PAGES / 4u],
                        "peak of mapped pages at", violation) &&
           rule_H7_peak(at + HEAP_PEAK_END, census->end, control[HEAP_PEAK_END / 4u],
                        "peak of the heap's end at", violation);
}

bool check_all(const struct scene *scene, struct census *census, struct violation *violation)
{
    if (!rule_P8(violation) || !rule_O1_words(violation) || !rule_P6_freed(violation) ||
        !rule_P6_used(violation))
        return false;
    *census = (struct census){0};
    if (scene->heap_made && !check_control(scene, census, violation))
        return false;
    if (!check_paging(scene, census, violation))
        return false;
    if (scene->heap_made &&
        (!check_blocks(scene, census, violation) || !check_lists(scene, census, violation) ||
         !check_sums(scene, census, violation)))
        return false;
    return check_frames(scene, violation);
}

/* The tags of one block, with `room` bytes up to `epilogue` or another block, and its place on a
 * list if it is free and not the last one. Sets *tag. */
static bool check_one(const struct scene *scene, struct eye *eye, uint32_t at, uint32_t room,
                      uint32_t epilogue, uint32_t *tag, struct violation *violation)
{
    uint32_t footer = 0;
    if (!read_tag(scene, eye, at, tag, violation) || !rule_H1(at, *tag, room, violation))
        return false;
    uint32_t footer_at = at + (*tag & ~7u) - 4u;
    if (!read_tag(scene, eye, footer_at, &footer, violation) ||
        !rule_H2(footer_at, *tag, footer, violation))
        return false;
    return (*tag & 1u) != 0 || at + (*tag & ~7u) == epilogue ||
           check_links(scene, at, *tag & ~7u, violation);
}

/* A block and its neighbours on both sides. Requires that it lies in [first, epilogue). */
static bool check_around(const struct scene *scene, uint32_t at, uint32_t epilogue, uint32_t *tag,
                         struct violation *violation)
{
    struct eye eye = EYE_OPEN;
    uint32_t first = scene->heap_at.v + CONTROL_SIZE + 4u;
    uint32_t neighbour = 0;
    if (!check_one(scene, &eye, at, epilogue - at, epilogue, tag, violation))
        return false;
    uint32_t next = at + (*tag & ~7u);
    if (next == epilogue) {
        if (!rule_H4(scene, &eye, epilogue, EPILOGUE, "epilogue at", violation))
            return false;
    } else if (!check_one(scene, &eye, next, epilogue - next, epilogue, &neighbour, violation) ||
               !rule_H3(next, neighbour, (*tag & 1u) == 0, violation)) {
        return false;
    }
    if (at == first)
        return rule_H4(scene, &eye, at - 4u, PROLOGUE, "prologue at", violation);
    if (!read_tag(scene, &eye, at - 4u, &neighbour, violation) ||
        !rule_H1(at - 4u, neighbour, at - first, violation))
        return false;
    uint32_t previous = at - (neighbour & ~7u);
    return check_one(scene, &eye, previous, at - previous, epilogue, &neighbour, violation) &&
           rule_H3(at, *tag, (neighbour & 1u) == 0, violation);
}

bool check_local(const struct scene *scene, vaddr_t payload, struct violation *violation)
{
    struct census census = {0};
    if (!check_control(scene, &census, violation))
        return false;
    uint32_t at = payload.v - 4u;
    uint32_t tag = 0;
    if (!check_around(scene, at, census.end - 4u, &tag, violation))
        return false;
    return (tag & 1u) != 0 ||
           violation_set(violation, RULE_H1, at, 1, tag, "tag of a live block at");
}

bool check_local_freed(const struct scene *scene, vaddr_t payload, uint32_t size_bytes,
                       struct violation *violation)
{
    struct census census = {0};
    struct eye eye = EYE_OPEN;
    if (!check_control(scene, &census, violation))
        return false;
    uint32_t epilogue = census.end - 4u;
    uint32_t at = payload.v - 4u;
    uint32_t footer_at = at + size_bytes - 4u;
    uint32_t word = 0;
    if (footer_at >= epilogue || !eye_read(&eye, footer_at, &word))
        return true;
    uint32_t tag = word ^ scene->key ^ footer_at;
    if (tag == (size_bytes | 1u))
        return violation_set(violation, RULE_H1, footer_at, size_bytes, tag,
                             "tag, still used, of a freed block at");
    if ((tag & 5u) != 0 || (tag & ~7u) > footer_at + 4u - scene->heap_at.v - CONTROL_SIZE)
        return true;
    return check_around(scene, footer_at + 4u - (tag & ~7u), epilogue, &tag, violation);
}
