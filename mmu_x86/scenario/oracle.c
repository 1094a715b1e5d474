/* The set of worlds, and the steps that are no accesses. */
#include "mmu_x86/scenario/oracle_internal.h"

/* The steps' results are gathered here, in the place of the worlds that they come of. */
static struct oracle_world before[ORACLE_WORLDS_MAX];

void oracle_start(struct oracle *oracle, const struct scenario *scenario, uint32_t traits)
{
    oracle->traits = traits;
    oracle->root = SCENARIO_DIRECTORY;
    oracle->protect = scenario->protect;
    oracle->page_sizes = scenario->page_sizes;
    oracle->lost = false;
    oracle->world_count = 1;
    oracle->worlds[0] = (struct oracle_world){0};
    scenario_cells(scenario, oracle->worlds[0].now.cells);
}

enum oracle_page oracle_page_of(uint32_t at)
{
    if (at >= DIRECTORY_AT)
        return PAGE_DIRECTORY;
    if (at >= TABLES_AT)
        return PAGE_TABLE;
    return at >> PAGE_SHIFT == SCENARIO_AT >> PAGE_SHIFT ? PAGE_FIRST : PAGE_NEXT;
}

uint32_t oracle_table_of(uint32_t at)
{
    return at >= TABLES_AT ? 1u : 0;
}

static bool kept_same(const struct oracle_kept *a, const struct oracle_kept *b)
{
    return a->frame == b->frame && a->writable == b->writable && a->user == b->user &&
           a->large == b->large;
}

static bool caches_same(const struct oracle_cache *a, const struct oracle_cache *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!kept_same(&a->kept[i], &b->kept[i]) || a->kept[i].dirty != b->kept[i].dirty)
            return false;
    return true;
}

static bool worlds_same(const struct oracle_world *a, const struct oracle_world *b)
{
    for (uint32_t page = 0; page < PAGE_COUNT; page++)
        if (!caches_same(&a->pages[page], &b->pages[page]))
            return false;
    return caches_same(&a->tables[0], &b->tables[0]) && caches_same(&a->tables[1], &b->tables[1]) &&
           scenario_outcome_same(&a->now, &b->now);
}

bool oracle_keep(struct oracle_cache *cache, const struct oracle_kept *kept)
{
    struct oracle_kept newest = *kept;
    uint32_t left = 0;
    for (uint32_t i = 0; i < cache->count; i++)
        if (kept_same(&cache->kept[i], kept))
            newest.dirty = newest.dirty || cache->kept[i].dirty;
        else
            cache->kept[left++] = cache->kept[i];
    if (left == ORACLE_KEPT_MAX)
        return false;
    cache->kept[left] = newest;
    cache->count = left + 1u;
    return true;
}

void oracle_add(struct oracle *oracle, const struct oracle_world *world)
{
    for (uint32_t i = 0; i < oracle->world_count; i++)
        if (worlds_same(&oracle->worlds[i], world))
            return;
    if (oracle->world_count == ORACLE_WORLDS_MAX) {
        oracle->lost = true;
        return;
    }
    oracle->worlds[oracle->world_count++] = *world;
}

/* Drops from a cache all parts of 4 MiB. */
static void forget_large(struct oracle_cache *cache)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < cache->count; i++)
        if (!cache->kept[i].large)
            cache->kept[left++] = cache->kept[i];
    cache->count = left;
}

/* INVLPG (SDM 3A 4.10.4.1): the page's translation; of a page of 4 MiB, all that the TLB has of it;
 * and all directory entries that are kept. */
static void flush(const struct oracle *oracle, struct oracle_world *world, uint32_t at)
{
    const uint32_t large = ENTRY_PRESENT | ENTRY_PAGE_SIZE;
    uint32_t cell = oracle->root == SCENARIO_DIRECTORY ? CELL_DIRECTORY : CELL_DIRECTORY_2;
    world->pages[oracle_page_of(at)].count = 0;
    if (at < TABLES_AT && oracle->page_sizes && (world->now.cells[cell] & large) == large) {
        forget_large(&world->pages[PAGE_FIRST]);
        forget_large(&world->pages[PAGE_NEXT]);
    }
    world->tables[0].count = world->tables[1].count = 0;
}

/* A load of CR3 (SDM 3A 4.10.4.1), without global pages, CR4.PGE being clear. */
static void reload(struct oracle_world *world)
{
    for (uint32_t page = 0; page < PAGE_COUNT; page++)
        world->pages[page].count = 0;
    world->tables[0].count = world->tables[1].count = 0;
}

static void other_step(const struct oracle *oracle, struct oracle_world *world,
                       const struct scenario_step *step)
{
    if (step->kind == STEP_POKE)
        world->now.cells[step->to] = step->word;
    else if (step->kind == STEP_FLUSH)
        flush(oracle, world, scenario_address((enum scenario_target)step->to));
    else if (step->kind == STEP_RELOAD)
        reload(world);
}

void oracle_step(struct oracle *oracle, const struct scenario_step *step)
{
    uint32_t count = oracle->world_count;
    for (uint32_t i = 0; i < count; i++)
        before[i] = oracle->worlds[i];
    oracle->world_count = 0;
    if (step->kind == STEP_RELOAD)
        oracle->root = step->to;
    if (step->kind == STEP_PROTECT)
        oracle->protect = step->to != 0;
    for (uint32_t i = 0; i < count; i++) {
        struct scenario_outcome *now = &before[i].now;
        now->faulted = false;
        now->error_code = now->fault_at = now->word = 0;
        if (step->kind <= STEP_FETCH) {
            oracle_access(oracle, &before[i], step);
        } else {
            other_step(oracle, &before[i], step);
            oracle_add(oracle, &before[i]);
        }
    }
}

bool oracle_observe(struct oracle *oracle, const struct scenario_outcome *outcome)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < oracle->world_count; i++)
        if (scenario_outcome_same(&oracle->worlds[i].now, outcome))
            oracle->worlds[kept++] = oracle->worlds[i];
    if (kept == 0)
        return false;
    oracle->world_count = kept;
    return true;
}

uint32_t oracle_reasons(struct oracle *oracle, const struct scenario *scenario, bool *lost)
{
    uint32_t reasons = 0;
    oracle_start(oracle, scenario, 0);
    for (uint32_t s = 0; s < scenario->step_count; s++) {
        bool settled = true;
        uint32_t now = 0;
        oracle_step(oracle, &scenario->steps[s]);
        for (uint32_t i = 0; i < oracle->world_count; i++) {
            now |= oracle->worlds[i].reasons;
            settled =
                settled && scenario_outcome_same(&oracle->worlds[0].now, &oracle->worlds[i].now);
        }
        reasons |= settled ? 0 : now;
    }
    *lost = oracle->lost;
    return reasons;
}
