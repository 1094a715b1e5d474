/* Rule C1: no operation makes more loads and stores than its calls declare (heap/cost.h). */
#include "fuzz/session_internal.h"
#include "heap/cost.h"
#include "mmu_x86/injection.h"

static uint64_t accesses_now(void)
{
    struct probe_counts counts = probe_counts();
    return counts.loads + counts.stores;
}

/* A slice looks no further than its budget goes, nor than the heap, and believes a block more. */
static uint64_t looks_of(const struct mirror *mirror, uint32_t page_count_max)
{
    uint64_t all = (mirror->end - mirror->base) / PAGE_SIZE;
    all += COST_LOOKS_BLOCK * (uint64_t)mirror->free_blocks;
    uint64_t budget = cost_looks(page_count_max);
    return (budget < all ? budget : all) + 2u * COST_LOOKS_BLOCK;
}

/* What the operation may cost beyond a constant: what it was before is known only by the mirror. */
static struct cost_terms terms_of(const struct session *session, const struct op *op)
{
    const struct mirror *mirror = session->mirror;
    const struct shadow_block *block = &session->shadow.slots[op->slot];
    bool first_fit = session->scene.policy == HEAP_FIRST_FIT;
    uint64_t request = op->kind == OP_ZALLOC ? (uint64_t)op->size * op->arg : op->size;
    uint64_t size = request <= KMALLOC_SIZE_MAX ? request : 0;
    uint64_t align = op->kind == OP_ALIGNED && op->arg <= KMALLOC_ALIGN_MAX ? op->arg : 0;
    struct cost_terms terms = {
        .calls = 1,
        .list_steps = first_fit ? mirror->free_blocks + 2u : 0,
    };
    switch (op->kind) {
    case OP_FREE:
        terms.dense_frees = !first_fit && mirror_dense(mirror);
        terms.calls -= terms.dense_frees;
        break;
    case OP_REALLOC:
        terms.calls = 4; /* in place, kmalloc, kfree, and once more for a handler */
        terms.words = block->usable_bytes / 2u + 4u;
        /* Refused in place once all were looked at, it looks at as many where it moves to. */
        terms.pages = 2u * (size / PAGE_SIZE + 3u);
        break;
    case OP_ZALLOC: terms.words = size / 4u + 4u; /* fall through */
    case OP_ALLOC:
    case OP_ALIGNED: terms.pages = (size + align) / PAGE_SIZE + 3u; break;
    case OP_RECLAIM:
        terms.looks = looks_of(mirror, op->size);
        terms.list_steps = 0;
        break;
    case OP_STATS: terms.list_steps = mirror->free_blocks + 1u; break;
    case OP_PRESSURE: terms.calls = session->scene.frame_count; break;
    default: break;
    }
    return terms;
}

void session_cost_begin(struct session *session, const struct op *op)
{
    if (!session_steps(session) || !session->mirror->valid)
        return;
    session->cost.terms = terms_of(session, op);
    session->cost.all_dense =
        session->scene.policy == HEAP_BINS && session->mirror->sparse_blocks == 0;
    session->cost.start = accesses_now();
}

/* True if the operation was a kmalloc that had its block from what a dense heap has: not one that
 * was refused or skipped, nor one that made the heap grow, nor one that a handler interrupted. */
static bool dense_alloc(const struct session *session, const struct op *op)
{
    return op->kind == OP_ALLOC && session->cost.all_dense && !vaddr_is_null(session->touched) &&
           !session->handler.fired && session_heap_end(session) == session->before.end;
}

/* Table entries that were written, and directory entries: pages and tables that came or went; and
 * the runs of entries that were cleared one behind the other. */
static void count_tables(struct cost_terms *terms)
{
    uint32_t count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    uint32_t cleared = 0;
    for (uint32_t i = 0; i < count; i++) {
        terms->tables += journal[i].at.v >= DIRECTORY_AT;
        terms->entries += journal[i].at.v >= TABLES_AT;
        if (journal[i].at.v < TABLES_AT || journal[i].word != 0)
            continue;
        terms->runs += journal[i].at.v != cleared + 4u;
        cleared = journal[i].at.v;
    }
}

bool session_rule_C1(struct session *session, const struct op *op)
{
    struct session_cost *cost = &session->cost;
    if (!session_steps(session) || !session->mirror->valid)
        return true;
    uint64_t accesses = accesses_now() - cost->start;
    if (dense_alloc(session, op))
        cost->terms = (struct cost_terms){.dense_allocs = 1};
    if (session->handler.fired) {
        cost->terms.calls += 2u;
        cost->terms.list_steps *= 2u;
        cost->terms.pages += session->handler.size_bytes / PAGE_SIZE + 3u;
    }
    count_tables(&cost->terms);
    if (op->kind == OP_RECLAIM && session_heap_end(session) != session->before.end)
        cost->terms.looks += COST_LOOKS_GAP;
    /* A refusal takes back what there was of a run, be it nothing. */
    cost->terms.runs += injection.frames_refused - session->before.frames_refused;
    uint64_t bound = cost_bound(&cost->terms);
    struct session_worst now = {(uint32_t)accesses, (uint32_t)bound, session->operation_count};
    if (session_worst_as_close(&now, &session->worst[op->kind]))
        session->worst[op->kind] = now;
    return accesses <= bound ||
           violation_set(&session->violation, RULE_C1, session->scene.heap_at.v, (uint32_t)bound,
                         (uint32_t)accesses, "loads and stores of an operation on the heap at");
}
