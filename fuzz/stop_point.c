#include "fuzz/session.h"

/* The compiler is to know neither that it is empty nor what it might do. */
__attribute__((noinline)) void guilty_operation(const void *run, const struct op *op)
{
    __asm__ volatile("" : : "r"(run), "r"(op) : "memory");
}
