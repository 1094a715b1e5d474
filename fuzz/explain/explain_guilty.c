#include "fuzz/explain/explain_guilty.h"

#include "invariants/eye.h"

const char *guilty_place_word(enum guilty_place place)
{
    static const char *const words[] = {"nowhere", "word", "page", "frame"};
    return words[place];
}

/* The word of the bitmap of free frames that holds a frame's bit. */
static uint32_t bitmap_word(const struct scene *scene, uint32_t frame)
{
    uint32_t words = scene_words(scene->frame_count);
    return scene->frames_at.v + FRAMES_BITS + 4u * scene_words(words) +
           4u * (frame / SCENE_WORD_BITS);
}

/* The entry for a page; of its table, in the directory, where there is no table. */
static uint32_t entry_word(uint32_t page)
{
    vaddr_t at = vaddr_of(page);
    if (probe_table(directory_slot(at)) == NULL || directory_slot(at) == RECURSIVE_SLOT)
        return DIRECTORY_AT + 4u * directory_slot(at);
    return TABLES_AT + 4u * (page >> PAGE_SHIFT);
}

static struct guilty page_guilty(uint32_t page)
{
    return (struct guilty){GUILTY_PAGE, page_round_down(page), entry_word(page)};
}

/* A field of the control block that the core writes on its way to what the rule is about. */
static struct guilty field_guilty(const struct scene *scene, uint32_t field)
{
    return (struct guilty){GUILTY_NOWHERE, 0, scene->heap_at.v + field};
}

/* A refusal is counted; so is a misuse, when it is reported. */
static struct guilty refusal_guilty(const struct session *session)
{
    static const uint32_t fields[] = {HEAP_REFUSED_SIZE, HEAP_REFUSED_WINDOW, HEAP_REFUSED_FRAMES};
    const struct scene *scene = &session->scene;
    uint32_t count;
    bool lost;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    for (uint32_t i = count; i-- > 0;)
        for (uint32_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
            if (journal[i].at.v == scene->heap_at.v + fields[f])
                return field_guilty(scene, fields[f]);
    return field_guilty(scene, HEAP_END);
}

struct guilty guilty_of(const struct session *session, const struct violation *violation)
{
    const struct scene *scene = &session->scene;
    uint32_t at = violation->at;
    switch (violation->rule) {
    case RULE_S4: return refusal_guilty(session);
    case RULE_S6: return field_guilty(scene, HEAP_MISUSES);
    case RULE_S7:
    case RULE_S8:
    case RULE_C1:
    case RULE_K1:
    case RULE_P8:
    case RULE_NONE: return (struct guilty){GUILTY_NOWHERE, 0, 0};
    case RULE_P4:
        if (at < TABLE_ENTRIES)
            return page_guilty(at << TABLE_SHIFT);
        return page_guilty(at);
    case RULE_F3: break; /* a field of the bitmap */
    default:
        if (at < scene->frame_count)
            return (struct guilty){GUILTY_FRAME, at, bitmap_word(scene, at)};
        /* Rules about pages and their entries; of F, those that were found by way of an entry. */
        if (rule_id(violation->rule)[0] == 'P' || violation->rule == RULE_F4)
            return page_guilty(at);
        break;
    }
    at &= ~3u;
    return (struct guilty){GUILTY_WORD, at, at};
}
