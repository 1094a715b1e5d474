/* Rules H1 to H4, X3 and O1 in a step: the blocks whose tags were written, and those beside them.
 */
#include "invariants/predicates.h"
#include "invariants/step.h"

#include "heap/block.h"

static bool is_dirty(const struct mirror *mirror, uint32_t granule)
{
    return mirror_bit(mirror->dirty, granule);
}

static void clean(struct mirror *mirror, uint32_t granule)
{
    mirror->dirty[granule / 64u] &= ~(1ull << granule % 64u);
}

void step_granule(struct mirror *mirror, uint32_t granule)
{
    bool starts = marks_has(&mirror->starts, granule);
    if (!starts && granule > MIRROR_FIRST && marks_has(&mirror->starts, granule - 1u) &&
        (mirror->nodes[granule - 1u].tag & 1u) == 0) {
        mirror_push_block(mirror, granule - 1u); /* the links of a free block */
        return;
    }
    if (is_dirty(mirror, granule) || !mirror_push(mirror, &mirror->granules, granule))
        return;
    mirror_bit_set(mirror->dirty, granule);
    uint32_t before = starts ? MARKS_NONE : marks_before(&mirror->starts, granule);
    if (before != MARKS_NONE && (mirror->nodes[before].tag & 1u) != 0 &&
        (mirror->nodes[before].tag & ~7u) != 0)
        mirror_push(mirror, &mirror->inner, granule);
}

static bool read_tag(const struct mirror *mirror, const struct scene *scene, uint32_t at,
                     uint32_t *tag, struct violation *violation)
{
    uint32_t word = 0;
    if (!step_read(mirror, at, &word))
        return violation_set(violation, RULE_P1, at, 1, 0, "page of the tag, not mapped,");
    *tag = word ^ scene->key ^ at;
    return true;
}

/* Whether a page between two addresses, both included, is a hole. */
static bool hole_between(const struct mirror *mirror, uint32_t first, uint32_t last)
{
    uint32_t page = (first - mirror->base) / PAGE_SIZE;
    return !mirror_dense(mirror) &&
           (marks_has(&mirror->holes, page) ||
            marks_after(&mirror->holes, page) <= (last - mirror->base) / PAGE_SIZE);
}

/* Rule X3, from the block: what it needs mapped is. */
static bool rule_X3_block(const struct mirror *mirror, uint32_t at, uint32_t tag,
                          struct violation *violation)
{
    uint32_t footer = at + (tag & ~7u) - 4u;
    bool sparse = (tag & 3u) == 2u;
    uint32_t hold = at + BLOCK_SIZE_MIN + 3u;
    if (!hole_between(mirror, at, sparse && hold < footer ? hold : footer) &&
        !hole_between(mirror, footer, footer))
        return true;
    return violation_set(violation, RULE_X3, at, 0, tag, "unmapped page in the block at");
}

/* Rule X3, from the page: it lies wholly in the hole of one sparse block. */
static bool rule_X3_page(const struct mirror *mirror, uint32_t page, struct violation *violation)
{
    uint32_t start = marks_before(&mirror->starts, mirror_granule(mirror, page) + 1u);
    if (start != MARKS_NONE && (mirror->nodes[start].tag & 3u) == 2u) {
        uint32_t at = mirror_header(mirror, start);
        uint32_t footer = at + (mirror->nodes[start].tag & ~7u) - 4u;
        if (page >= at + BLOCK_SIZE_MIN + 4u && page + PAGE_SIZE <= footer)
            return true;
    }
    return violation_set(violation, RULE_X3, page, 1, 0, "unmapped, and in no hole: the page at");
}

/* The block leaves the mirror; what was beside it on its list is looked at. */
void step_block_leave(struct mirror *mirror, uint32_t granule)
{
    const struct mirror_node *node = &mirror->nodes[granule];
    if (mirror_listed(node)) {
        uint32_t next = step_free_block(mirror, node->next);
        uint32_t prev = step_free_block(mirror, node->prev);
        if (next != MARKS_NONE)
            mirror_push_block(mirror, next);
        if (prev != MARKS_NONE)
            mirror_push_block(mirror, prev);
        mirror_push_bin(mirror, check_bin(node->tag & ~7u));
    }
    mirror_block_leave(mirror, granule);
    clean(mirror, granule);
}

/* The tag of the block in the mirror becomes `tag`. */
static void block_update(struct mirror *mirror, uint32_t granule, uint32_t tag)
{
    bool known = marks_has(&mirror->starts, granule);
    bool last = granule + (tag & ~7u) / 8u == mirror_last(mirror);
    uint32_t old = mirror->nodes[granule].tag;
    uint32_t note = mirror->nodes[granule].note;
    /* A free block that was the last one, and is not any more, is on a list from now on. */
    if (known && old == tag && ((tag & 1u) != 0 || last != mirror_listed(&mirror->nodes[granule])))
        return;
    if (known)
        step_block_leave(mirror, granule);
    mirror_block_enter(mirror, granule, tag);
    if (known && (old & tag & 1u) != 0)
        mirror->nodes[granule].note = note;
    if (mirror_listed(&mirror->nodes[granule])) {
        mirror_push_block(mirror, granule);
        mirror_push_bin(mirror, check_bin(tag & ~7u));
    }
}

/* A used block beside what was written: its contents are worth a look. */
static void near_note(struct mirror *mirror, uint32_t granule)
{
    if ((mirror->nodes[granule].tag & 1u) != 0 && mirror->near_count < MIRROR_NEAR_MAX &&
        granule != mirror_last(mirror))
        mirror->near[mirror->near_count++] = mirror_header(mirror, granule);
}

/* True if the word has been filled or copied since the mirror was begun anew: it is contents then,
 * which may read as anything. */
static bool is_contents(const struct mirror *mirror, uint32_t at)
{
    uint32_t count;
    const struct bulk_entry *bulk = probe_bulk(&count);
    uint32_t physical = (mirror->entries[at >> PAGE_SHIFT] & ENTRY_FRAME) | (at & PAGE_MASK);
    for (uint32_t i = 0; i < count; i++)
        if (physical - bulk[i].physical < bulk[i].size_bytes)
            return true;
    return false;
}

/* Rule H9: of a start that lies inside a block now, neither header nor the footer before it reads
 * as a tag. */
static bool rule_H9(const struct mirror *mirror, const struct scene *scene, uint32_t granule,
                    struct violation *violation)
{
    uint32_t header = mirror_header(mirror, granule);
    for (uint32_t at = header - 4u; at <= header; at += 4u) {
        uint32_t word = 0;
        struct violation illegal;
        /* What has been unmapped since is no word any more. */
        if (step_read(mirror, at, &word) &&
            rule_H1(at, word ^ scene->key ^ at, mirror->end - mirror->base, &illegal) &&
            !is_contents(mirror, at))
            return violation_set(violation, RULE_H9, at, 0, word ^ scene->key ^ at,
                                 "tag inside a block at");
    }
    return true;
}

/* Looks at one block, whose header lies in `granule`. Sets *next to the granule behind it. */
static bool look(struct mirror *mirror, const struct scene *scene, uint32_t granule,
                 bool previous_free, uint32_t *next, struct violation *violation)
{
    uint32_t at = mirror_header(mirror, granule);
    uint32_t header = 0;
    uint32_t footer = 0;
    if (!read_tag(mirror, scene, at, &header, violation) ||
        !rule_H1(at, header, mirror->end - 4u - at, violation))
        return false;
    uint32_t footer_at = at + (header & ~7u) - 4u;
    if (!read_tag(mirror, scene, footer_at, &footer, violation) ||
        !rule_H2(footer_at, header, footer, violation) ||
        !rule_H3(at, header, previous_free, violation) ||
        !rule_X3_block(mirror, at, header, violation))
        return false;
    *next = granule + (header & ~7u) / 8u;
    for (uint32_t g = marks_after(&mirror->starts, granule); g < *next;
         g = marks_after(&mirror->starts, g)) {
        if (!scene->interrupted && !rule_H9(mirror, scene, g, violation))
            return false;
        step_block_leave(mirror, g);
    }
    if (marks_has(&mirror->starts, granule) && mirror->nodes[granule].tag == header)
        near_note(mirror, granule);
    /* Its tags may lie in another frame now. */
    mirror_push_change(mirror, &mirror->changed_blocks, granule);
    block_update(mirror, granule, header);
    clean(mirror, granule);
    return true;
}

static bool rule_H4(struct mirror *mirror, const struct scene *scene, uint32_t at,
                    uint32_t expected, const char *what, struct violation *violation)
{
    uint32_t tag = 0;
    if (!read_tag(mirror, scene, at, &tag, violation))
        return false;
    return tag == expected || violation_set(violation, RULE_H4, at, expected, tag, what);
}

/* Looks at the blocks from a known start on, until one that is known and was not written. */
static bool walk(struct mirror *mirror, const struct scene *scene, uint32_t granule,
                 struct violation *violation)
{
    uint32_t last = mirror_last(mirror);
    bool previous_free = false;
    while (granule != last) {
        uint32_t next = 0;
        if (!look(mirror, scene, granule, previous_free, &next, violation))
            return false;
        previous_free = (mirror->nodes[granule].tag & 1u) == 0;
        granule = next;
        if (granule != last && marks_has(&mirror->starts, granule) && !is_dirty(mirror, granule)) {
            near_note(mirror, granule);
            return rule_H3(mirror_header(mirror, granule), mirror->nodes[granule].tag,
                           previous_free, violation);
        }
    }
    block_update(mirror, last, 1u);
    clean(mirror, last);
    return rule_H4(mirror, scene, mirror->end - 4u, 1u, "epilogue at", violation);
}

/* The start of the nearest block before a granule whose own header was not written. */
static uint32_t walk_start(const struct mirror *mirror, uint32_t granule)
{
    do {
        uint32_t before = marks_before(&mirror->starts, granule);
        if (before == MARKS_NONE)
            return MIRROR_FIRST;
        granule = before;
    } while (is_dirty(mirror, granule) && granule != MIRROR_FIRST);
    return granule;
}

/* Rule O1: a granule in the middle of a used block that was written has become something else. */
static bool rule_O1(const struct mirror *mirror, uint32_t granule, struct violation *violation)
{
    uint32_t start = marks_before(&mirror->starts, granule);
    if (marks_has(&mirror->starts, granule) || start == MARKS_NONE ||
        (mirror->nodes[start].tag & 1u) == 0 || granule >= mirror_last(mirror))
        return true;
    return violation_set(violation, RULE_O1, mirror->base + 8u * granule,
                         mirror_header(mirror, start), mirror->nodes[start].tag,
                         "written by the core: payload of the live block (expected), at");
}

/* In the order of their addresses, because a walk takes starts that are merged away out of the
 * mirror, so that none begins at one. Most operations write a handful. */
static void sort_granules(struct mirror_work *work)
{
    for (uint32_t gap = work->count / 2u; gap > 0; gap /= 2u)
        for (uint32_t i = gap; i < work->count; i++) {
            uint32_t item = work->items[i];
            uint32_t j = i;
            for (; j >= gap && work->items[j - gap] > item; j -= gap)
                work->items[j] = work->items[j - gap];
            work->items[j] = item;
        }
}

bool step_blocks(struct mirror *mirror, const struct scene *scene, struct violation *violation)
{
    sort_granules(&mirror->granules);
    for (uint32_t i = 0; i < mirror->granules.count; i++) {
        uint32_t granule = mirror->granules.items[i];
        if (!is_dirty(mirror, granule))
            continue;
        if (granule == MIRROR_FIRST &&
            !rule_H4(mirror, scene, mirror->base + CONTROL_SIZE, 9u, "prologue at", violation))
            return false;
        if (granule <= mirror_last(mirror) &&
            !walk(mirror, scene, walk_start(mirror, granule), violation))
            return false;
        clean(mirror, granule);
    }
    /* A handler may have freed a block that the operation then got. */
    for (uint32_t i = 0; i < mirror->inner.count && !scene->interrupted; i++)
        if (!rule_O1(mirror, mirror->inner.items[i], violation))
            return false;
    for (uint32_t i = 0; i < mirror->pages.count; i++) {
        uint32_t at = mirror->pages.items[i] << PAGE_SHIFT;
        if (at >= mirror->base && at < mirror->end && mirror->entries[at >> PAGE_SHIFT] == 0 &&
            !rule_X3_page(mirror, at, violation))
            return false;
    }
    return true;
}
