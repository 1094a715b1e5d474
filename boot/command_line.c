#include "boot/command_line.h"

#include <stddef.h>

#include "boot/memory.h"
#include "boot/serial.h"

/* A bit for each word that was asked for. */
static uint32_t asked;

/* The first word that was asked for as a number and is none; null if there is none. */
static const char *no_number;

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

/* Reads a number that ends with its word. Returns false if there is none, or none of 32 bits. */
static bool number_read(const char *text, uint32_t *number)
{
    uint64_t value = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && value <= UINT32_MAX; digit++)
        value = value * 10u + (uint32_t)(*digit - '0');
    *number = (uint32_t)value;
    return digit != text && (*digit == '\0' || *digit == ' ') && value <= UINT32_MAX;
}

uint32_t command_line_number(const struct multiboot_info *info, const char *word,
                             uint32_t otherwise)
{
    uint32_t number;
    const char *text = text_after(info, word);
    if (text == NULL)
        return otherwise;
    if (number_read(text, &number))
        return number;
    if (no_number != NULL)
        return otherwise;
    for (no_number = text; no_number[-1] != ' ';) /* the kernel's name stands before */
        no_number--;
    return otherwise;
}

/* Says on COM1 what is wrong with a word. */
static void complain(const char *what, const char *word)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: ");
    line_text(&line, what);
    for (; *word != '\0' && *word != ' '; word++)
        line_text(&line, (const char[]){*word, '\0'});
    serial_line(&line);
}

bool command_line_done(const struct multiboot_info *info)
{
    uint32_t bit = 1;
    const char *text = next_word(text_of(info));
    if (no_number != NULL) {
        complain("a word of the command line wants a number from 0 to 4294967295: ", no_number);
        return false;
    }
    for (; *text != '\0' && (asked & bit) != 0; text = next_word(text))
        bit <<= 1;
    if (*text == '\0')
        return true;
    complain("a word of the command line that nobody knows here: ", text);
    return false;
}
