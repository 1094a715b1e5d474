/* The player: replays a load on the peer that it is linked with, and measures it in one of several
 * ways. Each run is a process of its own, so that every heap starts fresh. Figures are printed as
 * lines, "FIGURE VALUE", once all is over. */
#ifndef KHEAP_BENCH_PLAYER_H
#define KHEAP_BENCH_PLAYER_H

#include "bench/load.h"
#include "bench/peer.h"

/* Exit statuses of a player. */
#define BENCH_OK 0
#define BENCH_BROKEN 1  /* the heap has handed out what it must not, or spoilt a block */
#define BENCH_USAGE 2   /* the command line was not understood */
#define BENCH_NO_LOAD 3 /* the load could not be read */
#define BENCH_NO_MEMORY                                                                            \
    4 /* the heap refused a request, or could not be made; the player's own too */
#define BENCH_NOT_HERE 5 /* the heap has no such call, or does not count */
#define BENCH_TOO_SLOW 6 /* nothing could be measured within the limit of time */

/* Prints "bench-NAME: WHAT: WHY" (WHY may be null) on standard error and ends the process. */
_Noreturn void player_fail(int status, const char *what, const char *why);

/* The blocks of a replay, by slot. */
struct player {
    const struct load *load;
    uint8_t **blocks;
    uint32_t *sizes;
};

/* Makes the table of blocks. */
void player_prepare(struct player *player, const struct load *load);

/* Makes the heap, with room for what the load needs of any heap. */
void player_open(const struct load *load);

/* Ends the process: the heap refused operation `at`. */
_Noreturn void player_refused(const struct player *player, uint32_t at);

/* Resizes the block in a slot as the peer does it, or else by hand. Null if it was refused. */
static inline uint8_t *player_resize(const struct player *player, uint32_t slot,
                                     uint32_t size_bytes)
{
    uint8_t *block = player->blocks[slot];
    if (peer.resize != NULL)
        return peer.resize(block, size_bytes);
    uint8_t *moved = peer.alloc(size_bytes);
    uint32_t kept = player->sizes[slot] < size_bytes ? player->sizes[slot] : size_bytes;
    if (moved == NULL)
        return NULL;
    __builtin_memcpy(moved, block, kept);
    if (peer.release != NULL)
        peer.release(block);
    return moved;
}

/* Writes the first and the last byte of a block: what is allocated is used. */
static inline void player_touch(uint8_t *block, uint32_t size_bytes)
{
    block[0] = 1;
    block[size_bytes - 1u] = 1;
}

/* Replays the operations [from, to) and touches each block. Returns `to`, or the operation at which
 * the process has used up its limit of time. */
uint32_t player_replay(struct player *player, uint32_t from, uint32_t to);

/* The same for one operation. */
void player_replay_one(struct player *player, uint32_t at);

/* Frees what lives at the end of the load. */
void player_free_all(struct player *player);

/* True if the replay has used up its limit of time (--limit), which begins with player_open. */
bool player_late(void);

/* The ways to measure. */
void player_time(const struct load *load);
void player_latency(const struct load *load);
void player_cost(const struct load *load);
void player_reclaim(const struct load *load);
void player_footprint(const struct load *load);

#endif
