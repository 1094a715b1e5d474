/* Time: how long the whole replay takes, from an empty heap and once more.
 *
 * The first replay contains what a heap does to get memory, and for the peers that ask the host for
 * it the host's page faults, which are no heap's work and differ from run to run. So what is
 * compared is the second one, after all was freed: then every heap has the memory that it wants. */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/player.h"

static double seconds(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct lap {
    double cpu_ns; /* an operation */
    double wall_ns;
    long page_faults;
    uint32_t done; /* operations, less than all if it took too long */
};

static long page_faults(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static struct lap run(struct player *player)
{
    const struct load *load = player->load;
    struct lap lap = {.done = player_replay(player, 0, load->measured_from)};
    if (lap.done < load->measured_from)
        return lap;
    lap.page_faults = page_faults();
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double wall = seconds(CLOCK_MONOTONIC);
    lap.done = player_replay(player, load->measured_from, load->op_count);
    double count = (double)(lap.done - load->measured_from);
    lap.wall_ns = (seconds(CLOCK_MONOTONIC) - wall) * 1e9 / count;
    lap.cpu_ns = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e9 / count;
    lap.page_faults = page_faults() - lap.page_faults;
    return lap;
}

void player_time(const struct load *load)
{
    struct player player;
    player_prepare(&player, load);
    player_open(load);
    struct lap first = run(&player);
    struct lap lap = first;
    if (first.done == load->op_count) {
        player_free_all(&player);
        lap = run(&player);
    } else if (first.done <= load->measured_from) {
        player_fail(BENCH_TOO_SLOW, "measured nothing within the limit", NULL);
    }
    (void)printf("time.cpu_ns %.3f\n", lap.cpu_ns);
    (void)printf("time.wall_ns %.3f\n", lap.wall_ns);
    (void)printf("time.page_faults %ld\n", lap.page_faults);
    (void)printf("time.first_cpu_ns %.3f\n", first.cpu_ns);
    (void)printf("time.first_page_faults %ld\n", first.page_faults);
    (void)printf("time.share %.4f\n", (double)lap.done / load->op_count);
}
