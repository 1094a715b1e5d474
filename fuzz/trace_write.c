#include "fuzz/trace_write.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/crc32.h"
#include "fuzz/trace.h"
#include "fuzz/wire.h"

#define PAGE_BYTES 4096u
#define FRAMES_STEP 256u
#define FRAMES_LEAST 1024u
#define FRAMES_SLACK 64u

/* The most bytes of one operation: one, and two numbers. */
#define TRACE_OP_BYTES_MAX (1u + 2u * LEB128_MAX)

struct trace_writer {
    uint32_t sizes[TRACE_SIZES]; /* ascending, so that they can be searched */
    uint32_t size_count;
    uint32_t allocated;
    uint32_t last_freed;
};

void trace_machine(uint64_t peak_block_bytes, struct op_config *config)
{
    uint64_t frames = 2u * ((peak_block_bytes + PAGE_BYTES - 1u) / PAGE_BYTES) + FRAMES_SLACK;
    frames = frames > FRAMES_LEAST ? frames : FRAMES_LEAST;
    frames = (frames + FRAMES_STEP - 1u) / FRAMES_STEP * FRAMES_STEP;
    *config = (struct op_config){
        .policy = OP_POLICY_DEFAULT,
        .frame_count = (uint32_t)(frames < TRACE_FRAMES_MAX ? frames : TRACE_FRAMES_MAX),
        .window_pages = OP_WINDOW_PAGES_MAX,
    };
}

/* A size and how many allocations ask for it. */
struct tally {
    uint32_t size;
    uint32_t count;
};

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Most frequent first; among equals the larger size, which would take more bytes to write. */
static int compare_tallies(const void *left, const void *right)
{
    const struct tally *a = left;
    const struct tally *b = right;
    if (a->count != b->count)
        return (a->count < b->count) - (a->count > b->count);
    return (a->size < b->size) - (a->size > b->size);
}

/* Sorts the sizes of all allocations, counts equal ones, and keeps the most frequent. Returns false
 * if there is no memory for that. */
static bool sizes_choose(struct trace_writer *writer, const struct op_list *ops)
{
    uint32_t *sizes = malloc(((size_t)ops->count + 1u) * sizeof *sizes);
    struct tally *tallies = malloc(((size_t)ops->count + 1u) * sizeof *tallies);
    uint32_t size_count = 0;
    uint32_t tally_count = 0;
    bool done = sizes != NULL && tallies != NULL;
    for (uint32_t i = 0; done && i < ops->count; i++) {
        if (ops->ops[i].kind == OP_ALLOC)
            sizes[size_count++] = ops->ops[i].size;
    }
    if (done) {
        qsort(sizes, size_count, sizeof *sizes, compare_numbers);
        for (uint32_t i = 0; i < size_count; i++) {
            if (i == 0 || sizes[i] != sizes[i - 1u])
                tallies[tally_count++] = (struct tally){.size = sizes[i]};
            tallies[tally_count - 1u].count++;
        }
        qsort(tallies, tally_count, sizeof *tallies, compare_tallies);
        writer->size_count = tally_count < TRACE_SIZES ? tally_count : TRACE_SIZES;
        for (uint32_t i = 0; i < writer->size_count; i++)
            writer->sizes[i] = tallies[i].size;
        qsort(writer->sizes, writer->size_count, sizeof writer->sizes[0], compare_numbers);
    }
    free(sizes);
    free(tallies);
    return done;
}

static uint32_t write_alloc(struct trace_writer *writer, const struct op *op, uint8_t *out)
{
    writer->allocated++;
    const uint32_t *found = bsearch(&op->size, writer->sizes, writer->size_count,
                                    sizeof writer->sizes[0], compare_numbers);
    if (found != NULL) {
        out[0] = (uint8_t)(TRACE_ALLOC_TABLE + (uint32_t)(found - writer->sizes));
        return 1;
    }
    out[0] = TRACE_ALLOC;
    return 1u + leb128_write(out + 1, op->size);
}

static uint32_t write_aligned(struct trace_writer *writer, const struct op *op, uint8_t *out)
{
    writer->allocated++;
    out[0] = TRACE_ALIGNED;
    uint32_t size = 1u + leb128_write(out + 1, op->size);
    return size + leb128_write(out + size, op->arg);
}

static uint32_t write_realloc(const struct trace_writer *writer, const struct op *op, uint8_t *out)
{
    out[0] = TRACE_REALLOC;
    uint32_t size = 1u + leb128_write(out + 1, writer->allocated - 1u - op->slot);
    return size + leb128_write(out + size, op->size);
}

/* Takes the first form that is a single byte, otherwise the shorter of the other two. */
static uint32_t write_free(struct trace_writer *writer, const struct op *op, uint8_t *out)
{
    uint32_t age = writer->allocated - 1u - op->slot;
    uint32_t step = op->slot - writer->last_freed;
    writer->last_freed = op->slot;
    if (age < TRACE_YOUNG) {
        out[0] = (uint8_t)(TRACE_FREE_YOUNG + age);
        return 1;
    }
    if (step + TRACE_NEAR_BEFORE < TRACE_NEAR) {
        out[0] = (uint8_t)(TRACE_FREE_NEAR + step + TRACE_NEAR_BEFORE);
        return 1;
    }
    uint32_t zigzag = step << 1 ^ (0u - (step >> 31));
    out[0] = zigzag < age ? TRACE_FREE_FAR : TRACE_FREE_OLD;
    return 1u + leb128_write(out + 1, zigzag < age ? zigzag : age);
}

static uint32_t write_op(struct trace_writer *writer, const struct op *op, uint8_t *out)
{
    switch (op->kind) {
    case OP_ALLOC: return write_alloc(writer, op, out);
    case OP_ALIGNED: return write_aligned(writer, op, out);
    case OP_REALLOC: return write_realloc(writer, op, out);
    default: return write_free(writer, op, out);
    }
}

static void write_header(const struct trace_writer *writer, const struct op_list *ops,
                         const struct op_config *config, uint8_t *out, uint32_t size_bytes)
{
    memcpy(out, TRACE_MAGIC, TRACE_CRC);
    wire_store(out + TRACE_OP_COUNT, ops->count);
    wire_store(out + TRACE_ALLOC_COUNT, writer->allocated);
    wire_store(out + TRACE_FRAMES, config->frame_count);
    wire_store(out + TRACE_WINDOW_PAGES, config->window_pages);
    wire_store(out + TRACE_OP_BYTES, size_bytes - TRACE_OPS);
    for (uint32_t i = 0; i < TRACE_SIZES; i++)
        wire_store(out + TRACE_HEADER + 4u * i, writer->sizes[i]);
    wire_store(out + TRACE_CRC, crc32_update(0, out + TRACE_OP_COUNT, size_bytes - TRACE_OP_COUNT));
}

uint8_t *trace_write(const struct op_list *ops, const struct op_config *config,
                     uint32_t *size_bytes)
{
    struct trace_writer writer = {.size_count = 0};
    uint64_t size_max = TRACE_OPS + (uint64_t)ops->count * TRACE_OP_BYTES_MAX;
    if (size_max > UINT32_MAX || !sizes_choose(&writer, ops))
        return NULL;
    uint8_t *bytes = malloc((size_t)size_max);
    if (bytes == NULL)
        return NULL;
    uint32_t size = TRACE_OPS;
    for (uint32_t i = 0; i < ops->count; i++)
        size += write_op(&writer, &ops->ops[i], bytes + size);
    write_header(&writer, ops, config, bytes, size);
    *size_bytes = size;
    uint8_t *fitted = realloc(bytes, size);
    return fitted != NULL ? fitted : bytes;
}
