#include "bench/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/memory.h"
#include "bench/player.h"
#include "fuzz/trace.h"

static void *grown(void *at, uint32_t old_count, uint32_t new_count, size_t element_bytes)
{
    if (at == NULL)
        return memory_make(new_count * element_bytes);
    return memory_grow(at, old_count * element_bytes, new_count * element_bytes);
}

static void add(struct load *load, enum load_kind kind, uint32_t slot, uint32_t size_bytes)
{
    if (load->op_count == load->op_capacity) {
        uint32_t capacity = load->op_capacity == 0 ? 1u << 16 : 2u * load->op_capacity;
        load->ops = grown(load->ops, load->op_capacity, capacity, sizeof(*load->ops));
        load->op_capacity = capacity;
    }
    load->ops[load->op_count++] =
        (struct load_op){slot << LOAD_KIND_BITS | (uint32_t)kind, size_bytes};
}

static void count_live(struct load *load, uint32_t slot, uint32_t size_bytes)
{
    load->live_bytes += size_bytes;
    load->live_bytes -= load->sizes[slot];
    load->sizes[slot] = size_bytes;
    load->asked_bytes += size_bytes;
    if (load->live_bytes > load->peak_live_bytes) {
        load->peak_live_bytes = load->live_bytes;
        load->peak_op = load->op_count;
    }
}

static uint32_t new_slot(struct load *load)
{
    if (load->free_count != 0)
        return load->free_slots[--load->free_count];
    if (load->slot_count == load->slot_capacity) {
        uint32_t capacity = load->slot_capacity == 0 ? 1u << 12 : 2u * load->slot_capacity;
        load->sizes = grown(load->sizes, load->slot_capacity, capacity, sizeof(*load->sizes));
        load->free_slots =
            grown(load->free_slots, load->slot_capacity, capacity, sizeof(*load->free_slots));
        load->slot_capacity = capacity;
    }
    return load->slot_count++;
}

uint32_t load_alloc(struct load *load, uint32_t size_bytes)
{
    uint32_t slot = new_slot(load);
    count_live(load, slot, size_bytes);
    add(load, LOAD_ALLOC, slot, size_bytes);
    return slot;
}

void load_free(struct load *load, uint32_t slot)
{
    count_live(load, slot, 0);
    load->free_slots[load->free_count++] = slot;
    add(load, LOAD_FREE, slot, 0);
}

void load_resize(struct load *load, uint32_t slot, uint32_t size_bytes)
{
    count_live(load, slot, size_bytes);
    add(load, LOAD_RESIZE, slot, size_bytes);
}

/* The trace's blocks are numbered by their allocation; `slots` leads to where they are now, plus
 * one. What a trace asks that has no meaning here (no bytes, a free of what is not there) it asks
 * of nobody. Alignments beyond a heap's own are not asked for: not every peer has such a call. */
static void add_trace_op(struct load *load, uint32_t *slots, const struct op *op)
{
    uint32_t *slot = &slots[op->slot];
    bool allocates = op->kind == OP_ALLOC || op->kind == OP_ALIGNED;
    if (*slot == 0 && op->kind != OP_FREE && op->size != 0) {
        *slot = load_alloc(load, op->size) + 1u;
    } else if (*slot != 0 && !allocates && op->size != 0) {
        load_resize(load, *slot - 1u, op->size);
    } else if (*slot != 0 && !allocates) {
        load_free(load, *slot - 1u);
        *slot = 0;
    }
}

static void read_trace(struct load *load, const char *path, const uint8_t *data,
                       uint32_t size_bytes)
{
    struct trace_reader reader;
    struct op_config config;
    const char *error = trace_open(&reader, &config, data, size_bytes);
    if (error != NULL)
        player_fail(BENCH_NO_LOAD, path, error);
    size_t slots_bytes = reader.alloc_count * sizeof(uint32_t);
    uint32_t *slots = memory_make(slots_bytes);
    for (struct op op = {0}; trace_next(&reader, &op); op = (struct op){0})
        add_trace_op(load, slots, &op);
    memory_give_back(slots, slots_bytes);
}

void load_make(struct load *load, const char *name)
{
    *load = (struct load){0};
    if (pattern_make(load, name))
        return;
    struct stat status;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        player_fail(BENCH_NO_LOAD, name, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > INT32_MAX)
        player_fail(BENCH_NO_LOAD, name, "neither a pattern nor a packed trace");
    size_t size_bytes = (size_t)status.st_size;
    void *data = mmap(NULL, size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    (void)close(file);
    if (data == MAP_FAILED)
        player_fail(BENCH_NO_LOAD, name, strerror(errno));
    read_trace(load, name, data, (uint32_t)size_bytes);
    memory_give_back(data, size_bytes);
}
