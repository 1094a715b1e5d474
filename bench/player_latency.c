/* Latency: how long single calls take, and the slowest ones.
 *
 * What else runs on the machine makes any call slow now and then. So the load is replayed several
 * times, from the same empty heap, and of each of its operations the fastest time counts: what is
 * slow every time is the heap's own doing. Touching blocks is not timed. */
#include <stdio.h>
#include <time.h>

#include "bench/memory.h"
#include "bench/player.h"

#define ROUNDS 5u
#define TICKS_MAX (1u << 20) /* beyond it times are counted as one */

/* LFENCE waits for what comes before it, and holds back what comes behind it (SDM 2A, LFENCE). */
static uint64_t ticks_now(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* What reading the clock twice takes, and by how much it differs at least from one time to another:
 * its step. */
static uint64_t ticks_of_nothing(uint64_t *step)
{
    uint64_t least = UINT64_MAX;
    uint64_t last = 0;
    *step = UINT64_MAX;
    for (uint32_t i = 0; i < 10000u; i++) {
        uint64_t start = ticks_now();
        uint64_t ticks = ticks_now() - start;
        uint64_t change = ticks > last ? ticks - last : last - ticks;
        least = ticks < least ? ticks : least;
        *step = i != 0 && change != 0 && change < *step ? change : *step;
        last = ticks;
    }
    return least;
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t timed(struct player *player, uint32_t at)
{
    struct load_op op = player->load->ops[at];
    uint32_t slot = load_slot(op);
    uint8_t *block = player->blocks[slot];
    uint64_t start = ticks_now();
    switch (load_kind(op)) {
    case LOAD_ALLOC: block = peer.alloc(op.size_bytes); break;
    case LOAD_RESIZE: block = player_resize(player, slot, op.size_bytes); break;
    default:
        if (peer.release != NULL)
            peer.release(block);
        return ticks_now() - start;
    }
    uint64_t ticks = ticks_now() - start;
    if (block == NULL)
        player_refused(player, at);
    player_touch(block, op.size_bytes);
    player->blocks[slot] = block;
    player->sizes[slot] = op.size_bytes;
    return ticks;
}

/* Replays once, as far as the limit of time lets it. Returns the operations done. */
static uint32_t round_of(struct player *player, uint32_t *least, uint64_t nothing, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t ticks = timed(player, i);
        ticks = ticks > nothing ? ticks - nothing : 0;
        if (ticks < least[i])
            least[i] = (uint32_t)ticks;
        if (i % 4096u == 4095u && player_late())
            return i + 1u;
    }
    return count;
}

static void report(const struct load *load, const uint32_t *least, uint32_t done,
                   enum load_kind kind, const char *name, double ns_a_tick)
{
    static const struct {
        const char *name;
        double share;
    } points[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}};
    static uint32_t histogram[TICKS_MAX];
    uint32_t count = 0;
    uint32_t worst = 0;
    __builtin_memset(histogram, 0, sizeof histogram);
    for (uint32_t i = load->measured_from; i < done; i++) {
        if (load_kind(load->ops[i]) != kind)
            continue;
        histogram[least[i] < TICKS_MAX ? least[i] : TICKS_MAX - 1u]++;
        worst = least[i] > worst ? least[i] : worst;
        count++;
    }
    if (count == 0)
        return;
    uint32_t ticks = 0;
    uint32_t seen = histogram[0];
    for (uint32_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        while ((double)seen < points[i].share * count)
            seen += histogram[++ticks];
        (void)printf("latency.%s_%s_ns %.1f\n", name, points[i].name, ticks * ns_a_tick);
    }
    (void)printf("latency.%s_worst_ns %.1f\n", name, worst * ns_a_tick);
}

void player_latency(const struct load *load)
{
    struct player player;
    player_prepare(&player, load);
    player_open(load);
    uint32_t *least = memory_make(load->op_count * sizeof(*least));
    __builtin_memset(least, 0xFF, load->op_count * sizeof(*least));
    uint64_t step;
    uint64_t nothing = ticks_of_nothing(&step);
    double start = seconds_now();
    uint64_t start_ticks = ticks_now();
    uint32_t done = load->op_count;
    /* The first round gets the memory (bench/player_time.c), unless that took all the time. */
    for (uint32_t i = 0; i <= ROUNDS && done == load->op_count && (i < 2u || !player_late()); i++) {
        if (i == 1u)
            __builtin_memset(least, 0xFF, load->op_count * sizeof(*least));
        done = round_of(&player, least, nothing, load->op_count);
        if (done == load->op_count)
            player_free_all(&player);
        else if (i > 1u)
            done = load->op_count;
    }
    double ns_a_tick = (seconds_now() - start) * 1e9 / (double)(ticks_now() - start_ticks);
    report(load, least, done, LOAD_ALLOC, "alloc", ns_a_tick);
    report(load, least, done, LOAD_FREE, "free", ns_a_tick);
    report(load, least, done, LOAD_RESIZE, "resize", ns_a_tick);
    (void)printf("latency.clock_ns %.1f\n", (double)step * ns_a_tick);
    (void)printf("latency.share %.4f\n", (double)done / load->op_count);
}
