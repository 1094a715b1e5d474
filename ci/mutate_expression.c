#include <ctype.h>
#include <string.h>

#include "ci/mutate_points.h"

/* --- signs that become others --- */

struct swap {
    const char *sign;
    const char *names[3];
    const char *others[3];
};

static const struct swap swaps[] = {
    {"<", {"lt-le", "lt-ge"}, {"<=", ">="}},
    {"<=", {"le-lt", "le-gt"}, {"<", ">"}},
    {">", {"gt-ge", "gt-le"}, {">=", "<="}},
    {">=", {"ge-gt", "ge-lt"}, {">", "<"}},
    {"==", {"eq-ne", "eq-le", "eq-ge"}, {"!=", "<=", ">="}},
    {"!=", {"ne-eq", "ne-lt", "ne-gt"}, {"==", "<", ">"}},
    {"+", {"add-sub"}, {"-"}},
    {"-", {"sub-add"}, {"+"}},
    {"*", {"mul-add"}, {"+"}},
    {"/", {"div-mul"}, {"*"}},
    {"%", {"mod-div"}, {"/"}},
    {"&", {"and-or", "and-xor"}, {"|", "^"}},
    {"|", {"or-and", "or-xor"}, {"&", "^"}},
    {"^", {"xor-or", "xor-and"}, {"|", "&"}},
    {"<<", {"shl-shr"}, {">>"}},
    {">>", {"shr-shl"}, {"<<"}},
    {"&&", {"both-either"}, {"||"}},
    {"||", {"either-both"}, {"&&"}},
    {"+=", {"addto-subfrom", "addto-set"}, {"-=", "="}},
    {"-=", {"subfrom-addto", "subfrom-set"}, {"+=", "="}},
    {"|=", {"orto-andto", "orto-set"}, {"&=", "="}},
    {"&=", {"andto-orto", "andto-set"}, {"|=", "="}},
    {"^=", {"xorto-set"}, {"="}},
    {"*=", {"multo-set"}, {"="}},
    {"<<=", {"shlto-shrto"}, {">>="}},
    {">>=", {"shrto-shlto"}, {"<<="}},
};

static void swap_points(struct points *points, uint32_t token)
{
    for (size_t s = 0; s < sizeof(swaps) / sizeof(*swaps); s++) {
        if (!source_is(points->source, token, swaps[s].sign))
            continue;
        for (size_t i = 0; i < 3 && swaps[s].names[i] != NULL; i++)
            point_add(points, token, swaps[s].names[i], token, token + 1u, "%s",
                      swaps[s].others[i]);
    }
}

/* --- operands --- */

/* How tightly a binary sign binds; what binds no operands of its own (a comma, an assignment, ?) is
 * 0. */
static int binding(const struct source *source, uint32_t token)
{
    static const char *const levels[][4] = {
        {"||"},
        {"&&"},
        {"|"},
        {"^"},
        {"&"},
        {"==", "!="},
        {"<", "<=", ">", ">="},
        {"<<", ">>"},
        {"+", "-"},
        {"*", "/", "%"},
    };
    for (int level = 0; level < 10; level++)
        for (size_t i = 0; i < 4 && levels[level][i] != NULL; i++)
            if (source_is(source, token, levels[level][i]))
                return level + 1;
    return 0;
}

/* True if an operand of a sign that binds so tightly ends before this token. */
static bool operand_ends(const struct source *source, uint32_t token, int tightness)
{
    if (source->tokens[token].binary)
        return binding(source, token) < tightness;
    return source_is(source, token, ":") || source_is(source, token, ";") ||
           source_is_keyword(source, token);
}

static bool is_one_of(const struct source *source, uint32_t token, const char *brackets)
{
    const struct token *t = &source->tokens[token];
    return t->kind == TOKEN_SIGN && t->end - t->begin == 1 &&
           strchr(brackets, source->text[t->begin]) != NULL;
}

/* The first token of the operand on the left of a binary sign; `first` bounds the expression. */
static uint32_t left_operand(const struct source *source, uint32_t sign, uint32_t first)
{
    int tightness = binding(source, sign);
    uint32_t at = sign;
    while (at > first) {
        uint32_t before = at - 1u;
        if (is_one_of(source, before, "([{") || operand_ends(source, before, tightness))
            break;
        at = is_one_of(source, before, ")]}") ? source->tokens[before].match : before;
    }
    return at;
}

/* The end of the operand on the right. */
static uint32_t right_operand(const struct source *source, uint32_t sign, uint32_t end)
{
    int tightness = binding(source, sign) + 1;
    uint32_t at = sign + 1u;
    while (at < end && !is_one_of(source, at, ")]}") && !operand_ends(source, at, tightness))
        at = is_one_of(source, at, "([{") ? source->tokens[at].match + 1u : at + 1u;
    return at;
}

static void operand_points(struct points *points, uint32_t sign, uint32_t first, uint32_t end)
{
    const struct source *source = points->source;
    bool logical = source_is(source, sign, "&&") || source_is(source, sign, "||");
    bool ordered = source_is(source, sign, "-") || source_is(source, sign, "/") ||
                   source_is(source, sign, "%") || source_is(source, sign, "<<") ||
                   source_is(source, sign, ">>");
    if (!logical && !ordered)
        return;
    uint32_t left = left_operand(source, sign, first);
    uint32_t right = right_operand(source, sign, end);
    if (ordered) {
        point_add(points, sign, "swap-operands", left, right, "(%.*s) %.*s (%.*s)",
                  TOKENS_TEXT(source, sign + 1u, right), TOKENS_TEXT(source, sign, sign + 1u),
                  TOKENS_TEXT(source, left, sign));
        return;
    }
    point_add(points, sign, "left-only", left, right, "%.*s", TOKENS_TEXT(source, left, sign));
    point_add(points, sign, "right-only", left, right, "%.*s",
              TOKENS_TEXT(source, sign + 1u, right));
}

/* --- constants and signs before an operand --- */

/* Constants have names in capitals: macros and enumerators. */
static bool is_constant_name(const struct source *source, uint32_t token)
{
    const struct token *t = &source->tokens[token];
    if (t->kind != TOKEN_NAME || t->end - t->begin < 2u)
        return false;
    for (uint32_t i = t->begin; i < t->end; i++)
        if (islower((unsigned char)source->text[i]))
            return false;
    return isupper((unsigned char)source->text[t->begin]);
}

/* A name that is a whole argument names a field or a flag: changed once, for any change of it is as
 * plain as another. */
static bool is_whole_argument(const struct source *source, uint32_t token)
{
    return token > 0 && is_one_of(source, token - 1u, "(,") && is_one_of(source, token + 1u, "),");
}

static void constant_points(struct points *points, uint32_t token)
{
    const struct source *source = points->source;
    bool number = source->tokens[token].kind == TOKEN_NUMBER;
    if (!number && !is_constant_name(source, token))
        return;
    bool zero = number && (source_is(source, token, "0") || source_is(source, token, "0u"));
    bool one = number && (source_is(source, token, "1") || source_is(source, token, "1u"));
    point_add(points, token, "plus1", token, token + 1u, "(%.*s + 1)",
              TOKENS_TEXT(source, token, token + 1u));
    if (!zero && (number || !is_whole_argument(source, token)))
        point_add(points, token, "minus1", token, token + 1u, "(%.*s - 1)",
                  TOKENS_TEXT(source, token, token + 1u));
    if (number && !zero && !one)
        point_add(points, token, "zero", token, token + 1u, "0");
}

static void unary_points(struct points *points, uint32_t token)
{
    const struct source *source = points->source;
    if (source_is(source, token, "!") || source_is(source, token, "~"))
        point_add(points, token, "unary", token, token + 1u, "%s", "");
    else if (source_is(source, token, "++"))
        point_add(points, token, "inc-dec", token, token + 1u, "--");
    else if (source_is(source, token, "--"))
        point_add(points, token, "dec-inc", token, token + 1u, "++");
}

/* --- lists: arguments of calls, members of compound literals --- */

/* The comma that ends the element at `at`, or the bracket that ends the list. */
static uint32_t element_end(const struct source *source, uint32_t at)
{
    while (!is_one_of(source, at, ")]},"))
        at = is_one_of(source, at, "([{") ? source->tokens[at].match + 1u : at + 1u;
    return at;
}

static bool same_text(const struct source *source, uint32_t a, uint32_t a_end, uint32_t b,
                      uint32_t b_end)
{
    uint32_t size = source->tokens[a_end - 1u].end - source->tokens[a].begin;
    return size == source->tokens[b_end - 1u].end - source->tokens[b].begin &&
           memcmp(source->text + source->tokens[a].begin, source->text + source->tokens[b].begin,
                  size) == 0;
}

/* Elements that are neighbours change places; a member that is named is left out, and so is 0. */
static void list_points(struct points *points, uint32_t open)
{
    const struct source *source = points->source;
    uint32_t close = source->tokens[open].match;
    for (uint32_t first = open + 1u; first < close;) {
        uint32_t comma = element_end(source, first);
        bool last = comma + 1u >= close;
        if (source_is(source, first, "."))
            point_add(points, first, "drop-member", first, comma == close ? comma : comma + 1u,
                      "%s", "");
        else if (!last) {
            uint32_t end = element_end(source, comma + 1u);
            if (!same_text(source, first, comma, comma + 1u, end))
                point_add(points, comma, "swap-elements", first, end, "%.*s, %.*s",
                          TOKENS_TEXT(source, comma + 1u, end), TOKENS_TEXT(source, first, comma));
        }
        first = comma + 1u;
    }
}

static bool opens_list(const struct source *source, uint32_t token, uint32_t first)
{
    if (source_is(source, token, "{"))
        return true;
    return source_is(source, token, "(") && token > first &&
           source->tokens[token - 1u].kind == TOKEN_NAME && !source_is_keyword(source, token - 1u);
}

/* --- conditions --- */

void condition_points(struct points *points, uint32_t at, uint32_t first, uint32_t end, bool loop)
{
    if (first >= end)
        return;
    point_add(points, at, "negate", first, end, "!(%.*s)", TOKENS_TEXT(points->source, first, end));
    point_add(points, at, "never", first, end, "0");
    if (!loop)
        point_add(points, at, "always", first, end, "1");
}

static void ternary_points(struct points *points, uint32_t question, uint32_t first)
{
    condition_points(points, question, left_operand(points->source, question, first), question,
                     false);
}

void expression_points(struct points *points, uint32_t first, uint32_t end)
{
    const struct source *source = points->source;
    for (uint32_t token = first; token < end; token++) {
        constant_points(points, token);
        if (source->tokens[token].binary) {
            swap_points(points, token);
            operand_points(points, token, first, end);
            if (source_is(source, token, "?"))
                ternary_points(points, token, first);
        } else {
            unary_points(points, token);
        }
        if (opens_list(source, token, first))
            list_points(points, token);
    }
}
