/* JSON as the tool writes it. */
#ifndef KHEAP_FUZZ_JSON_H
#define KHEAP_FUZZ_JSON_H

#include <stdio.h>

/* Writes a text as a string, quotes included. */
void json_text(FILE *out, const char *text);

#endif
