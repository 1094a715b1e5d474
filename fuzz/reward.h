/* Rewards: what a fuzz target tells its engine beside the branches that were taken, so that inputs
 * which get further in it are kept and built upon. How an engine is told is chosen by the build:
 * reward_libfuzzer.c, reward_afl.c, reward_none.c. */
#ifndef KHEAP_FUZZ_REWARD_H
#define KHEAP_FUZZ_REWARD_H

#include <stdint.h>

/* How many there are: each costs an engine time, so that a target which needs more says so. */
#ifndef REWARD_COUNT
#define REWARD_COUNT 576u
#endif

/* Rewards `number` of REWARD_COUNT as something that this input has reached. */
void reward(uint32_t number);

#endif
