/* The emulator's loads and stores, for a core in another object (machine_port.h beside this). To be
 * compiled without sanitizers, and with machine_port.h of the folder above. */
#include "mmu_x86/emulator/apart/words.h"

#include "mmu_x86/machine.h"

/* Whatever the linker's optimiser thinks of their size: there are more of them than of all else. */
inline __attribute__((always_inline)) uint32_t word_load(vaddr_t at)
{
    return machine_load(at);
}

inline __attribute__((always_inline)) void word_store(vaddr_t at, uint32_t word)
{
    machine_store(at, word);
}
