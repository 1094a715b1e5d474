/* Texts in C programs. */
#include <string.h>

#include "fuzz/crash/to_c.h"

void to_c_comment(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool ends = text[0] == '*' && text[1] == '/';
        bool begins = text[0] == '/' && text[1] == '*';
        (void)fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
        if (ends || begins)
            (void)fputc(' ', out);
    }
}

void to_c_path(FILE *out, const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./,+@%=:-";
    if (*path != '\0' && path[strspn(path, plain)] == '\0') {
        (void)fputs(path, out);
        return;
    }
    (void)fputc('\'', out);
    for (; *path != '\0'; path++)
        (void)fputs(*path == '\'' ? "'\\''" : (const char[]){*path, '\0'}, out);
    (void)fputc('\'', out);
}
