/* The rules that need both the model and the machine: S4, S5, S6. */
#include "fuzz/session_internal.h"
#include "mmu_x86/injection.h"

/* The size of the free block that a request needs wherever it starts. */
static uint32_t search_size(uint32_t size_bytes, uint32_t align_bytes)
{
    uint32_t size = block_size_for(size_bytes);
    return align_bytes > BLOCK_GRANULE ? size + align_bytes + BLOCK_GRANULE : size;
}

/* True if a free block was there that a request for a block of `need` bytes must find. The mirror
 * knows exactly (mirror_must_find); a full check knows one that both policies must find, because it
 * is larger by more than the rounding of the bins, 1/32 (from 256 KiB on, 1/8) and a granule. */
static bool must_find(const struct session *session, uint32_t need)
{
    if (session_steps(session) && session->mirror->valid)
        return mirror_must_find(session->mirror, &session->scene, need) != 0;
    uint32_t rounding = need / (need < 0x40000u ? 32u : 8u);
    return session->before.largest_dense > need + rounding + BLOCK_GRANULE;
}

/* True if no free block has holes, so that one that is found needs no frame. */
static bool no_holes(const struct session *session)
{
    const struct mirror *mirror = session->mirror;
    return session_steps(session) && mirror->valid && mirror_dense(mirror);
}

/* A refusal is justified if the size can never be served; if a frame was refused by injection or
 * there were fewer than the request may need, unless a block is free that must be found and needs
 * none; or if the window ends too soon and no block is free that must be found. Where frames are
 * short, a block with holes may be chosen and refused although one without is free. */
bool session_refusal_justified(const struct session *session, uint32_t size_bytes,
                               uint32_t align_bytes)
{
    bool power_of_two = align_bytes != 0 && (align_bytes & (align_bytes - 1u)) == 0;
    if (size_bytes > KMALLOC_SIZE_MAX || !power_of_two || align_bytes > KMALLOC_ALIGN_MAX)
        return true;
    uint32_t need = search_size(size_bytes, align_bytes);
    /* What an interrupt handler took or gave back in between is not known here. */
    bool found = !session->handler.fired && must_find(session, need);
    if (found && no_holes(session))
        return false;
    if (injection.frames_refused != session->before.frames_refused)
        return true;
    uint32_t page_count = need / PAGE_SIZE + 2u;
    uint32_t table_count = page_count / TABLE_ENTRIES + 2u;
    uint32_t frames_now = session_frames_free(session);
    uint32_t frames_free =
        frames_now < session->before.frames_free ? frames_now : session->before.frames_free;
    if (frames_free < page_count + table_count)
        return true;
    return need > session->scene.heap_limit.v - session_heap_end(session) && !found;
}

bool session_must_find(const struct session *session, const struct op *op)
{
    bool makes = op->kind == OP_ALLOC || op->kind == OP_ALIGNED || op->kind == OP_ZALLOC;
    uint64_t size = op->kind == OP_ZALLOC ? (uint64_t)op->size * op->arg : op->size;
    uint32_t align = op->kind == OP_ALIGNED ? op->arg : BLOCK_GRANULE;
    return makes && session_steps(session) && session->mirror->valid && size != 0 &&
           size <= KMALLOC_SIZE_MAX && align <= KMALLOC_ALIGN_MAX &&
           must_find(session, search_size((uint32_t)size, align));
}

bool session_rule_S4_found(struct session *session)
{
    if (!session->before.must_find || session->handler.fired ||
        session->mirror->end <= session->before.end)
        return true;
    return violation_set(&session->violation, RULE_S4, session->before.end, session->before.end,
                         session->mirror->end,
                         "a free block must be found, but the heap has grown, from its end");
}

bool session_rule_S4(struct session *session, bool justified, uint32_t size_bytes)
{
    if (justified)
        return true;
    return violation_set(&session->violation, RULE_S4, size_bytes, session->before.frames_free,
                         session->before.largest_dense,
                         "refused, with frames (expected) and a free block (found), the size");
}

bool session_rule_P8(struct session *session)
{
    if (probe_interrupts_enabled() && !session->handler.interrupts_enabled)
        return true;
    return violation_set(&session->violation, RULE_P8, session->scene.heap_at.v, 1,
                         probe_interrupts_enabled(),
                         session->handler.interrupts_enabled
                             ? "interrupts enabled by a call in a handler, on the heap at"
                             : "interrupts left disabled by a call on the heap at");
}

/* Counters that a refusal or a misuse is meant to change, and the frames' hint, which only says
 * where to look. */
static bool may_change(const struct session *session, vaddr_t at)
{
    uint32_t control = at.v - session->scene.heap_at.v;
    uint32_t frames = at.v - session->scene.frames_at.v;
    return (control >= HEAP_STATISTICS && control < HEAP_FREELIST) || frames == FRAMES_REFUSED ||
           frames == FRAMES_HINT;
}

/* A word's part in a sum over all of memory. */
static uint64_t word_hash(uint32_t physical, uint32_t word)
{
    uint64_t hash = ((uint64_t)physical << 32 | word) * 0x9E3779B97F4A7C15ull;
    return (hash ^ hash >> 29) * 0xBF58476D1CE4E5B9ull;
}

/* The processor's own bits in a table entry may change between two writes of the core. */
static uint32_t word_mask(vaddr_t at)
{
    return at.v >= TABLES_AT ? ~(ENTRY_ACCESSED | ENTRY_DIRTY) : ~0u;
}

/* The first entry of the journal whose word does not hold in the end what it held before: for the
 * evidence. */
static const struct journal_entry *net_write(const struct session *session,
                                             const struct journal_entry *journal, uint32_t count)
{
    for (uint32_t first = 0; first < count; first++) {
        uint32_t last = first;
        uint32_t earliest = first;
        for (uint32_t i = 0; i < count; i++) {
            if (journal[i].physical != journal[first].physical)
                continue;
            earliest = i < earliest ? i : earliest;
            last = i > last ? i : last;
        }
        if (earliest == first &&
            ((journal[first].old ^ journal[last].word) & word_mask(journal[first].at)) != 0 &&
            !may_change(session, journal[first].at))
            return &journal[first];
    }
    return journal;
}

/* The writes to one word, old to new, telescope: what is left of the sum over all of them is the
 * change from the first old word to the last new one. So the sum is zero exactly if nothing has
 * changed, but for a collision of hashes. */
bool session_rule_S5(struct session *session)
{
    uint32_t count;
    bool lost;
    uint64_t sum = 0;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    if (session->handler.fired || lost)
        return true;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mask = word_mask(journal[i].at);
        if (!may_change(session, journal[i].at))
            sum += word_hash(journal[i].physical, journal[i].word & mask) -
                   word_hash(journal[i].physical, journal[i].old & mask);
    }
    if (sum == 0)
        return true;
    const struct journal_entry *entry = net_write(session, journal, count);
    return violation_set(&session->violation, RULE_S5, entry->at.v, entry->old, entry->word,
                         "word changed by a call that has no effect at");
}

bool session_rule_S6(struct session *session, uint32_t expected, uint32_t reasons)
{
    session->misuse_total += session->misuse_count;
    if (session->misuse_count != expected)
        return violation_set(&session->violation, RULE_S6,
                             session->misuse_count != 0 ? session->misuse.at.v : 0, expected,
                             session->misuse_count, "number of misuses reported, the last at");
    if (expected == 0 || (reasons >> session->misuse.reason & 1u) != 0)
        return true;
    return violation_set(&session->violation, RULE_S6, session->misuse.at.v, reasons,
                         session->misuse.reason, session->misuse_reason);
}
