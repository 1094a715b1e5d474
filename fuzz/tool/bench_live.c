/* Synthetic loads: a live set of a given size, in a steady state. */
#include <stdlib.h>

#include "fuzz/op_list.h"
#include "fuzz/random.h"
#include "fuzz/tool/bench.h"
#include "fuzz/trace_write.h"

/* Any would do; the same one makes the same load everywhere. */
#define LIVE_SEED 1u

struct live {
    struct random random;
    struct op_list ops;
    uint32_t *slots; /* of the live objects */
    uint32_t *sizes; /* theirs */
    uint32_t allocated;
    uint64_t block_bytes; /* of all live blocks */
    uint64_t peak_block_bytes;
};

/* 8 to 4096 bytes. How often a size has so many bits is made up after what kernels show: most
 * objects are structures of 16 to 256 bytes. Half of them are powers of two, as buffers and tables
 * are; the others lie anywhere between two of these. The mean is about 250 bytes. */
static uint32_t pick_size(struct random *random)
{
    static const uint8_t percent[] = {4, 10, 20, 22, 16, 12, 7, 5, 2, 2};
    uint32_t left = random_below(random, 100);
    uint32_t size = 8;
    for (uint32_t i = 0; left >= percent[i]; i++) {
        left -= percent[i];
        size *= 2u;
    }
    if (size == 8u || random_below(random, 2) == 0)
        return size;
    return size / 2u + 1u + random_below(random, size / 2u - 1u);
}

/* A block's tags, and its rounding. */
static uint32_t block_bytes(uint32_t size)
{
    return size <= 8u ? 16u : (size + 15u) / 8u * 8u;
}

/* Allocates the object with number i, which is new or has just been freed. */
static bool allocate(struct live *live, uint32_t i)
{
    struct op op = {.kind = OP_ALLOC, .slot = live->allocated++};
    op.size = pick_size(&live->random);
    live->slots[i] = op.slot;
    live->sizes[i] = op.size;
    live->block_bytes += block_bytes(op.size);
    if (live->block_bytes > live->peak_block_bytes)
        live->peak_block_bytes = live->block_bytes;
    return op_list_append(&live->ops, &op);
}

/* Frees a random object, and allocates another. */
static bool replace(struct live *live, uint32_t object_count)
{
    uint32_t i = random_below(&live->random, object_count);
    struct op op = {.kind = OP_FREE, .slot = live->slots[i]};
    live->block_bytes -= block_bytes(live->sizes[i]);
    return op_list_append(&live->ops, &op) && allocate(live, i);
}

static bool generate(struct live *live, uint32_t object_count, uint32_t operation_count)
{
    live->slots = calloc(object_count, sizeof(*live->slots));
    live->sizes = calloc(object_count, sizeof(*live->sizes));
    bool ok = live->slots != NULL && live->sizes != NULL &&
              op_list_reserve(&live->ops, 2u * object_count + operation_count);
    for (uint32_t i = 0; ok && i < object_count; i++)
        ok = allocate(live, i);
    for (uint32_t i = 0; ok && i < (object_count + operation_count) / 2u; i++)
        ok = replace(live, object_count);
    free(live->slots);
    free(live->sizes);
    return ok;
}

static bool add_trace(struct bench_set *set, const struct op_list *ops,
                      const struct op_config *config, struct line *error)
{
    struct file file;
    file.data = trace_write(ops, config, &file.size_bytes);
    if (file.data == NULL)
        return file_error(error, "live objects", "not enough memory for their trace");
    return bench_set_add(set, "live objects", &file, error);
}

bool bench_live_make(struct bench_set *filled, struct bench_set *steady, uint32_t object_count,
                     uint32_t operation_count, struct line *error)
{
    struct live live = {.random = {LIVE_SEED}};
    struct op_config config;
    bool ok = generate(&live, object_count, operation_count) ||
              file_error(error, "live objects", "not enough memory for them");
    /* Both run on the same machine, or their difference would not be the steady state alone. */
    trace_machine(live.peak_block_bytes, &config);
    struct op_list head = live.ops;
    head.count -= operation_count;
    ok = ok && add_trace(filled, &head, &config, error) &&
         add_trace(steady, &live.ops, &config, error);
    op_list_free(&live.ops);
    return ok;
}
