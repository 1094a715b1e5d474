#include "fuzz/explain/explain_notes.h"

#include <stdlib.h>

#define TAG_PLAIN_MAX (1u << 24)

#define ADDRESS_PAGES (1u << (32u - PAGE_SHIFT))

bool notes_make(struct notes *notes, uint32_t key)
{
    *notes = (struct notes){.eye = EYE_OPEN, .key = key};
    notes->pages = calloc(ADDRESS_PAGES, sizeof(struct notes_page *));
    return notes->pages != NULL;
}

bool notes_read(struct notes *notes, uint32_t at, uint32_t *word)
{
    if (at < TABLES_AT)
        return eye_read(&notes->eye, at, word);
    uint32_t slot = (at - TABLES_AT) / PAGE_SIZE;
    const uint32_t *table = slot == RECURSIVE_SLOT ? probe_directory() : probe_table(slot);
    if (table == NULL)
        return false;
    *word = table[(at & PAGE_MASK) / 4u];
    return true;
}

void notes_begin(struct notes *notes)
{
    notes->eye = EYE_OPEN;
    notes->touched.count = 0;
    notes->adjusted.count = 0;
}

static struct notes_page *page_of(struct notes *notes, uint32_t at)
{
    struct notes_page **page = &notes->pages[at >> PAGE_SHIFT];
    if (*page == NULL)
        *page = calloc(1, sizeof(**page));
    notes->lost = notes->lost || *page == NULL;
    return *page;
}

static void append(struct notes *notes, struct notes_list *list, uint32_t at, uint32_t word)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity * 2u + 256u;
        struct notes_change *items = realloc(list->items, capacity * sizeof(*items));
        notes->lost = notes->lost || items == NULL;
        if (items == NULL)
            return;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct notes_change){at, word};
}

static bool bit(const uint32_t *bits, uint32_t n)
{
    return (bits[n / 32u] >> n % 32u & 1u) != 0;
}

/* Notes what a word was before the operation. */
static void set_right(struct notes *notes, struct notes_page *page, uint32_t at, uint32_t word)
{
    uint32_t n = (at & PAGE_MASK) / 4u;
    if (page->words[n] == word)
        return;
    page->words[n] = word;
    append(notes, &notes->adjusted, at, word);
}

static void touch(struct notes *notes, struct notes_page *page, uint32_t at)
{
    uint32_t n = (at & PAGE_MASK) / 4u;
    page->listed[n / 32u] |= 1u << n % 32u;
    append(notes, &notes->touched, at, page->words[n]);
}

void notes_stored(struct notes *notes, uint32_t at, uint32_t old)
{
    struct notes_page *page = page_of(notes, at);
    if (page == NULL || bit(page->listed, (at & PAGE_MASK) / 4u))
        return;
    set_right(notes, page, at, old);
    touch(notes, page, at);
}

void notes_look(struct notes *notes, uint32_t at, bool core)
{
    uint32_t n = (at & PAGE_MASK) / 4u;
    uint32_t word;
    if (!notes_read(notes, at, &word))
        return;
    struct notes_page *page = page_of(notes, at);
    if (page == NULL || bit(page->listed, n) || page->words[n] == word)
        return;
    if (core)
        touch(notes, page, at);
    else
        set_right(notes, page, at, word);
}

static int by_address(const void *a, const void *b)
{
    uint32_t left = ((const struct notes_change *)a)->at;
    uint32_t right = ((const struct notes_change *)b)->at;
    return (left > right) - (left < right);
}

static void sort(struct notes_list *list)
{
    if (list->count != 0)
        qsort(list->items, list->count, sizeof(*list->items), by_address);
}

/* A word of the list that goes with the others into an array: tags without their key and address
 * are small, because sizes are. */
static bool is_tag(const struct notes *notes, const struct notes_change *change)
{
    return change->at < TABLES_AT && (change->word ^ notes->key ^ change->at) < TAG_PLAIN_MAX;
}

static void list_write(const struct notes *notes, const struct notes_list *list, bool tags,
                       const char *key, struct text *text)
{
    uint32_t last = 0;
    bool any = false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct notes_change *change = &list->items[i];
        if (is_tag(notes, change) != tags)
            continue;
        if (!any) {
            text_key(text, key);
            text_add(text, "[");
        }
        any = true;
        text_item(text, ((int64_t)change->at - (int64_t)last) / 4);
        text_item(text, tags ? change->word ^ notes->key ^ change->at : change->word);
        last = change->at;
    }
    if (any)
        text_add(text, "]");
}

/* Notes what the words touched are now, and keeps those that have changed. */
static void touched_settle(struct notes *notes)
{
    struct notes_list *list = &notes->touched;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct notes_change change = list->items[i];
        struct notes_page *page = notes->pages[change.at >> PAGE_SHIFT];
        uint32_t n = (change.at & PAGE_MASK) / 4u;
        uint32_t before = page->words[n];
        page->listed[n / 32u] &= ~(1u << n % 32u);
        if (!notes_read(notes, change.at, &page->words[n]) || page->words[n] == before)
            continue;
        change.word = page->words[n];
        list->items[kept++] = change;
    }
    list->count = kept;
}

void notes_write(struct notes *notes, struct text *text)
{
    touched_settle(notes);
    sort(&notes->adjusted);
    sort(&notes->touched);
    list_write(notes, &notes->adjusted, true, "pt", text);
    list_write(notes, &notes->adjusted, false, "pw", text);
    list_write(notes, &notes->touched, true, "t", text);
    list_write(notes, &notes->touched, false, "w", text);
}
