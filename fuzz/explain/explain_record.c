#include "fuzz/explain/explain_record.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/explain/explain_facts.h"
#include "fuzz/explain/explain_walk.h"
#include "fuzz/op_line.h"
#include "fuzz/op_result.h"

static bool record_make(struct record *record, const struct session *session)
{
    record->slots = calloc(session->shadow.slot_count, sizeof(uint32_t));
    record->held = calloc(scene_words(FRAME_COUNT_MAX), sizeof(uint32_t));
    record->tlb = calloc(1u << (32u - PAGE_SHIFT), sizeof(uint32_t));
    record->tlb_pages = calloc(1u << (32u - PAGE_SHIFT), sizeof(uint32_t));
    return record->slots != NULL && record->held != NULL && record->tlb != NULL &&
           record->tlb_pages != NULL && notes_make(&record->notes, session->scene.key);
}

static void look_at_words(struct record *record, uint32_t at, uint32_t count, bool core)
{
    for (uint32_t i = 0; i < count; i++)
        notes_look(&record->notes, at + 4u * i, core);
}

/* Control block, frame bitmap, directory and tables. */
static void look_at_fixed(struct record *record, const struct session *session, bool core)
{
    const struct scene *scene = &session->scene;
    uint32_t words = scene_words(scene->frame_count);
    if (scene->heap_made)
        look_at_words(record, scene->heap_at.v, CONTROL_SIZE / 4u + 1u, core);
    look_at_words(record, scene->frames_at.v, FRAMES_BITS / 4u + scene_words(words) + 2u * words,
                  core);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++)
        if (probe_table(slot) != NULL)
            look_at_words(record, TABLES_AT + slot * PAGE_SIZE, TABLE_ENTRIES, core);
    look_at_words(record, DIRECTORY_AT, TABLE_ENTRIES, core);
}

/* True if the word lies in what the core has filled or copied to, or that cannot be told. */
static bool in_bulk(uint32_t at)
{
    uint32_t count;
    bool lost;
    (void)probe_journal(&count, &lost);
    const struct bulk_entry *bulk = probe_bulk(&count);
    for (uint32_t i = 0; i < count; i++)
        if (at - bulk[i].at.v < bulk[i].size_bytes)
            return true;
    return lost;
}

/* A word that no journal entry tells of: the core's doing if it was stored in bulk. */
static void look_at_word(struct record *record, uint32_t at)
{
    notes_look(&record->notes, at, record->ending || in_bulk(at));
}

static void look_at_block(void *context, uint32_t at, uint32_t tag)
{
    uint32_t size = tag & ~TAG_FLAGS;
    look_at_word(context, at);
    look_at_word(context, at + size - 4u);
    if ((tag & TAG_USED) == 0) {
        look_at_word(context, at + 4u);
        look_at_word(context, at + 8u);
    }
}

static void look(struct record *record, const struct session *session, bool core)
{
    look_at_fixed(record, session, core);
    walk_blocks(session, look_at_block, record);
    uint32_t end = walk_end(session);
    if (end != session->scene.heap_at.v)
        look_at_word(record, end - 4u);
    if (record->watched != 0)
        look_at_word(record, record->watched);
}

static void write_slot(struct record *record, const struct session *session, uint32_t slot)
{
    const struct shadow_block *block = &session->shadow.slots[slot];
    if (slot >= session->shadow.slot_count || block->at == record->slots[slot])
        return;
    record->slots[slot] = block->at;
    text_item(record->text, slot);
    text_item(record->text, block->at);
    text_item(record->text, block->size_bytes);
}

/* Slots whose block is another than before: the operation's own, the interrupt handler's, or any.
 */
static void write_slots(struct record *record, const struct session *session, const struct op *op)
{
    text_key(record->text, "s");
    text_add(record->text, "[");
    for (uint32_t slot = 0; op == NULL && slot < session->shadow.slot_count; slot++)
        write_slot(record, session, slot);
    if (op != NULL) {
        write_slot(record, session, op->slot);
        write_slot(record, session, session->handler.slot);
    }
    text_add(record->text, "]");
}

static void write_held(struct record *record, const struct session *session)
{
    text_key(record->text, "h");
    text_add(record->text, "[");
    for (uint32_t w = 0; w < scene_words(session->scene.frame_count); w++) {
        uint32_t changed = record->held[w] ^ session->held[w];
        for (; changed != 0; changed &= changed - 1u)
            text_item(record->text, w * SCENE_WORD_BITS + (uint32_t)__builtin_ctz(changed));
        record->held[w] = session->held[w];
    }
    text_add(record->text, "]");
}

/* What the TLB holds for a page, if that is new. */
static void write_tlb_entry(struct record *record, uint32_t page)
{
    uint32_t entry = probe_tlb_of(vaddr_of(page << PAGE_SHIFT));
    entry = (entry & ENTRY_PRESENT) != 0 ? entry : 0;
    if (record->tlb[page] == entry)
        return;
    record->tlb[page] = entry;
    text_item(record->text, (int64_t)page - (int64_t)record->tlb_told);
    text_item(record->text, entry);
    record->tlb_told = page;
}

static void write_tlb(struct record *record)
{
    record->tlb_told = 0;
    text_key(record->text, "b");
    text_add(record->text, "[");
    for (uint32_t i = 0; i < record->tlb_count; i++)
        write_tlb_entry(record, record->tlb_pages[i]);
    for (uint32_t i = 0; i < probe_tlb_count(); i++) {
        uint32_t page = probe_tlb_entry(i).page.v >> PAGE_SHIFT;
        bool new = record->tlb[page] == 0;
        write_tlb_entry(record, page);
        if (new && record->tlb[page] != 0)
            record->tlb_pages[record->tlb_count++] = page;
    }
    text_add(record->text, "]");
}

static void write_state(struct record *record, const struct session *session, const struct op *op)
{
    notes_write(&record->notes, record->text);
    write_slots(record, session, op);
    write_held(record, session);
    write_tlb(record);
}

static void write_base(struct record *record, const struct session *session, uint32_t number)
{
    struct text *text = record->text;
    if (!record_make(record, session))
        return;
    facts_write(session, text);
    text_key(text, "base");
    text_add(text, "{");
    text_member(text, "n", number);
    notes_begin(&record->notes);
    look(record, session, false);
    write_state(record, session, NULL);
    text_add(text, "}");
    text_key(text, "steps");
    text_add(text, "[");
    text_commit(text);
}

/* Runs of bytes that the core filled or copied to. */
static void write_bulk(struct text *text)
{
    uint32_t count;
    const struct bulk_entry *bulk = probe_bulk(&count);
    if (count == 0)
        return;
    text_key(text, "c");
    text_add(text, "[");
    for (uint32_t i = 0; i < count; i++) {
        text_item(text, bulk[i].at.v);
        text_item(text, bulk[i].size_bytes);
    }
    text_add(text, "]");
}

/* What became of an operation, for those who skim: "given" an address, "refused", "skipped", a
 * "misuse" that was reported, or just "done". */
static const char *kind_of(const struct session_result *result)
{
    if (!result->applied)
        return "skipped";
    if (result->misuse_count != 0)
        return "misuse";
    if (result->refused)
        return "refused";
    return result->at != 0 && result->at != result->before_at ? "given" : "done";
}

/* The end of a run: `op' is null. */
static void write_operation(struct text *text, const struct op *op, bool holds)
{
    struct line line;
    const char *kind = holds ? "done" : "broken";
    line_clear(&line);
    if (op != NULL)
        op_line(op, &line);
    else
        line_text(&line, "end: all is freed and given back");
    text_member_string(text, "op", line.text);
    line_clear(&line);
    if (op != NULL && holds) {
        kind = kind_of(run_last_result());
        op_result_line(run_last_result(), &line);
    }
    text_member_string(text, "k", kind);
    text_member_string(text, "r", line.text);
}

static void write_step(struct record *record, const struct session *session, uint32_t number,
                       const struct op *op, bool holds)
{
    struct text *text = record->text;
    uint32_t count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    text_open(text, "{");
    text_member(text, "n", number);
    write_operation(text, op, holds);
    notes_begin(&record->notes);
    /* The end frees everything: what is left counts, not the way there. */
    for (uint32_t i = 0; op != NULL && i < count; i++)
        notes_stored(&record->notes, journal[i].at.v, journal[i].old);
    record->ending = op == NULL;
    look(record, session, true);
    write_state(record, session, op);
    if (op != NULL)
        write_bulk(text);
    text_add(text, "}");
    text_commit(text);
}

/* Keeps the last store to the word that is watched, as far as the journal goes; of the guilty
 * operation the last one at all, if there was none. */
static void watch(struct record *record, uint32_t number, bool guilty)
{
    uint32_t count;
    uint32_t bulk_count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    const struct bulk_entry *bulk = probe_bulk(&bulk_count);
    bool wanted = record->watched != 0 && (record->everywhere || guilty);
    for (uint32_t i = 0; wanted && i < bulk_count; i++)
        if (record->watched - bulk[i].at.v < bulk[i].size_bytes) {
            *record->store = (struct run_store){true, true, number, i};
            *record->stored = true;
        }
    for (uint32_t i = count; wanted && i-- > 0;)
        if (journal[i].at.v == record->watched) {
            *record->store = (struct run_store){true, false, number, i};
            *record->stored = true;
            break;
        }
    if (guilty && !*record->stored && count != 0)
        *record->store = (struct run_store){true, false, number, count - 1u};
}

static void after(void *context, struct session *session, uint32_t number, const struct op *op,
                  bool holds)
{
    struct record *record = context;
    if (number != 0)
        watch(record, number, !holds);
    if (number == record->base)
        write_base(record, session, number);
    else if (number > record->base && number <= record->last && record->tlb != NULL)
        write_step(record, session, number, op, holds);
}

void record_follow(struct record *record, struct run_follower *follower)
{
    *follower = (struct run_follower){.context = record, .after = after};
}
