#include "fuzz/explore/explore.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/explore/explore_crew.h"
#include "fuzz/explore/explore_unravel.h"

#define PROGRESS_SECONDS 5.0

static volatile sig_atomic_t interrupted;

/* A run while it is explored. */
struct exploration {
    struct explore_run *run;
    struct store store;
    struct crew crew;
    bool open;
    uint64_t level_first; /* the states that the next level starts from */
};

struct explorations {
    const struct explore_options *options;
    struct exploration all[EXPLORE_RUNS_MAX];
    uint32_t count;
    const struct exploration *current; /* the one whose level is being done */
    double start;
    double progress_next;
};

const char *explore_end_text(enum explore_end end)
{
    switch (end) {
    case EXPLORE_ALL: return "all";
    case EXPLORE_DEPTH: return "depth";
    case EXPLORE_TIME: return "time";
    case EXPLORE_MEMORY: return "memory";
    case EXPLORE_INTERRUPT: return "interrupt";
    case EXPLORE_OTHER: return "other";
    case EXPLORE_VIOLATION: return "violation";
    case EXPLORE_TROUBLE: return "trouble";
    }
    return "unknown";
}

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static uint64_t states_found(const struct exploration *exploration)
{
    return atomic_load(&exploration->store.shared->total);
}

static void progress(const struct explorations *explorations, double seconds)
{
    const struct exploration *current = explorations->current;
    uint64_t level = current->store.state_count - current->level_first;
    uint64_t next = atomic_load(&current->crew.board->next_state);
    uint64_t done = next < current->level_first ? 0 : next - current->level_first;
    uint64_t states = 0;
    uint64_t moves = 0;
    for (uint32_t i = 0; i < explorations->count; i++) {
        states += states_found(&explorations->all[i]);
        moves += crew_moves(&explorations->all[i].crew);
    }
    (void)fprintf(stderr,
                  "explore: %s %s, depth %u: %.0f %% of %llu states; in all %llu states, "
                  "%.0f moves a second, at most %.0f s left\n",
                  current->run->alphabet->name,
                  current->run->policy == HEAP_BINS ? "bins" : "first-fit",
                  current->run->result.depth + 1u,
                  level == 0 ? 0.0 : 100.0 * (double)(done < level ? done : level) / (double)level,
                  (unsigned long long)level, (unsigned long long)states, (double)moves / seconds,
                  explorations->options->seconds - seconds);
}

/* Called now and then while the workers run. Returns false when they are to stop. */
static bool watch(void *context)
{
    struct explorations *explorations = context;
    double seconds = crew_seconds() - explorations->start;
    if (!explorations->options->quiet && seconds > explorations->progress_next) {
        progress(explorations, seconds);
        explorations->progress_next = seconds + PROGRESS_SECONDS;
    }
    return interrupted == 0 && seconds < explorations->options->seconds;
}

/* The whole forms are some ten times as large as what is kept without. */
#define VERIFY_SHARE 8u

static bool open_run(struct explorations *explorations, struct exploration *exploration)
{
    const struct explore_options *options = explorations->options;
    uint64_t bytes = options->memory_bytes / explorations->count;
    uint64_t store_bytes = options->verify ? bytes / VERIFY_SHARE : bytes;
    struct explore_run *run = exploration->run;
    run->result = (struct explore_result){
        .end = EXPLORE_TROUBLE,
        .config = {run->policy, run->alphabet->frame_count, run->alphabet->window_pages},
    };
    exploration->open = true;
    return store_make(&exploration->store, store_bytes, options->jobs) &&
           (!options->verify || store_verify(&exploration->store, bytes - store_bytes)) &&
           crew_make(&exploration->crew, run, options->jobs, &exploration->store);
}

/* Why a run goes no further. */
static enum explore_end end_of(const struct exploration *exploration)
{
    const struct crew *crew = &exploration->crew;
    origin_t origin;
    if (crew_broken(crew, &origin))
        return EXPLORE_VIOLATION;
    if (crew->trouble)
        return EXPLORE_TROUBLE;
    if (crew->board != NULL && atomic_load(&crew->board->full))
        return EXPLORE_MEMORY;
    return interrupted != 0 ? EXPLORE_INTERRUPT : EXPLORE_TIME;
}

/* Does one level of a run; the first one makes the heap. */
static void level(struct explorations *explorations, struct exploration *exploration)
{
    struct explore_result *result = &exploration->run->result;
    struct store *store = &exploration->store;
    uint64_t end = store->state_count;
    double start = crew_seconds();
    explorations->current = exploration;
    bool whole = crew_run(&exploration->crew, exploration->level_first, end, watch, explorations);
    result->seconds += crew_seconds() - start;
    if (!whole) {
        result->end = end_of(exploration);
        exploration->open = false;
        return;
    }
    store_level(store);
    exploration->level_first = end;
    result->depth += end > 0;
    if (store->state_count == end)
        result->end = EXPLORE_ALL;
    else if (result->depth == explorations->options->depth_max)
        result->end = EXPLORE_DEPTH;
    exploration->open = result->end == EXPLORE_TROUBLE;
}

/* What the next level of a run will cost, roughly: a number that depends on nothing but the run, so
 * that which violation is found first does not depend on the machine. */
static uint64_t level_cost(const struct exploration *exploration)
{
    const struct alphabet *alphabet = exploration->run->alphabet;
    uint64_t states = exploration->store.state_count - exploration->level_first;
    return states * alphabet->letter_count * (64u + 2u * alphabet->window_pages);
}

static struct exploration *cheapest(struct explorations *explorations)
{
    struct exploration *found = NULL;
    for (uint32_t i = 0; i < explorations->count; i++) {
        struct exploration *exploration = &explorations->all[i];
        if (exploration->open && (found == NULL || level_cost(exploration) < level_cost(found)))
            found = exploration;
    }
    return found;
}

static void result_fill(struct exploration *exploration)
{
    struct explore_result *result = &exploration->run->result;
    const struct store *store = &exploration->store;
    uint64_t used = states_found(exploration);
    result->state_count = used;
    result->move_count = crew_moves(&exploration->crew);
    result->memory_bytes = store->slot_count * sizeof(struct store_slot) +
                           used * (2u * sizeof(origin_t) + sizeof(uint64_t));
    result->collisions = store->shared->collisions;
    result->not_verified = store->shared->forms_dropped;
    result->failure = exploration->crew.failure;
}

/* Level after level, until no run is left or one has ended all. */
static bool run_all(struct explorations *explorations)
{
    struct exploration *next;
    enum explore_end end = EXPLORE_DEPTH;
    origin_t origin;
    while ((next = cheapest(explorations)) != NULL) {
        level(explorations, next);
        end = next->run->result.end;
        if (end == EXPLORE_VIOLATION || end == EXPLORE_TIME || end == EXPLORE_INTERRUPT ||
            (end == EXPLORE_TROUBLE && !next->open))
            break;
    }
    bool good = true;
    for (uint32_t i = 0; i < explorations->count; i++) {
        struct exploration *exploration = &explorations->all[i];
        if (exploration->open)
            exploration->run->result.end = end == EXPLORE_VIOLATION ? EXPLORE_OTHER : end;
        result_fill(exploration);
        good = good && exploration->run->result.end != EXPLORE_TROUBLE;
    }
    if (next != NULL && end == EXPLORE_VIOLATION && crew_broken(&next->crew, &origin))
        good = unravel(next->run, &next->store, origin) && good;
    return good;
}

bool explore(const struct explore_options *options, struct explore_run *runs, uint32_t run_count)
{
    struct explorations *explorations = calloc(1, sizeof(*explorations));
    if (explorations == NULL || run_count > EXPLORE_RUNS_MAX) {
        free(explorations);
        return false;
    }
    explorations->options = options;
    explorations->count = run_count;
    explorations->start = crew_seconds();
    explorations->progress_next = PROGRESS_SECONDS;
    bool good = true;
    for (uint32_t i = 0; i < run_count; i++) {
        explorations->all[i].run = &runs[i];
        good = good && open_run(explorations, &explorations->all[i]);
    }
    (void)signal(SIGINT, on_interrupt);
    (void)signal(SIGTERM, on_interrupt);
    good = good && run_all(explorations);
    for (uint32_t i = 0; i < run_count; i++) {
        crew_free(&explorations->all[i].crew);
        store_free(&explorations->all[i].store);
    }
    free(explorations);
    return good;
}
