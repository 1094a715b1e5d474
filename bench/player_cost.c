/* Cost: the words of metadata that calls load and store, where they are counted. */
#include <stdio.h>

#include "bench/player.h"

struct tally {
    uint64_t calls;
    struct peer_accesses sum;
    uint64_t worst;        /* loads and stores of the heap in one call */
    uint64_t paging_worst; /* and of what maps pages for it */
};

static struct peer_accesses accesses_now(void)
{
    struct peer_accesses accesses;
    peer.accesses(&accesses);
    return accesses;
}

static void tally_add(struct tally *tally, const struct peer_accesses *before)
{
    struct peer_accesses after = accesses_now();
    uint64_t loads = after.loads - before->loads;
    uint64_t stores = after.stores - before->stores;
    uint64_t paging = after.paging - before->paging;
    tally->calls++;
    tally->sum.loads += loads;
    tally->sum.stores += stores;
    tally->sum.paging += paging;
    tally->worst = loads + stores > tally->worst ? loads + stores : tally->worst;
    tally->paging_worst = paging > tally->paging_worst ? paging : tally->paging_worst;
}

static void report(const char *name, const struct tally *tally)
{
    double calls = (double)tally->calls;
    if (tally->calls == 0)
        return;
    (void)printf("cost.%s_loads %.3f\n", name, (double)tally->sum.loads / calls);
    (void)printf("cost.%s_stores %.3f\n", name, (double)tally->sum.stores / calls);
    (void)printf("cost.%s_paging %.3f\n", name, (double)tally->sum.paging / calls);
    (void)printf("cost.%s_worst %llu\n", name, (unsigned long long)tally->worst);
    (void)printf("cost.%s_paging_worst %llu\n", name, (unsigned long long)tally->paging_worst);
}

void player_cost(const struct load *load)
{
    struct player player;
    struct tally tallies[3] = {0};
    if (peer.accesses == NULL)
        player_fail(BENCH_NOT_HERE, "this build does not count accesses", NULL);
    player_prepare(&player, load);
    player_open(load);
    uint32_t done = player_replay(&player, 0, load->measured_from);
    if (done < load->measured_from)
        player_fail(BENCH_TOO_SLOW, "measured nothing within the limit", NULL);
    for (; done < load->op_count && (done % 4096u != 0 || !player_late()); done++) {
        struct peer_accesses before = accesses_now();
        player_replay_one(&player, done);
        tally_add(&tallies[load_kind(load->ops[done])], &before);
    }
    report("alloc", &tallies[LOAD_ALLOC]);
    report("free", &tallies[LOAD_FREE]);
    report("resize", &tallies[LOAD_RESIZE]);
    (void)printf("cost.share %.4f\n", (double)done / load->op_count);
}
