#include "boot/command_line.h"

#include <stddef.h>

#include "boot/memory.h"

/* What follows `word`; null if no word starts with it. */
static const char *text_after(const struct multiboot_info *info, const char *word)
{
    if ((info->flags & MULTIBOOT_HAS_COMMAND_LINE) == 0)
        return NULL;
    const char *text = memory_direct(info->command_line_at);
    while (*text != '\0') {
        while (*text != '\0' && *text != ' ')
            text++;
        while (*text == ' ')
            text++;
        uint32_t i = 0;
        while (word[i] != '\0' && text[i] == word[i])
            i++;
        if (word[i] == '\0' && (text[i] == '\0' || text[i] == ' ' || word[i - 1u] == '='))
            return text + i;
    }
    return NULL;
}

bool command_line_has(const struct multiboot_info *info, const char *word)
{
    return text_after(info, word) != NULL;
}

uint32_t command_line_number(const struct multiboot_info *info, const char *word,
                             uint32_t otherwise)
{
    const char *text = text_after(info, word);
    if (text == NULL)
        return otherwise;
    uint32_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10u + (uint32_t)(*text - '0');
    return number;
}
