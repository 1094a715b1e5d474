/* A C source as tokens, for the mutation generator. Enough of C for this project's core: no
 * trigraphs, no spliced tokens; comments and preprocessor lines are left out. */
#ifndef KHEAP_CI_MUTATE_SOURCE_H
#define KHEAP_CI_MUTATE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

enum token_kind {
    TOKEN_NAME, /* identifiers and keywords */
    TOKEN_NUMBER,
    TOKEN_TEXT, /* string and character constants */
    TOKEN_SIGN, /* operators and punctuation */
};

struct token {
    enum token_kind kind;
    uint32_t begin; /* bytes [begin, end) of the text */
    uint32_t end;
    uint32_t line; /* from 1 */
    uint32_t column;
    uint32_t match; /* of a bracket: the token of the other one */
    bool binary;    /* a sign between two operands, or one that assigns */
};

struct source {
    const char *text;
    uint32_t size_bytes;
    struct token *tokens;
    uint32_t count;
};

/* Reads the tokens of a text, which the caller keeps. Returns null, or why it is not understood;
 * then *line is where. */
const char *source_open(struct source *source, const char *text, uint32_t size_bytes,
                        uint32_t *line);
void source_close(struct source *source);

/* True if the token is spelt so. */
bool source_is(const struct source *source, uint32_t token, const char *spelling);

/* True if the token is a keyword that can stand before an operand: return, sizeof, ... */
bool source_is_keyword(const struct source *source, uint32_t token);

#endif
