/* The replay itself. */
#include <string.h>

#include "bench/memory.h"
#include "bench/player.h"

/* Operations between two looks at the clock. */
#define STRETCH 4096u

void player_prepare(struct player *player, const struct load *load)
{
    size_t slot_count = load->slot_count;
    player->load = load;
    player->blocks = memory_make(slot_count * sizeof(*player->blocks));
    player->sizes = memory_make(slot_count * sizeof(*player->sizes));
    /* Touched now, so that their page faults are nobody's. */
    memset(player->blocks, 0xFF, slot_count * sizeof(*player->blocks));
    memset(player->sizes, 0xFF, slot_count * sizeof(*player->sizes));
}

static void replay(struct player *player, uint32_t from, uint32_t to)
{
    uint8_t **blocks = player->blocks;
    for (uint32_t i = from; i < to; i++) {
        struct load_op op = player->load->ops[i];
        uint32_t slot = load_slot(op);
        if (load_kind(op) == LOAD_FREE) {
            if (peer.release != NULL)
                peer.release(blocks[slot]);
            continue;
        }
        uint8_t *block = load_kind(op) == LOAD_ALLOC ? peer.alloc(op.size_bytes)
                                                     : player_resize(player, slot, op.size_bytes);
        if (block == NULL)
            player_refused(player, i);
        player_touch(block, op.size_bytes);
        blocks[slot] = block;
        if (peer.resize == NULL)
            player->sizes[slot] = op.size_bytes;
    }
}

uint32_t player_replay(struct player *player, uint32_t from, uint32_t to)
{
    while (from < to && !player_late()) {
        uint32_t end = to - from < STRETCH ? to : from + STRETCH;
        replay(player, from, end);
        from = end;
    }
    return from;
}

void player_replay_one(struct player *player, uint32_t at)
{
    replay(player, at, at + 1u);
}

void player_free_all(struct player *player)
{
    for (uint32_t slot = 0; slot < player->load->slot_count; slot++)
        if (peer.release != NULL && player->load->sizes[slot] != 0)
            peer.release(player->blocks[slot]);
}
