/* What allocators take for granted beside boot/string.c. */
#include <string.h>

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != '\0')
        end++;
    return (size_t)(end - text);
}
