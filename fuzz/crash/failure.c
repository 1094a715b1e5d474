#include "fuzz/crash/failure.h"

#include <string.h>

struct failure failure_of(const struct trial *trial)
{
    struct failure failure = {.end = trial->end};
    if (trial->end == TRIAL_RULE) {
        failure.rule = trial->verdict.violation.rule;
        failure.what = trial->verdict.violation.what;
    }
    if (trial->end == TRIAL_CRASH)
        failure.signal = trial->signal;
    if (trial->end == TRIAL_CRASH || trial->end == TRIAL_HANG)
        failure.kind = trial->op.kind;
    return failure;
}

bool failure_same(const struct failure *a, const struct failure *b)
{
    return a->end == b->end && a->rule == b->rule && a->signal == b->signal && a->kind == b->kind &&
           (a->end != TRIAL_RULE || strcmp(a->what, b->what) == 0);
}

/* The words of a check go on with an address in its evidence, and here they do not. */
static void line_check(struct line *line, const char *what)
{
    static const char *const tails[] = {": frame", ":", " at", " for", " of", " from", ","};
    char words[LINE_SIZE];
    size_t length = strlen(what) < sizeof(words) ? strlen(what) : sizeof(words) - 1u;
    memcpy(words, what, length);
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        size_t tail = strlen(tails[i]);
        if (length > tail && memcmp(words + length - tail, tails[i], tail) == 0)
            length -= tail;
    }
    words[length] = '\0';
    line_text(line, words);
}

void failure_words(const struct failure *failure, struct line *line)
{
    line_clear(line);
    switch (failure->end) {
    case TRIAL_RULE:
        line_text(line, rule_id(failure->rule));
        line_text(line, ", ");
        line_check(line, failure->what);
        break;
    case TRIAL_CRASH:
        line_text(line, "crash by signal ");
        line_decimal(line, (uint32_t)failure->signal);
        line_text(line, " in ");
        line_text(line, op_word(failure->kind));
        break;
    case TRIAL_HANG:
        line_text(line, "hang in ");
        line_text(line, op_word(failure->kind));
        break;
    default: line_text(line, "no failure"); break;
    }
}
