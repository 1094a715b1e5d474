#include "fuzz/op.h"

#define OP_WORD(name, word, arguments) word,
#define OP_ARGUMENTS(name, word, arguments) arguments,

const char *op_word(enum op_kind kind)
{
    static const char *const words[] = {KHEAP_OPS(OP_WORD)};
    return words[kind];
}

const char op_argument_letters[OP_KIND_COUNT][OP_ARGUMENTS_MAX + 1u] = {KHEAP_OPS(OP_ARGUMENTS)};
