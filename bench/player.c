#include "bench/player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "bench/memory.h"

/* What a heap has room for beyond its share of the peak: nothing of it is used unless touched. */
#define WINDOW_SPARE ((size_t)64 << 20)
/* The largest window that fits between a kernel's heap start and a 32-bit process's libraries. */
#define WINDOW_MAX ((size_t)768 << 20)

static const struct {
    const char *name;
    void (*measure)(const struct load *load);
    bool memory_is_there; /* windows are touched before */
} ways[] = {
    {"time", player_time, true},
    {"latency", player_latency, true},
    {"footprint", player_footprint, false},
    {"reclaim", player_reclaim, false},
    {"cost", player_cost, true},
};

static double limit_seconds;
static double started_seconds;

static double seconds_used(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

void player_fail(int status, const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-%s: %s%s%s\n", peer.name, what, why != NULL ? ": " : "",
                  why != NULL ? why : "");
    exit(status);
}

void player_refused(const struct player *player, uint32_t at)
{
    char why[64];
    (void)snprintf(why, sizeof why, "operation %u of %u, %u bytes", at, player->load->op_count,
                   player->load->ops[at].size_bytes);
    player_fail(BENCH_NO_MEMORY, "a request was refused", why);
}

bool player_late(void)
{
    return limit_seconds != 0 && seconds_used() - started_seconds > limit_seconds;
}

void player_open(const struct load *load)
{
    uint64_t wanted = 4u * load->peak_live_bytes + WINDOW_SPARE;
    size_t window_bytes = wanted < WINDOW_MAX ? (size_t)wanted : WINDOW_MAX;
    memory_touch_first(2u * (size_t)load->peak_live_bytes + WINDOW_SPARE / 4u);
    if (peer.init != NULL && !peer.init(window_bytes))
        player_fail(BENCH_NO_MEMORY, "the heap could not be made", NULL);
    started_seconds = seconds_used();
}

static int help(void)
{
    (void)printf(
        "usage: bench-%s [--limit SECONDS] WAY LOAD\n\n"
        "Replays LOAD, a pattern or a packed trace, on the heap %s and prints figures, one a "
        "line.\n"
        "--limit ends a replay that has taken so long; the figures are those of its part then.\n\n"
        "ways to measure:",
        peer.name, peer.name);
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        (void)printf(" %s", ways[i].name);
    (void)printf("\npatterns:");
    pattern_names();
    (void)printf("\n");
    return BENCH_OK;
}

static int measure(const char *way, const char *name)
{
    static struct load load;
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(way, ways[i].name) != 0)
            continue;
        if (ways[i].memory_is_there)
            memory_is_there();
        load_make(&load, name);
        ways[i].measure(&load);
        if (fflush(stdout) != 0)
            player_fail(BENCH_NO_LOAD, "the figures could not be written", NULL);
        return BENCH_OK;
    }
    player_fail(BENCH_USAGE, "no such way of measuring", way);
}

int main(int argc, char **argv)
{
    static char out[1 << 16];
    (void)setvbuf(stdout, out, _IOFBF, sizeof out);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help();
    if (argc == 5 && strcmp(argv[1], "--limit") == 0) {
        char *end;
        limit_seconds = strtod(argv[2], &end);
        if (*end != '\0' || end == argv[2] || !(limit_seconds >= 0))
            player_fail(BENCH_USAGE, "--limit takes a number of seconds, not", argv[2]);
        argv += 2;
        argc -= 2;
    }
    if (argc != 3)
        player_fail(BENCH_USAGE, "takes a way of measuring and a load", "see --help");
    /* A page is a page, for whoever holds it: 4 KiB, as in a kernel's heap. */
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    return measure(argv[1], argv[2]);
}
