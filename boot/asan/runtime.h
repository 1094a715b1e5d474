/* What instrumented code calls (LLVM, AddressSanitizer.cpp). The compiler knows these names; nobody
 * else calls them. "noabort" is the kernel's variant, which might go on after a report; this one
 * does not. */
#ifndef KHEAP_BOOT_ASAN_RUNTIME_H
#define KHEAP_BOOT_ASAN_RUNTIME_H

#include <stdint.h>

#include "boot/asan/places.h"

/* Code has found inline that a shadow byte forbids an access. */
void __asan_report_load1_noabort(uint32_t at);
void __asan_report_load2_noabort(uint32_t at);
void __asan_report_load4_noabort(uint32_t at);
void __asan_report_load8_noabort(uint32_t at);
void __asan_report_load16_noabort(uint32_t at);
void __asan_report_load_n_noabort(uint32_t at, uint32_t size_bytes);
void __asan_report_store1_noabort(uint32_t at);
void __asan_report_store2_noabort(uint32_t at);
void __asan_report_store4_noabort(uint32_t at);
void __asan_report_store8_noabort(uint32_t at);
void __asan_report_store16_noabort(uint32_t at);
void __asan_report_store_n_noabort(uint32_t at, uint32_t size_bytes);

/* The core is about to access: its code calls before each plain access, so that what it may touch
 * can be something else. */
void __asan_core_load1_noabort(uint32_t at);
void __asan_core_load2_noabort(uint32_t at);
void __asan_core_load4_noabort(uint32_t at);
void __asan_core_load8_noabort(uint32_t at);
void __asan_core_load16_noabort(uint32_t at);
void __asan_core_loadN_noabort(uint32_t at, uint32_t size_bytes);
void __asan_core_store1_noabort(uint32_t at);
void __asan_core_store2_noabort(uint32_t at);
void __asan_core_store4_noabort(uint32_t at);
void __asan_core_store8_noabort(uint32_t at);
void __asan_core_store16_noabort(uint32_t at);
void __asan_core_storeN_noabort(uint32_t at, uint32_t size_bytes);

/* A file's variables, from its constructor. */
void __asan_register_globals(const struct asan_global *globals, uint32_t count);

/* A function is about to be called that does not return: the frames that it leaves are opened. */
void __asan_handle_no_return(void);

/* Larger runs of a function's shadow. */
void __asan_set_shadow_00(uint32_t shadow_at, uint32_t size_bytes);
void __asan_set_shadow_f1(uint32_t shadow_at, uint32_t size_bytes);
void __asan_set_shadow_f2(uint32_t shadow_at, uint32_t size_bytes);
void __asan_set_shadow_f3(uint32_t shadow_at, uint32_t size_bytes);
void __asan_set_shadow_f5(uint32_t shadow_at, uint32_t size_bytes);
void __asan_set_shadow_f8(uint32_t shadow_at, uint32_t size_bytes);

#endif
