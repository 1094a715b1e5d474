/* Mutation points: the small systematic changes that can be made to one C source. Only function
 * bodies are changed, and of declarations only initialisers. */
#ifndef KHEAP_CI_MUTATE_POINTS_H
#define KHEAP_CI_MUTATE_POINTS_H

#include "ci/mutate_source.h"

/* One mutant: the bytes [begin, end) of the text become `replacement`. */
struct point {
    const char *operator_name;
    uint32_t token; /* where it is said to be */
    uint32_t begin;
    uint32_t end;
    char *replacement;
    uint32_t function; /* the token that names the function */
    uint32_t ordinal;  /* from 1, of those in the function with the same operator and line text */
};

struct points {
    const struct source *source;
    struct point *all;
    uint32_t count;
    uint32_t room;
    uint32_t function; /* the one that is being read */
    bool memory_short;
};

/* Finds all points of a source, which must outlive them. Returns null, or what went wrong; then
 * *line is where. */
const char *points_find(struct points *points, const struct source *source, uint32_t *line);
void points_free(struct points *points);

/* The text of the line that a token stands in, without the space around it. */
const char *points_line(const struct source *source, uint32_t token, uint32_t *length);

/* For the parts of the generator: adds the point that replaces tokens [first, end) by the formatted
 * text. */
__attribute__((format(printf, 6, 7))) void point_add(struct points *points, uint32_t token,
                                                     const char *operator_name, uint32_t first,
                                                     uint32_t end, const char *format, ...);

/* The bytes of tokens [first, end), for "%.*s". */
#define TOKENS_TEXT(source, first, last)                                                           \
    (int)((source)->tokens[(last)-1u].end - (source)->tokens[first].begin),                        \
        (source)->text + (source)->tokens[first].begin

/* The points of the expression in tokens [first, end) (mutate_expression.c). */
void expression_points(struct points *points, uint32_t first, uint32_t end);

/* The points of a condition: those of its expression, its negation, and its being settled; `at`
 * names it. A loop's is settled as false only: for ever is no answer worth a time limit. */
void condition_points(struct points *points, uint32_t at, uint32_t first, uint32_t end, bool loop);

#endif
