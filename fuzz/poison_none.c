/* Without AddressSanitizer, or with a harness that it watches as well. */
#include "fuzz/poison.h"

void poison_begin(const struct boot_state *boot)
{
    (void)boot;
}

void poison_update(const struct scene *scene, const struct mirror *mirror)
{
    (void)scene;
    (void)mirror;
}

void poison_end(void)
{
}
