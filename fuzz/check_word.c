/* The words for how much is checked. */
#include <string.h>

#include "fuzz/host.h"

static const char *const check_words[SESSION_CHECK_COUNT] = {
    [SESSION_CHECK_STEP] = "step",     [SESSION_CHECK_BOTH] = "both",
    [SESSION_CHECK_FULL] = "full",     [SESSION_CHECK_LOCAL] = "local",
    [SESSION_CHECK_SHADOW] = "shadow", [SESSION_CHECK_NONE] = "none",
};

const char *session_check_word(enum session_check check)
{
    return check_words[check];
}

bool session_check_parse(const char *word, enum session_check *check)
{
    if (word != NULL && strcmp(word, "incremental") == 0)
        word = check_words[SESSION_CHECK_STEP];
    for (uint32_t i = 0; i < SESSION_CHECK_COUNT; i++)
        if (word != NULL && strcmp(word, check_words[i]) == 0) {
            *check = (enum session_check)i;
            return true;
        }
    return false;
}
