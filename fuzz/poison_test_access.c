#include "fuzz/poison_test_access.h"

char access_read(const volatile char *at)
{
    return *at;
}

void access_write(volatile char *at, char byte)
{
    *at = byte;
}
