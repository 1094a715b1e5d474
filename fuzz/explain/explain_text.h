/* Text that a process writes and another reads: in memory that they share, so that what is
 * committed outlives a crash of the writer. Members of JSON are written with it. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_TEXT_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct text {
    uint32_t capacity;
    uint32_t length;    /* of what is being written */
    uint32_t committed; /* of what is whole */
    bool full;          /* something did not fit, and nothing was added since */
    char bytes[];
};

/* Makes an empty text in shared memory, of which only what is written is used. Returns null if
 * there is none. */
struct text *text_make(uint32_t capacity);
void text_free(struct text *text);

/* What was written so far is whole; or is not, and goes. */
void text_commit(struct text *text);
void text_rewind(struct text *text);

/* As it is. */
void text_add(struct text *text, const char *words);
void text_add_bytes(struct text *text, const char *bytes, uint32_t count);
void text_number(struct text *text, int64_t number);

/* A string in quotation marks. What ends a script's element in HTML, or is no printable character,
 * is escaped, so that whatever an input is called stays a string. */
void text_string(struct text *text, const char *words);

/* "KEY": and a value, behind a comma if something other than { or [ stands before it. */
void text_key(struct text *text, const char *key);
void text_member(struct text *text, const char *key, int64_t number);
void text_member_string(struct text *text, const char *key, const char *words);

/* A number of an array, or the bracket of an array or object in one, behind a comma likewise. */
void text_open(struct text *text, const char *bracket);
void text_item(struct text *text, int64_t number);

#endif
