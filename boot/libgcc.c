/* What GCC calls where the i386 has no instruction (GCC Internals, "Integer library routines"). */
#include <stdint.h>

int __popcountsi2(uint32_t word);

/* The bits set, added up in ever wider fields; the multiplication sums the four bytes. */
int __popcountsi2(uint32_t word)
{
    word -= word >> 1 & 0x55555555u;
    word = (word & 0x33333333u) + (word >> 2 & 0x33333333u);
    word = (word + (word >> 4)) & 0x0F0F0F0Fu;
    return (int)(word * 0x01010101u >> 24);
}
