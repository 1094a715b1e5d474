#include "fuzz/explain/explain_text.h"

#include <string.h>
#include <sys/mman.h>

struct text *text_make(uint32_t capacity)
{
    struct text *text = mmap(NULL, sizeof(*text) + capacity, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (text == MAP_FAILED)
        return NULL;
    text->capacity = capacity;
    return text;
}

void text_free(struct text *text)
{
    if (text != NULL)
        (void)munmap(text, sizeof(*text) + text->capacity);
}

void text_commit(struct text *text)
{
    if (!text->full)
        text->committed = text->length;
}

void text_rewind(struct text *text)
{
    text->length = text->committed;
}

void text_add_bytes(struct text *text, const char *bytes, uint32_t count)
{
    text->full = text->full || count > text->capacity - text->length;
    if (text->full)
        return;
    memcpy(&text->bytes[text->length], bytes, count);
    text->length += count;
}

void text_add(struct text *text, const char *words)
{
    text_add_bytes(text, words, (uint32_t)strlen(words));
}

void text_number(struct text *text, int64_t number)
{
    char digits[24];
    uint32_t first = sizeof(digits);
    uint64_t rest = number < 0 ? 0u - (uint64_t)number : (uint64_t)number;
    do {
        digits[--first] = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest != 0);
    if (number < 0)
        digits[--first] = '-';
    text_add_bytes(text, &digits[first], (uint32_t)sizeof(digits) - first);
}

/* The bytes of the UTF-8 character at `words`; 0 if there is none. Whether it is the shortest form
 * of one that exists is the reader's concern. */
static uint32_t utf8_length(const char *words)
{
    const unsigned char *c = (const unsigned char *)words;
    uint32_t length = c[0] < 0x80u   ? 1u
                      : c[0] < 0xC2u ? 0u
                      : c[0] < 0xE0u ? 2u
                      : c[0] < 0xF0u ? 3u
                      : c[0] < 0xF5u ? 4u
                                     : 0u;
    for (uint32_t i = 1; i < length; i++)
        if ((c[i] & 0xC0u) != 0x80u)
            return 0;
    return length;
}

static void escape(struct text *text, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escaped[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15u]};
    text_add_bytes(text, escaped, sizeof(escaped));
}

void text_string(struct text *text, const char *words)
{
    text_add(text, "\"");
    while (*words != '\0') {
        unsigned char c = (unsigned char)*words;
        uint32_t length = utf8_length(words);
        if (length == 0)
            text_add(text, "\\ufffd");
        else if (c < 0x20u || c == 0x7Fu || (c < 0x80u && strchr("<>&'\"\\", c) != NULL))
            escape(text, c);
        else
            text_add_bytes(text, words, length);
        words += length != 0 ? length : 1u;
    }
    text_add(text, "\"");
}

static void separate(struct text *text)
{
    char before = text->length == 0 ? '{' : text->bytes[text->length - 1u];
    if (before != '{' && before != '[' && before != ':')
        text_add(text, ",");
}

void text_key(struct text *text, const char *key)
{
    separate(text);
    text_add(text, "\"");
    text_add(text, key);
    text_add(text, "\":");
}

void text_member(struct text *text, const char *key, int64_t number)
{
    text_key(text, key);
    text_number(text, number);
}

void text_member_string(struct text *text, const char *key, const char *words)
{
    text_key(text, key);
    text_string(text, words);
}

void text_open(struct text *text, const char *bracket)
{
    separate(text);
    text_add(text, bracket);
}

void text_item(struct text *text, int64_t number)
{
    separate(text);
    text_number(text, number);
}
