/* Where a broken rule points to: a word that the core has stored, or should have. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_GUILTY_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_GUILTY_H

#include "fuzz/session_internal.h"

enum guilty_place {
    GUILTY_NOWHERE, /* what is wrong is not in one place */
    GUILTY_WORD,    /* of the heap, or of a payload */
    GUILTY_PAGE,    /* the entry of a page in its table, or of a table in the directory */
    GUILTY_FRAME,   /* its bit in the bitmap */
};

struct guilty {
    enum guilty_place place;
    uint32_t at;   /* the word's address, the page's, or the frame's number */
    uint32_t word; /* the address of the word to watch; 0: none */
};

/* "word", "page", "frame" or "nowhere". */
const char *guilty_place_word(enum guilty_place place);

/* Requires that the scene is as it was when the rule was found broken. */
struct guilty guilty_of(const struct session *session, const struct violation *violation);

#endif
