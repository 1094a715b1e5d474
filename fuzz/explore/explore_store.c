#include "fuzz/explore/explore_store.h"

#include <string.h>
#include <sys/mman.h>

/* Filled beyond this share, the table's probes become long. */
#define FILL_PERCENT 75u

static void *shared_memory(uint64_t size_bytes)
{
    if (size_bytes > SIZE_MAX / 2u)
        return NULL;
    void *memory = mmap(NULL, (size_t)size_bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void shared_release(void *memory, uint64_t size_bytes)
{
    if (memory != NULL)
        (void)munmap(memory, (size_t)size_bytes);
}

/* Origins are sorted with as much room beside them. */
static uint64_t origins_bytes(const struct store *store)
{
    return 2u * store->state_max * sizeof(origin_t);
}

static uint64_t found_bytes(const struct store *store)
{
    return store->state_max * sizeof(uint64_t);
}

static uint64_t size_of(const struct store *store)
{
    /* The workers' lists hold each new state once, whoever found it. */
    return store->slot_count * sizeof(struct store_slot) + origins_bytes(store) +
           found_bytes(store);
}

bool store_make(struct store *store, uint64_t size_bytes, uint32_t jobs)
{
    *store = (struct store){.slot_count = 1024u};
    for (;;) {
        struct store larger = {.slot_count = 2u * store->slot_count};
        larger.state_max = larger.slot_count / 100u * FILL_PERCENT;
        if (size_of(&larger) > size_bytes)
            break;
        *store = larger;
    }
    store->state_max = store->slot_count / 100u * FILL_PERCENT;
    store->mapped_bytes = size_of(store);
    store->slots = shared_memory(store->slot_count * sizeof(struct store_slot));
    store->origins = shared_memory(origins_bytes(store));
    store->shared = shared_memory(sizeof(*store->shared));
    bool made = store->slots != NULL && store->origins != NULL && store->shared != NULL;
    for (uint32_t i = 0; i < jobs; i++) {
        store->found[i] = shared_memory(found_bytes(store));
        made = made && store->found[i] != NULL;
    }
    if (!made)
        store_free(store);
    return made;
}

bool store_verify(struct store *store, uint64_t size_bytes)
{
    store->forms_max = size_bytes / sizeof(uint32_t);
    store->forms = shared_memory(size_bytes);
    store->form_at = shared_memory(store->slot_count * sizeof(uint64_t));
    return store->forms != NULL && store->form_at != NULL;
}

void store_free(struct store *store)
{
    shared_release(store->slots, store->slot_count * sizeof(struct store_slot));
    shared_release(store->origins, origins_bytes(store));
    for (uint32_t i = 0; i < STORE_JOBS_MAX; i++)
        shared_release(store->found[i], found_bytes(store));
    shared_release(store->shared, sizeof(*store->shared));
    shared_release(store->forms, store->forms_max * sizeof(uint32_t));
    shared_release(store->form_at, store->slot_count * sizeof(uint64_t));
    *store = (struct store){0};
}

/* Multiply and fold, two words at a time: each step is a bijection of the state so far, and the end
 * mixes all bits into all others. */
uint64_t store_hash(const uint32_t *words, uint32_t count)
{
    uint64_t hash = 0x9E3779B97F4A7C15ull ^ count;
    for (uint32_t i = 0; i < count; i += 2u) {
        uint64_t high = i + 1u < count ? words[i + 1u] : 0;
        hash = (hash ^ (high << 32 | words[i])) * 0xD6E8FEB86659FD93ull;
        hash ^= hash >> 32;
    }
    hash = (hash ^ hash >> 29) * 0xBF58476D1CE4E5B9ull;
    hash = (hash ^ hash >> 32) * 0x94D049BB133111EBull;
    hash ^= hash >> 29;
    return hash != 0 ? hash : 1u;
}

/* Of two origins the lower one wins. */
static void origin_lower(struct store_slot *slot, origin_t origin)
{
    uint64_t priority = ~origin;
    uint64_t held = atomic_load_explicit(&slot->priority, memory_order_relaxed);
    while (priority > held &&
           !atomic_compare_exchange_weak_explicit(&slot->priority, &held, priority,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* A form that was kept: its length, then its words. */
static void form_keep(struct store *store, uint64_t slot, const uint32_t *words, uint32_t count)
{
    struct store_shared *shared = store->shared;
    if (store->forms == NULL)
        return;
    if (store->forms_max - shared->forms_count < count + 1u) {
        shared->forms_dropped++;
        return;
    }
    store->form_at[slot] = shared->forms_count + 1u;
    store->forms[shared->forms_count] = count;
    memcpy(&store->forms[shared->forms_count + 1u], words, count * sizeof(uint32_t));
    shared->forms_count += count + 1u;
}

static void form_compare(struct store *store, uint64_t slot, const uint32_t *words, uint32_t count)
{
    if (store->forms == NULL || store->form_at[slot] == 0)
        return;
    const uint32_t *form = &store->forms[store->form_at[slot] - 1u];
    if (form[0] != count || memcmp(form + 1, words, count * sizeof(uint32_t)) != 0)
        store->shared->collisions++;
}

enum store_answer store_enter(struct store *store, uint32_t worker, const uint32_t *words,
                              uint32_t count, origin_t origin)
{
    struct store_shared *shared = store->shared;
    uint64_t hash = store_hash(words, count);
    uint64_t i = hash & (store->slot_count - 1u);
    for (;; i = (i + 1u) & (store->slot_count - 1u)) {
        struct store_slot *slot = &store->slots[i];
        uint64_t held = atomic_load_explicit(&slot->hash, memory_order_relaxed);
        if (held == 0) {
            if (atomic_load_explicit(&shared->total, memory_order_relaxed) + STORE_JOBS_MAX >=
                store->state_max)
                return STORE_FULL;
            if (atomic_compare_exchange_strong(&slot->hash, &held, hash)) {
                origin_lower(slot, origin);
                atomic_fetch_add_explicit(&shared->total, 1u, memory_order_relaxed);
                uint64_t n = atomic_fetch_add_explicit(&shared->found_count[worker], 1u,
                                                       memory_order_relaxed);
                store->found[worker][n] = i;
                form_keep(store, i, words, count);
                return STORE_NEW;
            }
        }
        if (held == hash) {
            origin_lower(slot, origin);
            form_compare(store, i, words, count);
            return STORE_KNOWN;
        }
    }
}

#define DIGIT_BITS 16u
#define DIGITS (1u << DIGIT_BITS)

/* Sorts by one digit, stably, from `from` to `to`. */
static void sort_digit(const origin_t *from, origin_t *to, uint64_t count, uint32_t shift)
{
    static uint64_t start[DIGITS];
    memset(start, 0, sizeof(start));
    for (uint64_t i = 0; i < count; i++)
        start[from[i] >> shift & (DIGITS - 1u)]++;
    uint64_t sum = 0;
    for (uint32_t digit = 0; digit < DIGITS; digit++) {
        uint64_t digit_count = start[digit];
        start[digit] = sum;
        sum += digit_count;
    }
    for (uint64_t i = 0; i < count; i++)
        to[start[from[i] >> shift & (DIGITS - 1u)]++] = from[i];
}

void store_level(struct store *store)
{
    origin_t *level = &store->origins[store->state_count];
    uint64_t count = 0;
    origin_t all = 0;
    for (uint32_t worker = 0; worker < STORE_JOBS_MAX; worker++) {
        uint64_t found_count = atomic_load(&store->shared->found_count[worker]);
        for (uint64_t i = 0; i < found_count; i++) {
            level[count] = ~atomic_load(&store->slots[store->found[worker][i]].priority);
            all |= level[count++];
        }
        atomic_store(&store->shared->found_count[worker], 0);
    }
    /* Twice as many digits as needed at most, in pairs, so that the result is where it began. */
    for (uint32_t shift = 0; shift < 64u && all >> shift != 0; shift += 2u * DIGIT_BITS) {
        sort_digit(level, level + count, count, shift);
        sort_digit(level + count, level, count, shift + DIGIT_BITS);
    }
    store->state_count += count;
}

uint32_t store_path(const struct store *store, uint64_t state, uint32_t *path, uint32_t length_max)
{
    uint32_t length = 0;
    for (uint64_t at = state; at != 0; at = origin_state(store->origins[at]))
        if (++length > length_max)
            return length;
    uint32_t i = length;
    for (uint64_t at = state; at != 0; at = origin_state(store->origins[at]))
        path[--i] = origin_code(store->origins[at]);
    return length;
}
