/* An access, by the manual's rules. */
#include "mmu_x86/scenario/oracle_internal.h"

/* SDM 3A 4.3, table 4-4: bit 21 of an entry that maps 4 MiB is reserved; bits 20:13 are the
 * address's upper bits (PSE-36), and bits 31:22 its lower ones. */
#define LARGE_RESERVED 0x00200000u

/* An access on its way. */
struct way {
    struct oracle *oracle;
    const struct scenario_step *step;
    uint32_t at;
    struct oracle_world world;
};

/* The cell that a word of a frame is; CELL_COUNT: none, which no scenario should come to. */
static uint32_t cell_at(uint32_t frame, uint32_t index)
{
    for (uint32_t cell = 0; cell < CELL_COUNT; cell++) {
        struct scenario_place place = scenario_place((enum scenario_cell)cell);
        if (place.frame == frame && place.index == index)
            return cell;
    }
    return CELL_COUNT;
}

static bool is_write(const struct way *way)
{
    return way->step->kind == STEP_WRITE;
}

/* SDM 3A 4.6.1: what a user may do, and what a supervisor may do. A fetch is as a read, there being
 * no execute-disable. */
static bool permitted(const struct way *way, bool writable, bool user)
{
    if (way->step->user != 0)
        return user && (!is_write(way) || writable);
    return !is_write(way) || writable || !way->oracle->protect;
}

/* SDM 3A 4.7; and 4.10.4.1: a fault drops what is kept for its address. */
static void fault(const struct way *way, uint32_t why)
{
    struct oracle_world world = way->world;
    world.now.faulted = true;
    world.now.fault_at = way->at;
    world.now.error_code =
        why | (is_write(way) ? FAULT_WRITE : 0) | (way->step->user != 0 ? FAULT_USER : 0);
    if ((why & FAULT_RESERVED) != 0 && (way->oracle->traits & ORACLE_DEPARTS_RESERVED) != 0)
        world.now.error_code &= ~FAULT_PRESENT;
    if ((way->oracle->traits & ORACLE_DEPARTS_KEEPS) == 0)
        world.pages[oracle_page_of(way->at)].count = 0;
    world.tables[oracle_table_of(way->at)].count = 0;
    oracle_add(way->oracle, &world);
}

/* The word itself, once it is known where it lies. */
static void reach(const struct way *way, uint32_t frame)
{
    struct oracle_world world = way->world;
    uint32_t cell = cell_at(frame, (way->at & PAGE_MASK) / 4u);
    if (cell == CELL_COUNT) {
        way->oracle->lost = true;
        return;
    }
    if (is_write(way))
        world.now.cells[cell] = way->step->word;
    else
        world.now.word = world.now.cells[cell];
    oracle_add(way->oracle, &world);
}

/* SDM 3A 4.8. */
static void mark(struct way *way, uint32_t cell, bool last)
{
    way->world.now.cells[cell] |= ENTRY_ACCESSED | (last && is_write(way) ? ENTRY_DIRTY : 0);
}

static void keep(const struct way *way, struct oracle_cache *cache, const struct oracle_kept *kept)
{
    if (!oracle_keep(cache, kept))
        way->oracle->lost = true;
}

/* A fault behind a directory entry that was used: it may be marked accessed by then, or not. */
static void fault_behind(const struct way *way, uint32_t directory_cell, uint32_t why)
{
    struct way marked = *way;
    fault(way, why);
    if (directory_cell == CELL_COUNT)
        return;
    mark(&marked, directory_cell, false);
    marked.world.reasons |= ORACLE_ACCESSED;
    fault(&marked, why);
}

static void walk_large(struct way *way, uint32_t cell)
{
    uint32_t entry = way->world.now.cells[cell];
    bool writable = (entry & ENTRY_WRITABLE) != 0;
    bool user = (entry & ENTRY_USER) != 0;
    if ((entry & LARGE_RESERVED) != 0) {
        fault_behind(way, cell, FAULT_PRESENT | FAULT_RESERVED);
        return;
    }
    if (!permitted(way, writable, user)) {
        fault_behind(way, cell, FAULT_PRESENT);
        return;
    }
    mark(way, cell, true);
    /* One entry of the TLB may stand for all of the 4 MiB (SDM 3A 4.10.2.2). */
    struct oracle_kept kept = {
        .frame = (entry >> TABLE_SHIFT) * TABLE_ENTRIES + SCENARIO_INDEX,
        .writable = writable,
        .user = user,
        .dirty = (way->world.now.cells[cell] & ENTRY_DIRTY) != 0,
        .large = true,
    };
    keep(way, &way->world.pages[PAGE_FIRST], &kept);
    kept.frame++;
    keep(way, &way->world.pages[PAGE_NEXT], &kept);
    reach(way, kept.frame - (oracle_page_of(way->at) == PAGE_FIRST ? 1u : 0));
}

/* From a table on. directory_cell is the entry that led there; CELL_COUNT: a kept one did. */
static void walk_table(struct way *way, uint32_t directory_cell, const struct oracle_kept *table)
{
    uint32_t cell = cell_at(table->frame, way->at >> PAGE_SHIFT & (TABLE_ENTRIES - 1u));
    if (cell == CELL_COUNT) {
        way->oracle->lost = true;
        return;
    }
    uint32_t entry = way->world.now.cells[cell];
    if ((entry & ENTRY_PRESENT) == 0) {
        fault_behind(way, directory_cell, 0);
        return;
    }
    bool writable = table->writable && (entry & ENTRY_WRITABLE) != 0;
    bool user = table->user && (entry & ENTRY_USER) != 0;
    if (!permitted(way, writable, user)) {
        fault_behind(way, directory_cell, FAULT_PRESENT);
        return;
    }
    if (directory_cell != CELL_COUNT)
        mark(way, directory_cell, false);
    mark(way, cell, true);
    struct oracle_kept kept = {
        .frame = entry_frame(entry).n,
        .writable = writable,
        .user = user,
        .dirty = (way->world.now.cells[cell] & ENTRY_DIRTY) != 0,
    };
    keep(way, &way->world.tables[oracle_table_of(way->at)], table);
    keep(way, &way->world.pages[oracle_page_of(way->at)], &kept);
    reach(way, kept.frame);
}

/* SDM 3A 4.3: from CR3. */
static void walk_root(struct way way)
{
    uint32_t cell = cell_at(way.oracle->root, way.at >> TABLE_SHIFT);
    uint32_t entry = way.world.now.cells[cell];
    struct oracle_kept table = {
        .frame = entry_frame(entry).n,
        .writable = (entry & ENTRY_WRITABLE) != 0,
        .user = (entry & ENTRY_USER) != 0,
    };
    if ((entry & ENTRY_PRESENT) == 0)
        fault(&way, 0);
    else if (way.oracle->page_sizes && (entry & ENTRY_PAGE_SIZE) != 0)
        walk_large(&way, cell);
    else
        walk_table(&way, cell, &table);
}

/* A processor may walk from a directory entry that it keeps (SDM 3A 4.10.3). */
static void walk_kept(const struct way *way)
{
    const struct oracle_cache *cache = &way->world.tables[oracle_table_of(way->at)];
    for (uint32_t i = 0; i < cache->count; i++) {
        struct way kept = *way;
        kept.world.reasons |= ORACLE_STALE;
        walk_table(&kept, CELL_COUNT, &cache->kept[i]);
    }
}

/* With a translation that is kept (SDM 3A 4.10.2, 4.10.4.3): rights that it lacks fault though the
 * tables may grant them by now. A write through one that is not dirty has to find the entry to mark
 * (4.8); where the tables have changed, whether it does, or goes on with what is kept, is not
 * said. */
static void use_kept(struct way way, const struct oracle_kept *kept, bool stale)
{
    way.world.reasons |= ORACLE_STALE;
    if (!permitted(&way, kept->writable, kept->user))
        fault(&way, FAULT_PRESENT);
    else if (!is_write(&way) || kept->dirty || stale)
        reach(&way, kept->frame);
}

/* Whether the tables lead elsewhere than what is kept, or not at all. */
static bool is_stale(const struct oracle *oracle, const struct oracle_world *world, uint32_t at,
                     const struct oracle_kept *kept)
{
    uint32_t entry = world->now.cells[cell_at(oracle->root, at >> TABLE_SHIFT)];
    uint32_t rights = entry;
    uint32_t frame = (entry >> TABLE_SHIFT) * TABLE_ENTRIES + (at >> PAGE_SHIFT) % TABLE_ENTRIES;
    if (!oracle->page_sizes || (entry & ENTRY_PAGE_SIZE) == 0) {
        uint32_t cell = cell_at(entry_frame(entry).n, at >> PAGE_SHIFT & (TABLE_ENTRIES - 1u));
        if (cell == CELL_COUNT)
            return true;
        rights = entry & world->now.cells[cell];
        frame = entry_frame(world->now.cells[cell]).n;
    }
    return (rights & ENTRY_PRESENT) == 0 || frame != kept->frame ||
           ((rights & ENTRY_WRITABLE) != 0) != kept->writable ||
           ((rights & ENTRY_USER) != 0) != kept->user;
}

/* Whether the machine has promised to use what it keeps, the newest of it. */
static bool is_promised(const struct way *way, const struct oracle_cache *cache)
{
    if ((way->oracle->traits & ORACLE_PROMISES) == 0 || cache->count == 0 || is_write(way))
        return false;
    const struct oracle_kept *newest = &cache->kept[cache->count - 1u];
    return !newest->large && permitted(way, newest->writable, newest->user);
}

void oracle_access(struct oracle *oracle, const struct oracle_world *before,
                   const struct scenario_step *step)
{
    uint32_t at = scenario_address((enum scenario_target)step->to);
    struct way way = {.oracle = oracle, .step = step, .at = at, .world = *before};
    const struct oracle_cache *cache = &before->pages[oracle_page_of(at)];
    if (is_promised(&way, cache)) {
        use_kept(way, &cache->kept[cache->count - 1u], true);
        return;
    }
    walk_root(way);
    walk_kept(&way);
    for (uint32_t i = 0; i < cache->count; i++)
        use_kept(way, &cache->kept[i], is_stale(oracle, before, at, &cache->kept[i]));
}
