/* What the baseline `random' of ci/bugbench is linked with (and --wrap): the only code in it that
 * counts as covered. libFuzzer ends where no input covers anything; here each covers the same, so
 * that none is worth more than another. Nor is one that costs more: the rewards for it
 * (fuzz/reward.h) are taken back before libFuzzer sees them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The section of fuzz/reward_libfuzzer.c, as the linker names its ends. */
extern uint8_t __start___libfuzzer_extra_counters[];
extern uint8_t __stop___libfuzzer_extra_counters[];

int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int result = __real_LLVMFuzzerTestOneInput(data, size);
    memset(__start___libfuzzer_extra_counters, 0,
           (size_t)(__stop___libfuzzer_extra_counters - __start___libfuzzer_extra_counters));
    return result;
}
