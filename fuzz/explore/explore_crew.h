/* The workers of an exploration: processes, since there is one machine in a process, that share a
 * store and take the states of a level in turn. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_CREW_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_CREW_H

#include <sys/types.h>

#include "fuzz/explore/explore.h"

/* A worker that has used so much processor time for one move hangs. */
#define CREW_HANG_SECONDS 2.0

struct crew_member {
    _Alignas(128) _Atomic uint64_t trying; /* the origin of the move being tried */
    _Atomic uint64_t move_count;
};

/* Shared by all processes. */
struct crew_board {
    _Atomic uint64_t next_state;
    _Atomic uint64_t broken; /* ~origin of the lowest violation; 0: none */
    _Atomic bool stop;
    _Atomic bool full;
    struct crew_member members[STORE_JOBS_MAX];
};

struct crew {
    const struct explore_run *run;
    uint32_t jobs;
    struct store *store;
    struct crew_board *board;
    pid_t pids[STORE_JOBS_MAX];
    uint64_t moves_seen[STORE_JOBS_MAX]; /* for the watch over hanging: at the last progress, */
    double cpu_seen[STORE_JOBS_MAX];     /* and the processor time then */
    enum explore_failure failure;        /* of the lowest violation */
    bool trouble;
};

bool crew_make(struct crew *crew, const struct explore_run *run, uint32_t jobs,
               struct store *store);
void crew_free(struct crew *crew);

/* Expands the states [first, end) of the store; none: only makes the first state. `watch` is called
 * every now and then, and returns false to stop. Returns true if all were expanded. */
bool crew_run(struct crew *crew, uint64_t first, uint64_t end, bool (*watch)(void *context),
              void *context);

/* True if there was a violation; then *origin is the lowest one. */
bool crew_broken(const struct crew *crew, origin_t *origin);
uint64_t crew_moves(const struct crew *crew);

/* Seconds on a clock that only goes forward. */
double crew_seconds(void);

#endif
