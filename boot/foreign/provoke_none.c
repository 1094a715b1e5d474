/* Nothing is provoked here by a word: an allocator makes its own mistakes. */
#include "boot/provoke.h"

void provoke(const struct multiboot_info *info)
{
    (void)info;
}
