/* Latency: how long single calls take, and the slowest ones.
 *
 * What else runs on the machine makes any call slow now and then. So the load is replayed several
 * times, from the same empty heap, and an operation's time is the mean of its fastest three: what
 * is slow every time is the heap's own doing. The clock has coarse steps on some machines; a mean
 * of several looks at it sees between them. Touching blocks is not timed. */
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

/* What reading the clock twice takes, on average; *step is by how much that differs at least from
 * one time to another. */
static double ticks_of_nothing(uint64_t *step)
{
    enum { LOOKS = 10000 };
    uint64_t ticks[LOOKS];
    uint64_t least = UINT64_MAX;
    uint64_t sum = 0;
    uint64_t count = 0;
    *step = UINT64_MAX;
    for (uint32_t i = 0; i < LOOKS; i++) {
        uint64_t start = ticks_now();
        ticks[i] = ticks_now() - start;
        least = ticks[i] < least ? ticks[i] : least;
    }
    for (uint32_t i = 0; i < LOOKS; i++) {
        if (ticks[i] > least && ticks[i] - least < *step)
            *step = ticks[i] - least;
        if (ticks[i] > 3u * least) /* something else was done meanwhile */
            continue;
        sum += ticks[i];
        count++;
    }
    return (double)sum / (double)count;
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

/* The ticks of all operations, by rounds. */
struct times {
    uint32_t *of[ROUNDS];
    uint32_t round_count;
    uint32_t done; /* operations that all rounds have */
};

/* Replays once, as far as the limit of time lets it. Returns the operations done. */
static uint32_t round_of(struct player *player, uint32_t *times)
{
    uint32_t count = player->load->op_count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t ticks = timed(player, i);
        times[i] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
        if (i % 4096u == 4095u && player_late())
            return i + 1u;
    }
    return count;
}

/* The first round gets the memory (bench/player_time.c), and counts only if it took all the time.
 */
static void take_times(struct player *player, struct times *times)
{
    uint32_t count = player->load->op_count;
    for (uint32_t i = 0; i < ROUNDS; i++)
        times->of[i] = memory_make(count * sizeof(uint32_t));
    times->round_count = 1;
    times->done = round_of(player, times->of[0]);
    if (times->done < count)
        return;
    player_free_all(player);
    times->round_count = 0;
    do {
        uint32_t done = round_of(player, times->of[times->round_count]);
        if (done < count && times->round_count != 0)
            return;
        times->done = done;
        times->round_count++;
        if (done == count)
            player_free_all(player);
    } while (times->round_count < ROUNDS && !player_late());
}

/* The mean of the fastest ticks of an operation: three of five rounds. */
static double ticks_of(const struct times *times, uint32_t op)
{
    uint32_t sorted[ROUNDS] = {0};
    uint32_t kept = (times->round_count + 1u) / 2u;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < times->round_count; i++) {
        uint32_t ticks = times->of[i][op];
        uint32_t at = i;
        for (; at != 0 && sorted[at - 1u] > ticks; at--)
            sorted[at] = sorted[at - 1u];
        sorted[at] = ticks;
    }
    for (uint32_t i = 0; i < kept; i++)
        sum += sorted[i];
    return (double)sum / kept;
}

static void report(const struct load *load, const struct times *times, double nothing,
                   enum load_kind kind, const char *name, double ns_a_tick)
{
    static const struct {
        const char *name;
        double share;
    } points[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}};
    static uint32_t histogram[TICKS_MAX];
    uint32_t count = 0;
    double worst = 0;
    __builtin_memset(histogram, 0, sizeof histogram);
    for (uint32_t i = load->measured_from; i < times->done; i++) {
        if (load_kind(load->ops[i]) != kind)
            continue;
        double ticks = ticks_of(times, i) - nothing;
        ticks = ticks > 0 ? ticks : 0;
        histogram[ticks < TICKS_MAX ? (uint32_t)ticks : TICKS_MAX - 1u]++;
        worst = ticks > worst ? ticks : worst;
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
    struct times times;
    uint64_t step;
    player_prepare(&player, load);
    player_open(load);
    double nothing = ticks_of_nothing(&step);
    double start = seconds_now();
    uint64_t start_ticks = ticks_now();
    take_times(&player, &times);
    double ns_a_tick = (seconds_now() - start) * 1e9 / (double)(ticks_now() - start_ticks);
    report(load, &times, nothing, LOAD_ALLOC, "alloc", ns_a_tick);
    report(load, &times, nothing, LOAD_FREE, "free", ns_a_tick);
    report(load, &times, nothing, LOAD_RESIZE, "resize", ns_a_tick);
    (void)printf("latency.clock_ns %.1f\n", (double)step * ns_a_tick);
    (void)printf("latency.rounds %u\n", times.round_count);
    (void)printf("latency.share %.4f\n", (double)times.done / load->op_count);
}
