/* The inside of a session, shared by the files that make it up.
 *
 * S4  a refusal is justified: the size or alignment can never be served, a frame was refused or may
 *     have been short, or the window ends too soon and no mapped block that must be found was free;
 *     nor does the heap grow where a free block must be found
 * S5  a refused or misused call leaves no net write, counters of such calls aside
 * S6  a misuse is reported once, for a reason that fits; a good call reports none
 * S7  with all freed and reclaimed, one free block in the first page remains, and the frames of
 *     that page and its table; the largest block that there is room for is granted
 * S8  what the core says of itself (statistics, frames given back) is what
 * the model knows */
#ifndef KHEAP_FUZZ_SESSION_INTERNAL_H
#define KHEAP_FUZZ_SESSION_INTERNAL_H

#include <stddef.h>

#include "fuzz/digest.h"
#include "fuzz/session.h"
#include "fuzz/shadow.h"
#include "heap/cost.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"
#include "invariants/check.h"
#include "invariants/mirror.h"

/* What the interrupt handler is to do, and what it did. A free enters the model at once, as the
 * call that it interrupted may get what was freed; an allocation after that call's own result. */
struct handler {
    bool fired;
    uint32_t slot;
    uint32_t size_bytes;
    bool allocated;
    vaddr_t at;
    bool refusal_justified;
    bool interrupts_enabled; /* after its call, which it made with interrupts disabled */
};

/* What was true before the operation, as far as a refusal is judged by it. */
struct before {
    uint32_t frames_free;
    uint32_t frames_refused; /* by injection */
    uint32_t largest_dense;
    uint32_t end;   /* of the heap; only where check_step runs, */
    bool must_find; /* and then: a free block is there that the operation must find */
};

/* What the operation may cost, and how many loads and stores there were before it. */
struct session_cost {
    struct cost_terms terms;
    bool all_dense; /* under bins, and no free block was sparse: every page was mapped (X3) */
    uint64_t start;
};

struct session {
    struct op_config config;
    struct op op;
    struct boot_state boot;
    struct heap heap;
    struct scene scene;
    struct session_cost cost;
    struct session_worst worst[OP_KIND_COUNT];
    struct session_plan plan;
    enum session_check how; /* plan.check, or what this port can do of it */
    bool thorough_end;      /* the largest block that there is room for is asked for */
    uint32_t frame_requests;
    struct mirror *mirror; /* null: this port keeps no journal */
    struct census census;  /* of the last full check */
    bool census_current;   /* which has seen what the last operation left */
    struct shadow shadow;
    struct violation violation;
    struct handler handler;
    struct before before;
    uint64_t digest;
    uint32_t misuse_count; /* reported during the operation */
    struct misuse misuse;  /* the last one, and the words for it */
    const char *misuse_reason;
    const char *misuse_call;
    uint32_t misuse_total;
    uint32_t refusal_count; /* requests refused so far, as the statistics must show */
    vaddr_t touched;        /* the block that the operation made or resized; null: none */
    vaddr_t freed;          /* the block that it freed; null: none */
    uint32_t freed_size;
    uint32_t operation_count;
    uint32_t applied_count;
    frame_t device_frames[DEVICE_PAGES];
    /* From here on too large to be copied as a whole (SESSION_STATE_BYTES). */
    struct boot_entries boot_entries;
    frame_t held_frames[OP_FRAMES_MAX];
    uint32_t held[FRAME_COUNT_MAX / SCENE_WORD_BITS]; /* the same as a bitset */
    uint32_t managed[FRAME_COUNT_MAX / SCENE_WORD_BITS];
    uint32_t used[FRAME_COUNT_MAX / SCENE_WORD_BITS];
};

/* What an operation changes of a session, but for the shadow model's slots and granules and for the
 * held frames: who goes back to an earlier state copies these (fuzz/explore/explore_state.c). */
#define SESSION_STATE_BYTES offsetof(struct session, held_frames)

/* Parts of session_run, for those who try many continuations of one state: after
 * session_check_begin, the start and an operation. Return false with session->violation set. */
bool session_begin(struct session *session, const struct op_config *config);
bool session_apply(struct session *session, const struct op *op);

/* session_apply, and the plan's observer told of it. */
bool session_apply_observed(struct session *session, const struct op *op);

/* What became of an operation. */
enum outcome {
    OUTCOME_APPLIED,
    OUTCOME_SKIPPED,  /* it does not apply to this state */
    OUTCOME_VIOLATED, /* session->violation says how */
};

/* The checks of a session, as thorough as asked: at its start, once the heap is made, after an
 * operation, as soon as a call has given a block, and over everything. */
void session_check_begin(struct session *session, const struct session_plan *plan, bool is_trace);
bool session_check_boot(struct session *session);
bool session_check_operation(struct session *session);
bool session_check_block(struct session *session, vaddr_t payload);
bool session_check_all(struct session *session);

/* Counts what the heap is now into session->census: from what steps know, or by a full check. */
bool session_census(struct session *session);

/* True if check_step runs, so that the mirror says what is. */
static inline bool session_steps(const struct session *session)
{
    return session->how == SESSION_CHECK_STEP || session->how == SESSION_CHECK_BOTH;
}

/* An operation begins: what is in the journal from now on is its doing. */
void session_journal_clear(struct session *session);

/* No call needs more loads than this, whatever the heap: one that makes more hangs. */
#define SESSION_LOADS_MAX (1u << 26)

/* Rule C1 is broken: a call has made so many. */
void session_endless(struct session *session);

/* Rule P8: calls leave interrupts as they found them. */
bool session_rule_P8(struct session *session);

/* Rule C1: an operation begins, and has ended; only where check_step runs. */
void session_cost_begin(struct session *session, const struct op *op);
bool session_rule_C1(struct session *session, const struct op *op);

/* The end of every run: the state digested, contents re-read, everything given back, rule S7; and
 * the same without the digest. */
bool session_end(struct session *session);
bool session_give_back(struct session *session);

/* Rule S7: with all freed and reclaimed, the heap is one free block in its first page, and the
 * frames in use are that page's and its table's. */
bool session_rule_S7(struct session *session);

/* Adds the final state: control block, tags, links, and which pages are mapped. */
void digest_state(const struct scene *scene, uint64_t *digest);

/* The heap's end, as the control block says. */
uint32_t session_heap_end(const struct session *session);

/* Frames that are free, as the bitmap says. */
uint32_t session_frames_free(const struct session *session);

/* Has the machine look for words of live payloads that the core takes for metadata (rule O1), or
 * not. */
void session_watch_payloads(struct session *session, bool watch);

/* The operations on blocks, on the machine, and the misuses. */
enum outcome session_apply_block(struct session *session, const struct op *op);
enum outcome session_apply_machine(struct session *session, const struct op *op);
enum outcome session_apply_misuse(struct session *session, const struct op *op);

/* Frees a slot with its contents checked. */
enum outcome session_free(struct session *session, uint32_t slot);

/* Enters the interrupt handler's allocation into the model. */
bool session_handler_allocated(struct session *session);
void session_handler_arm(struct session *session, const struct op *op);
void session_handler_install(struct session *session);

/* Rule S4: may a request for a block of size_bytes at align_bytes be refused now? */
bool session_refusal_justified(const struct session *session, uint32_t size_bytes,
                               uint32_t align_bytes);
bool session_rule_S4(struct session *session, bool justified, uint32_t size_bytes);

/* The other half of rule S4: where a free block must be found, the heap does not grow instead. To
 * be asked before an operation, and after one that got a block. */
bool session_must_find(const struct session *session, const struct op *op);
bool session_rule_S4_found(struct session *session);

/* Rule S5: the core has left no net write since the journal was cleared. */
bool session_rule_S5(struct session *session);

/* Rule S6: exactly `expected` misuses were reported, the last with one of the reasons in the set.
 */
bool session_rule_S6(struct session *session, uint32_t expected, uint32_t reasons);

#endif
