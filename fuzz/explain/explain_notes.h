/* What a reader of the page knows: words of the machine's memory by their virtual addresses, kept
 * beside the machine, so that only what changes has to be told. Tables and directory stand where
 * the recursive window shows them. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_NOTES_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_NOTES_H

#include "fuzz/explain/explain_text.h"
#include "invariants/eye.h"

#define NOTES_WORDS (PAGE_SIZE / 4u)

/* A page of words, and a bit for each that is on the list of what the operation has touched. A word
 * that was not told yet counts as 0. */
struct notes_page {
    uint32_t words[NOTES_WORDS];
    uint32_t listed[NOTES_WORDS / 32u];
};

struct notes_change {
    uint32_t at;
    uint32_t word;
};

struct notes_list {
    struct notes_change *items;
    uint32_t count;
    uint32_t capacity;
};

struct notes {
    struct notes_page **pages; /* for each page of the address space; null: none of its words */
    struct eye eye;
    uint32_t key;               /* of the heap's tags */
    struct notes_list touched;  /* by the operation: what they were before */
    struct notes_list adjusted; /* words that others than the core have changed since */
    bool lost;                  /* there was no memory for some of them */
};

bool notes_make(struct notes *notes, uint32_t key);

/* The word at `at` as it is now. Returns false if it cannot be read. */
bool notes_read(struct notes *notes, uint32_t at, uint32_t *word);

/* Begins to look at an operation: nothing is touched yet, and pages may have moved. */
void notes_begin(struct notes *notes);

/* The core has stored to a word that held `old`. */
void notes_stored(struct notes *notes, uint32_t at, uint32_t old);

/* The reader is to know a word. If it is not as noted, `core` says whether that is the core's doing
 * or others'. */
void notes_look(struct notes *notes, uint32_t at, bool core);

/* Writes what the reader has to be told, and notes it: pt and pw, the tags and other words that he
 * must set right before the operation; t and w, those that the operation has changed. Each is an
 * array of pairs: the distance from the word before, in words, and the word; tags without their key
 * and address. Arrays that would be empty are left out. */
void notes_write(struct notes *notes, struct text *text);

#endif
