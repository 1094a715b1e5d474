/* The four functions that the compiler may call for whole objects (boot/string.c), with both ends
 * of what they touch looked at first. */
#include "boot/asan/interpose.h"
#include "boot/asan/report.h"

static uint32_t address(const void *at)
{
    return (uint32_t)(uintptr_t)at;
}

void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t size_bytes)
{
    access_check(address(from), size_bytes, ACCESS_READ, __builtin_frame_address(0));
    access_check(address(to), size_bytes, ACCESS_WRITE, __builtin_frame_address(0));
    return __real_memcpy(to, from, size_bytes);
}

void *__wrap_memmove(void *to, const void *from, size_t size_bytes)
{
    access_check(address(from), size_bytes, ACCESS_READ, __builtin_frame_address(0));
    access_check(address(to), size_bytes, ACCESS_WRITE, __builtin_frame_address(0));
    return __real_memmove(to, from, size_bytes);
}

void *__wrap_memset(void *to, int byte, size_t size_bytes)
{
    access_check(address(to), size_bytes, ACCESS_WRITE, __builtin_frame_address(0));
    return __real_memset(to, byte, size_bytes);
}

int __wrap_memcmp(const void *left, const void *right, size_t size_bytes)
{
    access_check(address(left), size_bytes, ACCESS_READ, __builtin_frame_address(0));
    access_check(address(right), size_bytes, ACCESS_READ, __builtin_frame_address(0));
    return __real_memcmp(left, right, size_bytes);
}
