/* Plain C accesses, compiled as the core is where the fuzzers run: AddressSanitizer watches them.
 */
#ifndef KHEAP_FUZZ_POISON_TEST_ACCESS_H
#define KHEAP_FUZZ_POISON_TEST_ACCESS_H

char access_read(const volatile char *at);
void access_write(volatile char *at, char byte);

#endif
