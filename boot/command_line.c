#include "boot/command_line.h"

#include <stddef.h>

#include "boot/memory.h"
#include "boot/serial.h"

/* A bit for each word that was asked for. */
static uint32_t asked;

/* The kernel's name, and the words. */
static const char *text_of(const struct multiboot_info *info)
{
    return (info->flags & MULTIBOOT_HAS_COMMAND_LINE) != 0 ? memory_direct(info->command_line_at)
                                                           : "";
}

/* Where the next word starts; at the end of the text, if there is none. */
static const char *next_word(const char *text)
{
    while (*text != '\0' && *text != ' ')
        text++;
    while (*text == ' ')
        text++;
    return text;
}

/* What follows `word`; null if no word starts with it. */
static const char *text_after(const struct multiboot_info *info, const char *word)
{
    uint32_t bit = 1;
    for (const char *text = next_word(text_of(info)); *text != '\0'; text = next_word(text)) {
        uint32_t i = 0;
        while (word[i] != '\0' && text[i] == word[i])
            i++;
        if (word[i] == '\0' && (text[i] == '\0' || text[i] == ' ' || word[i - 1u] == '=')) {
            asked |= bit;
            return text + i;
        }
        bit <<= 1;
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

bool command_line_done(const struct multiboot_info *info)
{
    uint32_t bit = 1;
    const char *text = next_word(text_of(info));
    for (; *text != '\0' && (asked & bit) != 0; text = next_word(text))
        bit <<= 1;
    if (*text == '\0')
        return true;
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: a word of the command line that nobody knows here: ");
    for (; *text != '\0' && *text != ' '; text++)
        line_text(&line, (const char[]){*text, '\0'});
    serial_line(&line);
    return false;
}
