#include "fuzz/recording.h"

#include <stdlib.h>

#include "fuzz/trace.h"
#include "fuzz/trace_write.h"

#define PAGE_BYTES 4096u
#define ENTRIES_LEAST 1024u
#define SIZE_MAX_BYTES UINT32_MAX

/* What malloc aligns to anyway, and the largest alignment that the core knows. */
#define ALIGN_LEAST 16u
#define ALIGN_MOST (4u << 20)

/* An open table: entries lie at their address's hash, or behind it without a gap. Address 0: none.
 */
struct recording_entry {
    uint64_t at;
    uint32_t slot;
    uint32_t block_bytes;
};

static uint32_t home(const struct recording *recording, uint64_t at)
{
    return (uint32_t)(at * 0x9E3779B97F4A7C15ull >> 32) & (recording->entry_capacity - 1u);
}

/* The entry of an address, or the gap where it would be. Requires a table. */
static struct recording_entry *entry_find(const struct recording *recording, uint64_t at)
{
    uint32_t i = home(recording, at);
    while (recording->entries[i].at != 0 && recording->entries[i].at != at)
        i = (i + 1u) & (recording->entry_capacity - 1u);
    return &recording->entries[i];
}

static bool table_grow(struct recording *recording)
{
    struct recording old = *recording;
    uint32_t capacity = old.entry_capacity == 0 ? ENTRIES_LEAST : 2u * old.entry_capacity;
    recording->entries = calloc(capacity, sizeof(*recording->entries));
    if (recording->entries == NULL) {
        recording->entries = old.entries;
        return false;
    }
    recording->entry_capacity = capacity;
    for (uint32_t i = 0; i < old.entry_capacity; i++)
        if (old.entries[i].at != 0)
            *entry_find(recording, old.entries[i].at) = old.entries[i];
    free(old.entries);
    return true;
}

/* Empties an entry, and moves up those behind it that would no longer be found. */
static void entry_remove(struct recording *recording, struct recording_entry *entry)
{
    uint32_t mask = recording->entry_capacity - 1u;
    uint32_t gap = (uint32_t)(entry - recording->entries);
    for (uint32_t i = (gap + 1u) & mask; recording->entries[i].at != 0; i = (i + 1u) & mask) {
        uint32_t distance = (i - home(recording, recording->entries[i].at)) & mask;
        if (distance < ((i - gap) & mask))
            continue;
        recording->entries[gap] = recording->entries[i];
        gap = i;
    }
    recording->entries[gap] = (struct recording_entry){0};
    recording->entry_count--;
}

/* What a block takes, the spread of its alignment included. */
static uint32_t block_size(uint32_t size_bytes, uint32_t align_bytes)
{
    uint64_t size = ((uint64_t)size_bytes + 15u) & ~(uint64_t)7u;
    size = (size < 16u ? 16u : size) + align_bytes;
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static bool entry_add(struct recording *recording, uint64_t at, uint32_t slot, uint32_t block_bytes)
{
    if (2u * (recording->entry_count + 1u) > recording->entry_capacity && !table_grow(recording))
        return false;
    *entry_find(recording, at) = (struct recording_entry){at, slot, block_bytes};
    recording->entry_count++;
    recording->block_bytes += block_bytes;
    if (recording->block_bytes > recording->peak_block_bytes)
        recording->peak_block_bytes = recording->block_bytes;
    return true;
}

/* True if no more operations are wanted. */
static bool full(struct recording *recording)
{
    if (recording->op_count_max == 0 || recording->ops.count < recording->op_count_max)
        return false;
    recording->left_out++;
    return true;
}

static bool is_null(struct recording *recording, uint64_t at)
{
    if (at != 0)
        return false;
    recording->null_count++;
    return true;
}

bool recording_free(struct recording *recording, uint64_t at)
{
    if (full(recording) || is_null(recording, at))
        return true;
    uint32_t slot = recording_leave(recording, at);
    if (slot == RECORDING_UNKNOWN) {
        recording->unknown_frees++;
        return true;
    }
    return op_list_append(&recording->ops, &(struct op){.kind = OP_FREE, .slot = slot});
}

bool recording_alloc(struct recording *recording, uint64_t at, uint64_t size_bytes,
                     uint64_t align_bytes)
{
    if (full(recording) || is_null(recording, at))
        return true;
    uint32_t slot = recording_leave(recording, at);
    if (slot != RECORDING_UNKNOWN) {
        recording->missed_frees++;
        if (!op_list_append(&recording->ops, &(struct op){.kind = OP_FREE, .slot = slot}))
            return false;
    }
    if (size_bytes > SIZE_MAX_BYTES) {
        recording->too_large++;
        return true;
    }
    bool aligned = align_bytes > ALIGN_LEAST && align_bytes <= ALIGN_MOST &&
                   (align_bytes & (align_bytes - 1u)) == 0;
    struct op op = {
        .kind = aligned ? OP_ALIGNED : OP_ALLOC,
        .slot = recording->slot_count,
        .size = (uint32_t)size_bytes,
        .arg = aligned ? (uint32_t)align_bytes : 0,
    };
    if (!op_list_append(&recording->ops, &op) ||
        !entry_add(recording, at, op.slot, block_size(op.size, op.arg)))
        return false;
    recording->slot_count++;
    return true;
}

uint32_t recording_leave(struct recording *recording, uint64_t at)
{
    if (recording->entry_capacity == 0 || at == 0)
        return RECORDING_UNKNOWN;
    struct recording_entry *entry = entry_find(recording, at);
    if (entry->at == 0)
        return RECORDING_UNKNOWN;
    uint32_t slot = entry->slot;
    recording->block_bytes -= entry->block_bytes;
    entry_remove(recording, entry);
    return slot;
}

bool recording_resize(struct recording *recording, uint32_t slot, uint64_t before, uint64_t at,
                      uint64_t size_bytes)
{
    if (slot == RECORDING_UNKNOWN)
        return recording_alloc(recording, at, size_bytes, 0);
    if (full(recording))
        return true;
    if (at == 0 && size_bytes == 0)
        return op_list_append(&recording->ops, &(struct op){.kind = OP_FREE, .slot = slot});
    /* Refused: it lives on. What it takes is not known here any more, and matters little. */
    if (at == 0) {
        recording->null_count++;
        return entry_add(recording, before, slot, 0);
    }
    uint32_t other = recording_leave(recording, at);
    if (other != RECORDING_UNKNOWN) {
        recording->missed_frees++;
        if (!op_list_append(&recording->ops, &(struct op){.kind = OP_FREE, .slot = other}))
            return false;
    }
    if (size_bytes > SIZE_MAX_BYTES) {
        recording->too_large++;
        return op_list_append(&recording->ops, &(struct op){.kind = OP_FREE, .slot = slot});
    }
    struct op op = {.kind = OP_REALLOC, .slot = slot, .size = (uint32_t)size_bytes};
    return op_list_append(&recording->ops, &op) &&
           entry_add(recording, at, slot, block_size(op.size, 0));
}

static struct op_config machine(const struct recording *recording)
{
    struct op_config config;
    trace_machine(recording->peak_block_bytes, &config);
    if (recording->frame_count != 0)
        config.frame_count = recording->frame_count;
    return config;
}

uint8_t *recording_pack(const struct recording *recording, uint32_t *size_bytes, struct line *error)
{
    struct op_config config = machine(recording);
    line_clear(error);
    if (recording->slot_count == 0) {
        line_text(error, "holds no allocation");
        return NULL;
    }
    uint8_t *data = trace_write(&recording->ops, &config, size_bytes);
    if (data == NULL)
        line_text(error, "too much for one trace, or for memory: --operations takes its beginning");
    return data;
}

static void count_report(FILE *out, uint64_t count, const char *what)
{
    if (count != 0)
        (void)fprintf(out, "  %llu %s\n", (unsigned long long)count, what);
}

void recording_report(const struct recording *recording, FILE *out)
{
    struct op_config config = machine(recording);
    uint64_t pages = (recording->peak_block_bytes + PAGE_BYTES - 1u) / PAGE_BYTES;
    (void)fprintf(out,
                  "  %u operations, %u allocations; at most %llu bytes live, %u live at the end; "
                  "%u frames\n",
                  recording->ops.count, recording->slot_count,
                  (unsigned long long)recording->peak_block_bytes, recording->entry_count,
                  config.frame_count);
    count_report(out, recording->unknown_frees, "frees of what was allocated before, left out");
    count_report(out, recording->missed_frees,
                 "frees put in: their addresses were handed out again");
    count_report(out, recording->null_count, "calls that gave, freed or resized nothing, left out");
    count_report(out, recording->too_large, "blocks of 4 GiB or more, left out");
    count_report(out, recording->left_out, "operations behind --operations, left out");
    if (pages > config.frame_count)
        (void)fprintf(out,
                      "  its blocks take %llu pages, and the machine has %u frames (a trace has at "
                      "most %u):\n"
                      "  requests will be refused; --operations takes the beginning of a load\n",
                      (unsigned long long)pages, config.frame_count, TRACE_FRAMES_MAX);
}

void recording_json(const struct recording *recording, FILE *out)
{
    (void)fprintf(
        out,
        "\"operations\": %u, \"allocations\": %u, \"peak_block_bytes\": %llu, "
        "\"live_at_end\": %u, \"frames\": %u, \"unknown_frees\": %llu, "
        "\"missed_frees\": %llu, \"nothing\": %llu, \"too_large\": %llu, "
        "\"left_out\": %llu",
        recording->ops.count, recording->slot_count,
        (unsigned long long)recording->peak_block_bytes, recording->entry_count,
        machine(recording).frame_count, (unsigned long long)recording->unknown_frees,
        (unsigned long long)recording->missed_frees, (unsigned long long)recording->null_count,
        (unsigned long long)recording->too_large, (unsigned long long)recording->left_out);
}

void recording_end(struct recording *recording)
{
    op_list_free(&recording->ops);
    free(recording->entries);
    *recording = (struct recording){0};
}
