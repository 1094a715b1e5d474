#include "ci/mutate_source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The longest spelling first. */
static const char *const signs[] = {
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==",
    "!=",  "&&",  "||",  "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
};

static const char *const keywords[] = {
    "return", "case",   "if",    "while", "for",   "do",     "else",   "switch",  "break",
    "goto",   "struct", "union", "enum",  "const", "static", "sizeof", "default", "continue",
};

struct reader {
    struct source *source;
    uint32_t at;
    uint32_t line;
    uint32_t line_start;
    uint32_t room;
};

bool source_is(const struct source *source, uint32_t token, const char *spelling)
{
    if (token >= source->count)
        return false;
    const struct token *t = &source->tokens[token];
    size_t length = strlen(spelling);
    return t->end - t->begin == length && memcmp(source->text + t->begin, spelling, length) == 0;
}

bool source_is_keyword(const struct source *source, uint32_t token)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
        if (source_is(source, token, keywords[i]))
            return true;
    return false;
}

static char char_at(const struct reader *reader, uint32_t at)
{
    return at < reader->source->size_bytes ? reader->source->text[at] : '\0';
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Moves on to `end`, counting lines. */
static void advance(struct reader *reader, uint32_t end)
{
    for (; reader->at < end; reader->at++)
        if (char_at(reader, reader->at) == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1u;
        }
}

/* The end of the line at `at`, the lines that backslashes join to it included. */
static uint32_t joined_line_end(const struct reader *reader, uint32_t at)
{
    while (at < reader->source->size_bytes &&
           (char_at(reader, at) != '\n' || char_at(reader, at - 1u) == '\\'))
        at++;
    return at;
}

/* Passes space, comments and preprocessor lines. False if a comment has no end. */
static bool skip_space(struct reader *reader)
{
    const char *text = reader->source->text;
    for (;;) {
        char c = char_at(reader, reader->at);
        char next = char_at(reader, reader->at + 1u);
        uint32_t end = reader->at;
        if (end >= reader->source->size_bytes)
            return true;
        if (isspace((unsigned char)c)) {
            end++;
        } else if (c == '#' || (c == '/' && next == '/')) {
            end = joined_line_end(reader, end);
        } else if (c == '/' && next == '*') {
            const char *close = strstr(text + end + 2u, "*/");
            if (close == NULL)
                return false;
            end = (uint32_t)(close - text) + 2u;
        } else {
            return true;
        }
        advance(reader, end);
    }
}

/* The end of the string or character constant at `at`; 0 if it has none. */
static uint32_t quoted_end(const struct reader *reader, uint32_t at)
{
    char quote = char_at(reader, at++);
    while (char_at(reader, at) != quote) {
        if (char_at(reader, at) == '\0' || char_at(reader, at) == '\n')
            return 0;
        at += char_at(reader, at) == '\\' ? 2u : 1u;
    }
    return at + 1u;
}

static uint32_t sign_end(const struct reader *reader, uint32_t at)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (strncmp(reader->source->text + at, signs[i], strlen(signs[i])) == 0)
            return at + (uint32_t)strlen(signs[i]);
    return at + 1u;
}

/* True if what ends with the token is an operand, so that a sign behind it is a binary one. */
static bool ends_operand(const struct source *source, uint32_t token)
{
    const struct token *t = &source->tokens[token];
    if (t->kind != TOKEN_SIGN)
        return !source_is_keyword(source, token);
    if (source_is(source, token, ")")) {
        /* A cast, (uint32_t): its last name is a type. A called sizeof is none, but needs no
         * care: nothing here subtracts from one. */
        uint32_t inside = token - 1u;
        const struct token *name = &source->tokens[inside];
        bool one = t->match + 1u == inside || source_is_keyword(source, t->match + 1u);
        bool type =
            name->end - name->begin > 2u && memcmp(source->text + name->end - 2u, "_t", 2) == 0;
        return !(one && name->kind == TOKEN_NAME &&
                 (type || source_is_keyword(source, t->match + 1u)));
    }
    return source_is(source, token, "]") || source_is(source, token, "}");
}

static bool is_binary(const struct source *source, uint32_t token)
{
    static const char *const never[] = {"(", ")", "[",  "]",  "{",  "}",   ";", "!",
                                        "~", ".", "->", "++", "--", "...", ":"};
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        if (source_is(source, token, never[i]))
            return false;
    return source->tokens[token].kind == TOKEN_SIGN && token > 0 &&
           ends_operand(source, token - 1u);
}

static bool token_add(struct reader *reader, enum token_kind kind, uint32_t end)
{
    struct source *source = reader->source;
    if (source->count == reader->room) {
        reader->room = reader->room * 2u + 256u;
        struct token *tokens = realloc(source->tokens, reader->room * sizeof(*tokens));
        if (tokens == NULL)
            return false;
        source->tokens = tokens;
    }
    source->tokens[source->count++] = (struct token){
        .kind = kind,
        .begin = reader->at,
        .end = end,
        .line = reader->line,
        .column = reader->at - reader->line_start + 1u,
    };
    advance(reader, end);
    return true;
}

/* Reads one token. Returns null, or what is wrong. */
static const char *token_read(struct reader *reader)
{
    char c = char_at(reader, reader->at);
    uint32_t end = reader->at;
    enum token_kind kind = TOKEN_SIGN;
    if (is_word_char(c)) {
        kind = isdigit((unsigned char)c) ? TOKEN_NUMBER : TOKEN_NAME;
        while (is_word_char(char_at(reader, end)))
            end++;
    } else if (c == '"' || c == '\'') {
        kind = TOKEN_TEXT;
        end = quoted_end(reader, end);
        if (end == 0)
            return "a string without an end";
    } else {
        end = sign_end(reader, end);
    }
    return token_add(reader, kind, end) ? NULL : "not enough memory";
}

static bool is_pair(const struct source *source, uint32_t open, uint32_t close)
{
    return (source_is(source, open, "(") && source_is(source, close, ")")) ||
           (source_is(source, open, "[") && source_is(source, close, "]")) ||
           (source_is(source, open, "{") && source_is(source, close, "}"));
}

/* Joins each bracket to its partner; those still open are chained through `match`. Returns the
 * number of tokens, or the one that has no partner. */
static uint32_t brackets_join(struct source *source)
{
    uint32_t open = UINT32_MAX;
    for (uint32_t i = 0; i < source->count; i++) {
        char c = source->text[source->tokens[i].begin];
        if (source->tokens[i].kind != TOKEN_SIGN || c == '\0' || strchr("()[]{}", c) == NULL)
            continue;
        if (strchr("([{", c) != NULL) {
            source->tokens[i].match = open;
            open = i;
            continue;
        }
        if (open == UINT32_MAX || !is_pair(source, open, i))
            return i;
        uint32_t outer = source->tokens[open].match;
        source->tokens[open].match = i;
        source->tokens[i].match = open;
        open = outer;
    }
    return open == UINT32_MAX ? source->count : open;
}

const char *source_open(struct source *source, const char *text, uint32_t size_bytes,
                        uint32_t *line)
{
    struct reader reader = {.source = source, .line = 1};
    *source = (struct source){.text = text, .size_bytes = size_bytes};
    for (;;) {
        const char *why = skip_space(&reader) ? NULL : "a comment without an end";
        *line = reader.line;
        if (why == NULL && reader.at >= size_bytes)
            break;
        if (why == NULL)
            why = token_read(&reader);
        if (why != NULL)
            return why;
    }
    uint32_t alone = brackets_join(source);
    if (alone != source->count) {
        *line = source->tokens[alone].line;
        return "a bracket without its partner";
    }
    for (uint32_t i = 0; i < source->count; i++)
        source->tokens[i].binary = is_binary(source, i);
    return NULL;
}

void source_close(struct source *source)
{
    free(source->tokens);
    *source = (struct source){0};
}
