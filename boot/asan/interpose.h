/* What this kernel's build puts itself before (--wrap in boot/asan/CMakeLists.txt): calls of NAME
 * arrive at __wrap_NAME, and __real_NAME is what would have been called. */
#ifndef KHEAP_BOOT_ASAN_INTERPOSE_H
#define KHEAP_BOOT_ASAN_INTERPOSE_H

#include <stddef.h>

#include "boot/exit.h"
#include "boot/multiboot.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"

/* The heap's calls: boot/asan/heap.c. */
vaddr_t __wrap_kmalloc(const struct heap *heap, uint32_t size_bytes);
vaddr_t __real_kmalloc(const struct heap *heap, uint32_t size_bytes);
vaddr_t __wrap_kcalloc(const struct heap *heap, uint32_t count, uint32_t size_bytes);
vaddr_t __real_kcalloc(const struct heap *heap, uint32_t count, uint32_t size_bytes);
vaddr_t __wrap_kmalloc_aligned(const struct heap *heap, uint32_t size_bytes, uint32_t align_bytes);
vaddr_t __real_kmalloc_aligned(const struct heap *heap, uint32_t size_bytes, uint32_t align_bytes);
vaddr_t __wrap_krealloc(const struct heap *heap, vaddr_t at, uint32_t size_bytes);
vaddr_t __real_krealloc(const struct heap *heap, vaddr_t at, uint32_t size_bytes);
void __wrap_kfree(const struct heap *heap, vaddr_t at);
void __real_kfree(const struct heap *heap, vaddr_t at);
uint32_t __wrap_kmalloc_usable_size(const struct heap *heap, vaddr_t at);
uint32_t __real_kmalloc_usable_size(const struct heap *heap, vaddr_t at);
void __wrap_machine_misuse(const struct misuse *misuse);
void __real_machine_misuse(const struct misuse *misuse);

/* From now on a misuse is reported with its backtraces and ends the run. */
void heap_misuse_ends_run(void);

/* The boot: boot/asan/start.c. */
_Noreturn void __wrap_kernel_main(uint32_t magic, uint32_t info_at);
_Noreturn void __real_kernel_main(uint32_t magic, uint32_t info_at);
enum exit_value __wrap_memory_describe(const struct multiboot_info *info, uint32_t image_at,
                                       uint32_t image_end, const char **why);
enum exit_value __real_memory_describe(const struct multiboot_info *info, uint32_t image_at,
                                       uint32_t image_end, const char **why);
enum exit_value __wrap_inputs_run(const struct multiboot_info *info, uint32_t stop_at);
enum exit_value __real_inputs_run(const struct multiboot_info *info, uint32_t stop_at);

/* What the compiler calls for whole objects: boot/asan/bytes.c. */
void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
void *__real_memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
void *__wrap_memmove(void *to, const void *from, size_t size_bytes);
void *__real_memmove(void *to, const void *from, size_t size_bytes);
void *__wrap_memset(void *to, int byte, size_t size_bytes);
void *__real_memset(void *to, int byte, size_t size_bytes);
int __wrap_memcmp(const void *left, const void *right, size_t size_bytes);
int __real_memcmp(const void *left, const void *right, size_t size_bytes);

#endif
