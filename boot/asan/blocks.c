#include "boot/asan/blocks.h"

#include <stddef.h>

#define RECORDS (BLOCK_SETS * BLOCK_WAYS)

static struct block_record *records;
static uint32_t age;

void blocks_start(void *memory)
{
    records = memory;
}

void blocks_reset(void)
{
    for (uint32_t i = 0; records != NULL && age != 0 && i < RECORDS; i++)
        records[i].at = 0;
    age = 0;
}

/* A multiplicative hash: blocks of one size lie at equal distances. */
static struct block_record *set_of(uint32_t at)
{
    uint32_t hash = at / 8u * 0x9E3779B1u;
    return &records[(hash >> 16) % BLOCK_SETS * BLOCK_WAYS];
}

static struct block_record *find(uint32_t at)
{
    struct block_record *set = set_of(at);
    for (uint32_t i = 0; i < BLOCK_WAYS; i++)
        if (set[i].at == at)
            return &set[i];
    return NULL;
}

/* True if `record` is the one to give up: an empty one, then the oldest freed, then the oldest. */
static bool goes_first(const struct block_record *record, const struct block_record *other)
{
    if ((record->at == 0) != (other->at == 0))
        return record->at == 0;
    if (record->freed != other->freed)
        return record->freed;
    return record->age < other->age;
}

static struct block_record *place_for(uint32_t at)
{
    struct block_record *place = find(at);
    if (place != NULL)
        return place;
    struct block_record *set = set_of(at);
    place = set;
    for (uint32_t i = 1; i < BLOCK_WAYS; i++)
        if (goes_first(&set[i], place))
            place = &set[i];
    return place;
}

void block_allocated(uint32_t at, uint32_t size_bytes, const struct trace *trace)
{
    if (records == NULL)
        return;
    struct block_record *record = place_for(at);
    record->at = at;
    record->size_bytes = size_bytes;
    record->age = ++age;
    record->freed = false;
    record->allocated_by = *trace;
}

void block_widened(uint32_t at, uint32_t size_bytes)
{
    struct block_record *record = records == NULL ? NULL : find(at);
    if (record != NULL)
        record->size_bytes = size_bytes;
}

void block_freed(uint32_t at, const struct trace *trace)
{
    struct block_record *record = records == NULL ? NULL : find(at);
    if (record == NULL)
        return;
    record->age = ++age;
    record->freed = true;
    record->freed_by = *trace;
}

void block_lives_on(uint32_t at)
{
    struct block_record *record = records == NULL ? NULL : find(at);
    if (record != NULL)
        record->freed = false;
}

uint32_t block_distance(const struct block_record *block, uint32_t at)
{
    if (at < block->at)
        return block->at - at;
    uint32_t offset = at - block->at;
    return offset < block->size_bytes ? 0 : offset - block->size_bytes + 1u;
}

/* What a block of the least size has beside what was asked for, and the tags: no live block owns
 * more behind its end. */
#define BESIDE_BYTES 16u

static bool is_younger(const struct block_record *record, const struct block_record *other)
{
    return other == NULL || record->age > other->age;
}

static bool is_nearer(const struct block_record *record, const struct block_record *other,
                      uint32_t at)
{
    return other == NULL || block_distance(record, at) < block_distance(other, at);
}

const struct block_record *block_of(uint32_t at)
{
    const struct block_record *freed = NULL; /* the youngest that held it */
    const struct block_record *live = NULL;  /* the nearest */
    for (uint32_t i = 0; records != NULL && i < RECORDS; i++) {
        const struct block_record *record = &records[i];
        if (record->at == 0)
            continue;
        if (!record->freed && is_nearer(record, live, at))
            live = record;
        if (record->freed && block_distance(record, at) == 0 && is_younger(record, freed))
            freed = record;
    }
    bool beside = live != NULL && block_distance(live, at) <= BESIDE_BYTES;
    return freed != NULL && !(beside && live->age > freed->age) ? freed : live;
}
