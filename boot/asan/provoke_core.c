#include "boot/asan/provoke.h"

char provoke_core_read(const volatile char *at)
{
    return *at;
}
