/* kheap-NAME stress: the allocator used by several threads at once. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/contents.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run.h"
#include "fuzz/foreign/steps.h"
#include "fuzz/foreign/stress.h"
#include "fuzz/random.h"
#include "fuzz/tool/command.h"

#define THREADS_MAX 64u
#define SLOTS 64u

/* Seconds after the end in which all threads must have noticed it. */
#define PATIENCE 10u

/* Pages of the window: no request of these sizes should be refused for want of them. */
#define WINDOW_PAGES 16384u

static const char help_text[] =
    "usage: kheap-NAME stress [OPTION...]\n"
    "\n"
    "Threads allocate, resize and free at random, each its own blocks, all at once on one heap. "
    "Each\n"
    "block is filled with a pattern of its own that is looked for again: blocks that overlap are\n"
    "found by it. Only for an allocator whose adapter declares `threads'.\n"
    "\n"
    "  --threads N   how many (default: 4)\n"
    "  --seconds N   how long (default: 10)\n"
    "  --seed N      of what each thread does (default: 1); when they do it differs from run to "
    "run\n"
    "\n"
    "Exit status: 0 nothing went wrong, 1 a rule is broken, 2 the command line was not understood, "
    "or\n"
    "the allocator declares no threads, 3 there is no memory.\n";

struct held {
    uintptr_t at;
    uintptr_t size_bytes;
    uint32_t seed;
};

struct worker {
    pthread_t thread;
    struct random random;
    struct held held[SLOTS];
    uint32_t next_seed;
    uint64_t operations;
    uint64_t refusals;
};

static struct worker workers[THREADS_MAX];
static atomic_bool stopping;
static atomic_uint running;
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint violations;

/* Tells of the first thing that goes wrong, and stops all threads. */
static void broken(enum rule rule, uintptr_t at, uintptr_t expected, uintptr_t found,
                   const char *what)
{
    struct violation violation;
    struct line line;
    (void)violation_set(&violation, rule, (uint32_t)at, (uint32_t)expected, (uint32_t)found, what);
    (void)pthread_mutex_lock(&telling);
    if (atomic_fetch_add(&violations, 1u) == 0) {
        violation_line(&violation, &line);
        printf("stress: %s\n", line.text);
        (void)fflush(stdout);
    }
    (void)pthread_mutex_unlock(&telling);
    atomic_store(&stopping, true);
}

static bool intact(const struct held *held, uintptr_t at, uintptr_t upto_bytes)
{
    uintptr_t damage = contents_find_damage(at, held->size_bytes, held->seed, upto_bytes);
    if (damage >= upto_bytes)
        return true;
    broken(RULE_A3, at + damage, contents_word(held->seed, damage),
           contents_read(at + damage, upto_bytes - damage), "contents of a live block at");
    return false;
}

static uint32_t pick_bytes(struct random *random)
{
    uint32_t most = random_below(random, 16) == 0  ? 65536u
                    : random_below(random, 4) == 0 ? 4096u
                                                   : 256u;
    if (run_asked_max() < most)
        most = (uint32_t)run_asked_max();
    return 1u + random_below(random, most);
}

/* Takes a block in, whose first bytes must be zero if `zeroed'. */
static void take(struct worker *worker, struct held *held, void *result, uintptr_t size_bytes,
                 bool zeroed)
{
    const uint8_t *bytes = result;
    if (result == NULL) {
        worker->refusals++;
        return;
    }
    if (adapter.align_bytes != 0 && (uintptr_t)result % adapter.align_bytes != 0)
        broken(RULE_A9, (uintptr_t)result, adapter.align_bytes,
               (uintptr_t)result % adapter.align_bytes,
               "alignment (found: the remainder) of the block at");
    for (uintptr_t i = 0; zeroed && i < size_bytes; i++)
        if (bytes[i] != 0) {
            broken(RULE_A6, (uintptr_t)result + i, 0, bytes[i], "a byte that is to be zero, at");
            break;
        }
    *held = (struct held){(uintptr_t)result, size_bytes, worker->next_seed++};
    contents_write(held->at, held->size_bytes, held->seed);
}

static void give(struct held *held)
{
    uintptr_t at = held->at;
    if (!intact(held, at, held->size_bytes))
        return;
    held->at = 0;
    adapter.release((void *)at);
}

static void resize(struct worker *worker, struct held *held, uintptr_t size_bytes)
{
    if (!intact(held, held->at, held->size_bytes))
        return;
    void *result = adapter.resize((void *)held->at, size_bytes);
    if (result == NULL) {
        worker->refusals++;
        (void)intact(held, held->at, held->size_bytes);
        return;
    }
    uintptr_t kept = size_bytes < held->size_bytes ? size_bytes : held->size_bytes;
    if (intact(held, (uintptr_t)result, kept))
        take(worker, held, result, size_bytes, false);
}

static void work_once(struct worker *worker)
{
    struct random *random = &worker->random;
    struct held *held = &worker->held[random_below(random, SLOTS)];
    uint32_t size = pick_bytes(random);
    steps_count = 0; /* of all threads' calls together, which are to be short */
    if (held->at != 0 && adapter.resize != NULL && random_below(random, 4) == 0)
        resize(worker, held, size);
    else if (held->at != 0)
        give(held);
    else if (adapter.zeroed != NULL && random_below(random, 4) == 0)
        take(worker, held, adapter.zeroed(1, size), size, true);
    else
        take(worker, held, adapter.alloc(size), size, false);
    worker->operations++;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load_explicit(&stopping, memory_order_relaxed))
        work_once(worker);
    for (uint32_t i = 0; i < SLOTS && atomic_load(&violations) == 0; i++)
        if (worker->held[i].at != 0)
            give(&worker->held[i]);
    (void)atomic_fetch_sub(&running, 1u);
    return NULL;
}

/* Waits until the threads have ended. Returns false if some never do. */
static bool threads_end(uint32_t count)
{
    for (uint32_t i = 0; i < 10u * PATIENCE && atomic_load(&running) != 0; i++)
        (void)usleep(100000);
    if (atomic_load(&running) != 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        (void)pthread_join(workers[i].thread, NULL);
    return true;
}

static bool threads_run(uint32_t count, uint32_t seconds, uint32_t seed)
{
    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){.random = {seed * THREADS_MAX + i}, .next_seed = i << 24};
        (void)atomic_fetch_add(&running, 1u);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return false;
    }
    for (uint32_t i = 0; i < 10u * seconds && !atomic_load(&stopping); i++)
        (void)usleep(100000);
    atomic_store(&stopping, true);
    return true;
}

/* What the allocator dies of is the end of the run, and of the process: the other threads go on. */
static void died(int number)
{
    static const char words[] =
        "stress: A5: a call comes to an end and does not crash: it crashed\n";
    (void)number;
    _exit(write(STDOUT_FILENO, words, sizeof(words) - 1u) > 0 ? EXIT_VIOLATION : EXIT_INPUT);
}

static bool crashes_caught(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_handler = died};
    bool ok = sigemptyset(&action.sa_mask) == 0;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        ok = ok && sigaction(deadly[i], &action, NULL) == 0;
    return ok;
}

static int stress(uint32_t count, uint32_t seconds, uint32_t seed)
{
    uint64_t operations = 0;
    uint64_t refusals = 0;
    if (!stress_begin(WINDOW_PAGES) || !crashes_caught() || !threads_run(count, seconds, seed)) {
        (void)fputs("kheap stress: no memory for a heap and its threads\n", stderr);
        return EXIT_INPUT;
    }
    if (!threads_end(count))
        broken(RULE_A5, 0, 0, atomic_load(&running), "threads (found) that do not come to an end,");
    else if (atomic_load(&violations) == 0 && stress_misuses() != 0)
        broken(RULE_A14, 0, 0, stress_misuses(), "misuses (found) reported by calls in order,");
    for (uint32_t i = 0; i < count; i++) {
        operations += workers[i].operations;
        refusals += workers[i].refusals;
    }
    printf("stress: %s: %u threads, %llu operations, %llu refused, %s\n", adapter.name, count,
           (unsigned long long)operations, (unsigned long long)refusals,
           atomic_load(&violations) != 0 ? "a rule is broken" : "0 violations");
    return atomic_load(&violations) != 0 ? EXIT_VIOLATION : EXIT_OK;
}

int command_stress(int argc, char **argv)
{
    uint32_t count = 4;
    uint32_t seconds = 10;
    uint32_t seed = 1;
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(help_text, stdout);
            return EXIT_OK;
        }
        if (command_option(argc, argv, &i, "--threads", &value)) {
            if (!command_number(value, THREADS_MAX, &count))
                return command_usage("stress", "--threads takes a number up to 64, not", value);
        } else if (command_option(argc, argv, &i, "--seconds", &value)) {
            if (!command_number(value, 86400, &seconds))
                return command_usage("stress", "--seconds takes a number, not", value);
        } else if (command_option(argc, argv, &i, "--seed", &value)) {
            if (!command_number(value, UINT32_MAX, &seed))
                return command_usage("stress", "--seed takes a number, not", value);
        } else {
            return command_usage("stress", "takes no such argument", argv[i]);
        }
    }
    if (!adapter.threads)
        return command_usage("stress", "threads are not declared by the adapter of", adapter.name);
    return stress(count, seconds, seed);
}
