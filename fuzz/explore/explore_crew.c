#include "fuzz/explore/explore_crew.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_NO_MEMORY 3
/* States that a worker takes at a time: neighbours share the way to them. */
#define CHUNK_MAX 64u

/* A worker's own view. */
struct worker {
    struct crew *crew;
    uint32_t number;
    uint64_t state; /* being expanded */
    struct explorer explorer;
};

double crew_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool crew_make(struct crew *crew, const struct explore_run *run, uint32_t jobs, struct store *store)
{
    void *memory = mmap(NULL, sizeof(struct crew_board), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *crew = (struct crew){.run = run, .jobs = jobs, .store = store};
    crew->board = memory == MAP_FAILED ? NULL : memory;
    return crew->board != NULL;
}

void crew_free(struct crew *crew)
{
    if (crew->board != NULL)
        (void)munmap(crew->board, sizeof(*crew->board));
    crew->board = NULL;
}

bool crew_broken(const struct crew *crew, origin_t *origin)
{
    uint64_t broken = atomic_load(&crew->board->broken);
    *origin = ~broken;
    return broken != 0;
}

uint64_t crew_moves(const struct crew *crew)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < crew->jobs; i++)
        count += atomic_load(&crew->board->members[i].move_count);
    return count;
}

/* Returns true if it is the lowest so far. */
static bool broken_note(struct crew_board *board, origin_t origin)
{
    uint64_t held = atomic_load(&board->broken);
    while (~origin > held)
        if (atomic_compare_exchange_weak(&board->broken, &held, ~origin))
            return true;
    return false;
}

static void worker_trying(void *context, uint32_t code)
{
    struct worker *worker = context;
    struct crew_member *member = &worker->crew->board->members[worker->number];
    uint64_t count = atomic_load_explicit(&member->move_count, memory_order_relaxed);
    atomic_store_explicit(&member->trying, origin_of(worker->state, code), memory_order_relaxed);
    atomic_store_explicit(&member->move_count, count + 1u, memory_order_relaxed);
}

static bool worker_found(void *context, uint32_t code, const uint32_t *words, uint32_t count)
{
    struct worker *worker = context;
    struct crew *crew = worker->crew;
    enum store_answer answer =
        store_enter(crew->store, worker->number, words, count, origin_of(worker->state, code));
    if (answer == STORE_FULL) {
        atomic_store(&crew->board->full, true);
        atomic_store(&crew->board->stop, true);
    }
    return answer == STORE_NEW;
}

/* Expands one state. Returns false if a rule is broken. */
static bool worker_expand(struct worker *worker, uint64_t state)
{
    uint32_t path[EXPLORE_DEPTH_MAX];
    uint32_t length = store_path(worker->crew->store, state, path, EXPLORE_DEPTH_MAX);
    worker->state = state;
    return explorer_go(&worker->explorer, path, length) && explorer_expand(&worker->explorer);
}

/* Takes states in order until there are none left, or none that matters: behind a violation only
 * lower ones do. */
static void worker_run(struct worker *worker, uint64_t end)
{
    struct crew_board *board = worker->crew->board;
    uint64_t chunk = CHUNK_MAX;
    uint64_t state = 0;
    uint64_t chunk_end = 0;
    while (!atomic_load_explicit(&board->stop, memory_order_relaxed)) {
        if (state == chunk_end) {
            uint64_t left = end - atomic_load(&board->next_state);
            chunk = left < CHUNK_MAX * 4u * STORE_JOBS_MAX ? 1u : CHUNK_MAX;
            state = atomic_fetch_add(&board->next_state, chunk);
            chunk_end = state + chunk;
        }
        uint64_t broken = atomic_load_explicit(&board->broken, memory_order_relaxed);
        if (state >= end || (broken != 0 && state > origin_state(~broken)))
            return;
        if (!worker_expand(worker, state)) {
            (void)broken_note(board, atomic_load(&board->members[worker->number].trying));
            return;
        }
        state++;
    }
}

_Noreturn static void worker_main(struct crew *crew, uint32_t number, uint64_t end)
{
    struct worker worker = {.crew = crew, .number = number};
    const struct alphabet *alphabet = crew->run->alphabet;
    worker.explorer = (struct explorer){
        .alphabet = alphabet,
        .config = {crew->run->policy, alphabet->frame_count, alphabet->window_pages},
        .found = worker_found,
        .trying = worker_trying,
        .context = &worker,
    };
    /* An interrupt from the terminal reaches the whole group: only the one who leads decides. */
    (void)signal(SIGINT, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!explorer_start(&worker.explorer))
        _exit(EXIT_NO_MEMORY);
    if (!explorer_boot(&worker.explorer))
        (void)broken_note(crew->board, origin_of(0, 0));
    else
        worker_run(&worker, end);
    _exit(0);
}

static double cpu_seconds(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* A worker that cannot go on leaves the move that it was at. */
static void member_failed(struct crew *crew, uint32_t number, enum explore_failure failure)
{
    if (broken_note(crew->board, atomic_load(&crew->board->members[number].trying)))
        crew->failure = failure;
}

static void member_hangs(struct crew *crew, uint32_t number)
{
    uint64_t moves = atomic_load(&crew->board->members[number].move_count);
    double cpu = cpu_seconds(crew->pids[number]);
    if (moves != crew->moves_seen[number]) {
        crew->moves_seen[number] = moves;
        crew->cpu_seen[number] = cpu;
    } else if (cpu - crew->cpu_seen[number] > CREW_HANG_SECONDS) {
        (void)kill(crew->pids[number], SIGKILL);
        (void)waitpid(crew->pids[number], NULL, 0);
        crew->pids[number] = 0;
        member_failed(crew, number, EXPLORE_HANG);
    }
}

/* Looks after one worker. */
static void member_watch(struct crew *crew, uint32_t number)
{
    int status;
    pid_t ended = waitpid(crew->pids[number], &status, WNOHANG);
    if (ended == 0) {
        member_hangs(crew, number);
        return;
    }
    crew->pids[number] = 0;
    if (ended > 0 && WIFSIGNALED(status))
        member_failed(crew, number, EXPLORE_CRASH);
    else if (ended < 0 || WEXITSTATUS(status) != 0)
        crew->trouble = true;
}

static uint32_t crew_watch(struct crew *crew)
{
    uint32_t running = 0;
    for (uint32_t i = 0; i < crew->jobs; i++) {
        if (crew->pids[i] != 0)
            member_watch(crew, i);
        running += crew->pids[i] != 0;
    }
    return running;
}

static void crew_start(struct crew *crew, uint64_t first, uint64_t end)
{
    atomic_store(&crew->board->next_state, first);
    for (uint32_t i = 0; i < crew->jobs; i++) {
        crew->cpu_seen[i] = 0;
        crew->pids[i] = fork();
        if (crew->pids[i] == 0)
            worker_main(crew, i, end);
        if (crew->pids[i] < 0) {
            crew->pids[i] = 0;
            crew->trouble = true;
        }
    }
}

bool crew_run(struct crew *crew, uint64_t first, uint64_t end, bool (*watch)(void *context),
              void *context)
{
    struct crew_board *board = crew->board;
    struct timespec pause = {.tv_nsec = 200000};
    origin_t origin;
    crew_start(crew, first, end);
    while (crew_watch(crew) > 0) {
        if (!watch(context) || crew->trouble)
            atomic_store(&board->stop, true);
        (void)nanosleep(&pause, NULL);
        if (pause.tv_nsec < 50000000)
            pause.tv_nsec *= 2;
    }
    return !atomic_load(&board->stop) && !crew->trouble && !crew_broken(crew, &origin);
}
