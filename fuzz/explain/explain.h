/* kheap explain: why an input breaks a rule, as one page that needs nothing else.
 *
 * The input is run up to three times, each time in a process of its own: to find the operation that
 * breaks a rule, and how the heap has grown up to then; to record the operations around it; and to
 * see on which way through the core the guilty word was last stored. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_H

#include "fuzz/explain/explain_text.h"
#include "fuzz/line.h"

struct explain_request {
    const char *path; /* of the input, for the commands that the page names */
    const uint8_t *data;
    uint32_t size_bytes;
    bool stretch_given; /* then `before' and `after' operations around it are shown; otherwise all,
                         */
    uint32_t before;    /* or these, if the input is long */
    uint32_t after;
    uint32_t around; /* an operation; 0: the guilty one, or the end */
};

struct explain_answer {
    struct text *json;    /* to be given back with text_free */
    bool fails;           /* the input breaks a rule, crashes or hangs */
    struct line verdict;  /* the line of `kheap replay', or what stands for it */
    struct line evidence; /* if it fails: why */
    uint32_t shown;       /* operations shown */
    uint32_t operations;  /* in the input */
};

/* The most operations that are all shown. */
#define EXPLAIN_ALL_MAX 1000u
#define EXPLAIN_BEFORE 200u
#define EXPLAIN_AFTER 20u

/* Returns null, or a few words that say why the input cannot be explained. */
const char *explain_input(const struct explain_request *request, struct explain_answer *answer);

/* Writes the page with the data in it. Returns false with *error set. */
bool explain_page_write(const char *path, const struct text *json, struct line *error);

#endif
