#include "mmu_x86/emulator/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mmu_x86/board.h"
#include "mmu_x86/injection.h"

/* States of a frame in a snapshot: its words at the push were copied; it may differ from them. */
#define SNAPSHOT_COPIED 1u
#define SNAPSHOT_DIRTY 2u

/* The part of the machine that a run changes, apart from what its pointers lead to. */
#define REGISTERS_SIZE offsetof(struct emulator, boot_directory)

struct snapshot {
    uint32_t *words;      /* of the copied frames, each at its place */
    uint8_t *frame_state; /* SNAPSHOT_COPIED, SNAPSHOT_DIRTY */
    uint32_t *copied;
    uint32_t copied_count;
    uint32_t *dirty;
    uint32_t dirty_count;
    uint32_t *tlb_pages; /* the TLB at the push */
    uint32_t *tlb_entries;
    struct emulator registers; /* REGISTERS_SIZE bytes of it */
    struct injection injection;
};

static struct snapshot *stack;
static uint32_t stack_depth;
static uint32_t stack_depth_max;
static size_t stack_frames;

static void *host_memory(size_t size_bytes)
{
    void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void host_release(void *memory, size_t size_bytes)
{
    if (memory != NULL)
        (void)munmap(memory, size_bytes);
}

static bool snapshot_make(struct snapshot *snapshot)
{
    snapshot->words = host_memory(stack_frames * PAGE_SIZE);
    snapshot->frame_state = host_memory(stack_frames);
    snapshot->copied = host_memory(stack_frames * sizeof(uint32_t));
    snapshot->dirty = host_memory(stack_frames * sizeof(uint32_t));
    snapshot->tlb_pages = host_memory(EMULATOR_PAGES * sizeof(uint32_t));
    snapshot->tlb_entries = host_memory(EMULATOR_PAGES * sizeof(uint32_t));
    return snapshot->words != NULL && snapshot->frame_state != NULL && snapshot->copied != NULL &&
           snapshot->dirty != NULL && snapshot->tlb_pages != NULL && snapshot->tlb_entries != NULL;
}

bool snapshots_make(uint32_t depth_max)
{
    stack = calloc(depth_max, sizeof(*stack));
    if (stack == NULL)
        return false;
    stack_depth = 0;
    stack_depth_max = depth_max;
    stack_frames = board_ram_frames(emulator.frame_count_max);
    for (uint32_t i = 0; i < depth_max; i++)
        if (!snapshot_make(&stack[i])) {
            snapshots_free();
            return false;
        }
    return true;
}

void snapshots_free(void)
{
    for (uint32_t i = 0; stack != NULL && i < stack_depth_max; i++) {
        host_release(stack[i].words, stack_frames * PAGE_SIZE);
        host_release(stack[i].frame_state, stack_frames);
        host_release(stack[i].copied, stack_frames * sizeof(uint32_t));
        host_release(stack[i].dirty, stack_frames * sizeof(uint32_t));
        host_release(stack[i].tlb_pages, EMULATOR_PAGES * sizeof(uint32_t));
        host_release(stack[i].tlb_entries, EMULATOR_PAGES * sizeof(uint32_t));
    }
    free(stack);
    stack = NULL;
    stack_depth = 0;
    emulator.on_write = NULL;
}

uint32_t snapshot_depth(void)
{
    return stack_depth;
}

static struct snapshot *top(void)
{
    return &stack[stack_depth - 1u];
}

static uint32_t *frame_words(uint32_t *words, uint32_t frame)
{
    return &words[(size_t)frame * (PAGE_SIZE / 4u)];
}

/* The frame is about to be written for the first time since the last push or restore. A copy, once
 * made, is good for all restores of this snapshot. */
static void frame_written(frame_t frame)
{
    struct snapshot *snapshot = top();
    uint8_t *state = &snapshot->frame_state[frame.n];
    if ((*state & SNAPSHOT_COPIED) == 0) {
        memcpy(frame_words(snapshot->words, frame.n), frame_words(emulator.ram, frame.n),
               PAGE_SIZE);
        snapshot->copied[snapshot->copied_count++] = frame.n;
    }
    if ((*state & SNAPSHOT_DIRTY) == 0)
        snapshot->dirty[snapshot->dirty_count++] = frame.n;
    *state = SNAPSHOT_COPIED | SNAPSHOT_DIRTY;
}

/* A TLB entry with its right to write without a walk taken away. */
static uint32_t cleaned(uint32_t entry)
{
    bool held = (entry & (ENTRY_PRESENT | EMULATOR_STALE)) != 0;
    return held && (entry & ENTRY_DIRTY) != 0 ? (entry & ~ENTRY_DIRTY) | EMULATOR_CLEAN : entry;
}

void snapshot_push(void)
{
    struct snapshot *snapshot = &stack[stack_depth++];
    memcpy((void *)&snapshot->registers, (const void *)&emulator, REGISTERS_SIZE);
    snapshot->injection = injection;
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        uint32_t page = emulator.tlb_pages[i];
        snapshot->tlb_pages[i] = page;
        snapshot->tlb_entries[i] = emulator.tlb[page];
        emulator.tlb[page] = cleaned(emulator.tlb[page]);
    }
    for (uint32_t i = 0; i < snapshot->copied_count; i++)
        snapshot->frame_state[snapshot->copied[i]] = 0;
    snapshot->copied_count = 0;
    snapshot->dirty_count = 0;
    emulator.on_write = frame_written;
}

static void tlb_restore(const struct snapshot *snapshot, bool clean)
{
    for (uint32_t i = 0; i < emulator.tlb_count; i++) {
        uint32_t *entry = &emulator.tlb[emulator.tlb_pages[i]];
        if ((*entry & (ENTRY_PRESENT | EMULATOR_STALE)) != 0)
            emulator.tlb_uses[entry_frame(*entry).n]--;
        *entry = 0;
    }
    for (uint32_t i = 0; i < snapshot->registers.tlb_count; i++) {
        uint32_t entry = snapshot->tlb_entries[i];
        emulator.tlb_pages[i] = snapshot->tlb_pages[i];
        emulator.tlb[snapshot->tlb_pages[i]] = clean ? cleaned(entry) : entry;
        if ((entry & (ENTRY_PRESENT | EMULATOR_STALE)) != 0)
            emulator.tlb_uses[entry_frame(entry).n]++;
    }
}

static void restore(bool clean)
{
    struct snapshot *snapshot = top();
    for (uint32_t i = 0; i < snapshot->dirty_count; i++) {
        uint32_t frame = snapshot->dirty[i];
        memcpy(frame_words(emulator.ram, frame), frame_words(snapshot->words, frame), PAGE_SIZE);
        snapshot->frame_state[frame] = SNAPSHOT_COPIED;
    }
    snapshot->dirty_count = 0;
    /* A frame that was first used since then is to read as garbage again when it next is. */
    while (emulator.used_count > snapshot->registers.used_count)
        emulator.frame_used[emulator.used_frames[--emulator.used_count]] = false;
    tlb_restore(snapshot, clean);
    memcpy((void *)&emulator, (const void *)&snapshot->registers, REGISTERS_SIZE);
    injection = snapshot->injection;
}

void snapshot_restore(void)
{
    restore(true);
}

/* Frames that the snapshot below has not seen written are as they were at its push, so it need not
 * learn of those that this one has seen. */
void snapshot_pop(void)
{
    restore(false);
    stack_depth--;
    if (stack_depth == 0)
        emulator.on_write = NULL;
}
