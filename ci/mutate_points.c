#include "ci/mutate_points.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a function returns, as far as it says what may stand in place of it. */
struct result {
    bool none;
    bool structure;
    bool pointer;
    uint32_t type_first; /* the type's tokens, without static and its like */
    uint32_t type_end;
};

void point_add(struct points *points, uint32_t token, const char *operator_name, uint32_t first,
               uint32_t end, const char *format, ...)
{
    if (points->count == points->room) {
        uint32_t room = points->room * 2u + 64u;
        struct point *all = realloc(points->all, room * sizeof(*all));
        if (all == NULL) {
            points->memory_short = true;
            return;
        }
        points->all = all;
        points->room = room;
    }
    va_list arguments;
    va_start(arguments, format);
    char *replacement;
    if (vasprintf(&replacement, format, arguments) < 0) {
        replacement = NULL;
        points->memory_short = true;
    }
    va_end(arguments);
    points->all[points->count++] = (struct point){
        .operator_name = operator_name,
        .token = token,
        .begin = points->source->tokens[first].begin,
        .end = points->source->tokens[end - 1u].end,
        .replacement = replacement,
        .function = points->function,
    };
}

static uint32_t statement_points(struct points *points, uint32_t at, const struct result *result);

/* The `;` that ends the simple statement at `at`. */
static uint32_t semicolon(const struct source *source, uint32_t at)
{
    while (!source_is(source, at, ";"))
        at = source_is(source, at, "(") || source_is(source, at, "{") || source_is(source, at, "[")
                 ? source->tokens[at].match + 1u
                 : at + 1u;
    return at;
}

static bool is_name(const struct source *source, uint32_t token)
{
    return token < source->count && source->tokens[token].kind == TOKEN_NAME;
}

/* A declaration starts with a keyword of types, or with two names, or a name, * and a name. */
static bool is_declaration(const struct source *source, uint32_t at)
{
    static const char *const starts[] = {"struct", "enum", "union", "const", "static"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        if (source_is(source, at, starts[i]))
            return true;
    return is_name(source, at) && !source_is_keyword(source, at) &&
           (is_name(source, at + 1u) ||
            (source_is(source, at + 1u, "*") && is_name(source, at + 2u)));
}

/* A call that is the whole initialiser is dropped as well: what it would have returned is 0 then,
 * or 1, which a saved state of interrupts may be. */
static void initialiser_points(struct points *points, uint32_t first, uint32_t end)
{
    const struct source *source = points->source;
    bool call = is_name(source, first) && source_is(source, first + 1u, "(") &&
                source->tokens[first + 1u].match + 1u == end;
    if (call) {
        point_add(points, first, "drop-call-0", first, end, "0");
        point_add(points, first, "drop-call-1", first, end, "1");
    }
    expression_points(points, first, end);
}

static uint32_t declaration_points(struct points *points, uint32_t at)
{
    const struct source *source = points->source;
    uint32_t end = semicolon(source, at);
    for (uint32_t token = at; token < end; token++)
        if (source_is(source, token, "=")) {
            initialiser_points(points, token + 1u, end);
            break;
        }
    return end + 1u;
}

static void return_points(struct points *points, uint32_t at, uint32_t end,
                          const struct result *result)
{
    const struct source *source = points->source;
    uint32_t first = at + 1u;
    if (first == end) {
        point_add(points, at, "drop", at, end, "%s", "");
        return;
    }
    if (result->structure) {
        point_add(points, at, "return-0", first, end, "(%.*s){0}",
                  TOKENS_TEXT(source, result->type_first, result->type_end));
    } else {
        point_add(points, at, "return-0", first, end, "0");
        if (!result->pointer)
            point_add(points, at, "return-1", first, end, "1");
    }
    if (source_is(source, result->type_first, "bool"))
        point_add(points, at, "negate", first, end, "!(%.*s)", TOKENS_TEXT(source, first, end));
    expression_points(points, first, end);
}

/* The three parts between the brackets of a for. */
static void for_points(struct points *points, uint32_t open)
{
    const struct source *source = points->source;
    uint32_t first = semicolon(source, open + 1u);
    uint32_t second = semicolon(source, first + 1u);
    uint32_t close = source->tokens[open].match;
    if (is_declaration(source, open + 1u))
        (void)declaration_points(points, open + 1u);
    else
        expression_points(points, open + 1u, first);
    condition_points(points, open, first + 1u, second, true);
    expression_points(points, first + 1u, second);
    if (second + 1u < close)
        point_add(points, second + 1u, "drop", second + 1u, close, "%s", "");
    expression_points(points, second + 1u, close);
}

/* if, while, for, switch: the brackets behind the keyword, then the statement. */
static uint32_t branch_points(struct points *points, uint32_t at, const struct result *result)
{
    const struct source *source = points->source;
    uint32_t close = source->tokens[at + 1u].match;
    if (source_is(source, at, "for")) {
        for_points(points, at + 1u);
    } else {
        if (!source_is(source, at, "switch"))
            condition_points(points, at, at + 2u, close, source_is(source, at, "while"));
        expression_points(points, at + 2u, close);
    }
    uint32_t next = statement_points(points, close + 1u, result);
    if (source_is(source, at, "if") && source_is(source, next, "else"))
        next = statement_points(points, next + 1u, result);
    return next;
}

static uint32_t do_points(struct points *points, uint32_t at, const struct result *result)
{
    uint32_t open = statement_points(points, at + 1u, result) + 1u;
    uint32_t close = points->source->tokens[open].match;
    condition_points(points, open, open + 1u, close, true);
    expression_points(points, open + 1u, close);
    return close + 2u;
}

/* The points of the statement at `at`; returns the token behind it. */
static uint32_t statement_points(struct points *points, uint32_t at, const struct result *result)
{
    const struct source *source = points->source;
    if (source_is(source, at, "{")) {
        uint32_t close = source->tokens[at].match;
        for (at++; at < close;)
            at = statement_points(points, at, result);
        return close + 1u;
    }
    if (source_is(source, at, "if") || source_is(source, at, "while") ||
        source_is(source, at, "for") || source_is(source, at, "switch"))
        return branch_points(points, at, result);
    if (source_is(source, at, "do"))
        return do_points(points, at, result);
    if (source_is(source, at, "case") || source_is(source, at, "default")) {
        while (!source_is(source, at, ":"))
            at++;
        return at + 1u;
    }
    if (is_declaration(source, at))
        return declaration_points(points, at);
    uint32_t end = semicolon(source, at);
    if (source_is(source, at, "return")) {
        return_points(points, at, end, result);
    } else if (at < end && !source_is(source, at, "_Static_assert")) {
        point_add(points, at, "drop", at, end, "%s", "");
        expression_points(points, at, end);
    }
    return end + 1u;
}

/* True if the token says how a function is compiled, and is no part of its type: a word of capitals
 * is a macro that does. */
static bool is_attribute(const struct source *source, uint32_t token)
{
    const struct token *t = &source->tokens[token];
    return source_is(source, token, "static") || source_is(source, token, "inline") ||
           (t->end - t->begin > 1u && isupper((unsigned char)source->text[t->begin]) &&
            isupper((unsigned char)source->text[t->end - 1u]));
}

/* The type before a function's name. */
static struct result result_of(const struct source *source, uint32_t name)
{
    uint32_t first = name;
    while (first > 0 && !source_is(source, first - 1u, ";") && !source_is(source, first - 1u, "}"))
        first--;
    while (is_attribute(source, first))
        first++;
    struct result result = {.type_first = first, .type_end = name};
    result.none = source_is(source, first, "void");
    result.pointer = source_is(source, name - 1u, "*");
    static const char *const scalars[] = {"bool", "enum", "uint32_t", "uint8_t", "size_t", "int"};
    result.structure = !result.pointer;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
        result.structure = result.structure && !source_is(source, first, scalars[i]);
    return result;
}

const char *points_line(const struct source *source, uint32_t token, uint32_t *length)
{
    const struct token *t = &source->tokens[token];
    uint32_t begin = t->begin - (t->column - 1u);
    uint32_t end = t->end;
    while (end < source->size_bytes && source->text[end] != '\n')
        end++;
    while (begin < end && isspace((unsigned char)source->text[begin]))
        begin++;
    while (end > begin && isspace((unsigned char)source->text[end - 1u]))
        end--;
    *length = end - begin;
    return source->text + begin;
}

/* Numbers the points that would otherwise have the same name. */
static void points_number(struct points *points)
{
    for (uint32_t i = 0; i < points->count; i++) {
        struct point *point = &points->all[i];
        uint32_t length;
        const char *line = points_line(points->source, point->token, &length);
        point->ordinal = 1;
        for (uint32_t j = 0; j < i; j++) {
            const struct point *earlier = &points->all[j];
            uint32_t earlier_length;
            const char *earlier_line = points_line(points->source, earlier->token, &earlier_length);
            point->ordinal += earlier->function == point->function && earlier_length == length &&
                              memcmp(earlier_line, line, length) == 0 &&
                              strcmp(earlier->operator_name, point->operator_name) == 0;
        }
    }
}

const char *points_find(struct points *points, const struct source *source, uint32_t *line)
{
    *points = (struct points){.source = source};
    *line = 0;
    for (uint32_t at = 0; at < source->count; at++) {
        if (!source_is(source, at, "{"))
            continue;
        if (at > 1 && source_is(source, at - 1u, ")")) {
            points->function = source->tokens[at - 1u].match - 1u;
            struct result result = result_of(source, points->function);
            (void)statement_points(points, at, &result);
        }
        at = source->tokens[at].match;
    }
    points_number(points);
    return points->memory_short ? "not enough memory" : NULL;
}

void points_free(struct points *points)
{
    for (uint32_t i = 0; i < points->count; i++)
        free(points->all[i].replacement);
    free(points->all);
    *points = (struct points){0};
}
