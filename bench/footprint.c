#include "bench/footprint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/memory.h"
#include "bench/player.h"

#define PAGE 4096u
#define SAMPLES 400u

struct sample {
    uint32_t op;
    uint64_t live_bytes;
    uint64_t held;
};

static struct {
    struct footprint_peak peak;
    uint64_t resident; /* pages of the process before the heap was made */
    uint64_t unmapped; /* pages that were held by a sample and were not by the next one */
    uint64_t live_bytes;
    uintptr_t lowest;
    uintptr_t highest;
    uintptr_t address_bits; /* that are set in any address handed out */
    uint32_t sample_count;
    struct sample samples[SAMPLES + 2u];
} run;

/* Resident pages but those of files: the heap's code is no memory that it holds. Counted from the
 * page tables by the kernel; /proc/self/statm is only about right. */
static uint64_t resident_pages(void)
{
    static const char field[] = "\nAnonymous:";
    char text[4096];
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1u);
    const char *at = NULL;
    if (size > 0) {
        text[size] = '\0';
        at = strstr(text, field);
    }
    if (file >= 0)
        (void)close(file);
    if (at == NULL)
        player_fail(BENCH_NOT_HERE, "/proc/self/smaps_rollup", "cannot be read");
    return strtoull(at + sizeof field - 1u, NULL, 10) * 1024u / PAGE;
}

static struct peer_pages pages_now(void)
{
    struct peer_pages pages = {0};
    if (peer.pages != NULL) {
        peer.pages(&pages);
        return pages;
    }
    uint64_t resident = resident_pages();
    pages.held = resident > run.resident ? resident - run.resident : 0;
    pages.unmapped = run.unmapped;
    pages.mapped = pages.held + run.unmapped;
    return pages;
}

static void sample(const struct load *load, uint32_t op)
{
    struct peer_pages pages = pages_now();
    if (run.sample_count != 0 && pages.held < run.samples[run.sample_count - 1u].held)
        run.unmapped += run.samples[run.sample_count - 1u].held - pages.held;
    if (pages.held > run.peak.peak_held)
        run.peak.peak_held = pages.held;
    if (op == load->peak_op)
        run.peak.at_peak = pages;
    double ratio = (double)pages.held * PAGE / ((double)run.live_bytes + 1.0);
    if (run.live_bytes >= load->peak_live_bytes / 16u && ratio > run.peak.worst_ratio)
        run.peak.worst_ratio = ratio;
    run.samples[run.sample_count++] = (struct sample){op, run.live_bytes, pages.held};
}

static uint32_t stamp_bytes(uint32_t size_bytes)
{
    return size_bytes < 8u ? size_bytes / 2u : 4u;
}

static void stamp(uint8_t *block, uint32_t size_bytes, uint32_t slot)
{
    uint32_t count = stamp_bytes(size_bytes);
    for (uint32_t i = 0; i < size_bytes; i += PAGE)
        block[i] = 1;
    memcpy(block, &slot, count);
    memcpy(block + size_bytes - count, &slot, count);
}

/* True if the stamps at the start and, where `whole`, at the end are there. */
static bool stamped(const uint8_t *block, uint32_t size_bytes, uint32_t slot, bool whole)
{
    uint32_t count = stamp_bytes(size_bytes);
    return memcmp(block, &slot, count) == 0 &&
           (!whole || memcmp(block + size_bytes - count, &slot, count) == 0);
}

static void spoilt(uint32_t op, const uint8_t *block, uint32_t size_bytes, const char *when)
{
    char why[96];
    (void)snprintf(why, sizeof why, "operation %u, %u bytes at %p", op, size_bytes,
                   (const void *)block);
    player_fail(BENCH_BROKEN, when, why);
}

static void placed(struct player *player, uint32_t slot, uint8_t *block, uint32_t size_bytes)
{
    uintptr_t at = (uintptr_t)block;
    run.lowest = at < run.lowest ? at : run.lowest;
    run.highest = at + size_bytes > run.highest ? at + size_bytes : run.highest;
    run.address_bits |= at;
    run.live_bytes += size_bytes;
    player->blocks[slot] = block;
    player->sizes[slot] = size_bytes;
    stamp(block, size_bytes, slot);
}

static void play(struct player *player, uint32_t at)
{
    struct load_op op = player->load->ops[at];
    uint32_t slot = load_slot(op);
    uint32_t old_size = player->sizes[slot];
    uint8_t *old = player->blocks[slot];
    uint8_t *block = NULL;
    if (load_kind(op) != LOAD_ALLOC) {
        run.live_bytes -= old_size;
        if (!stamped(old, old_size, slot, true))
            spoilt(at, old, old_size, "a block was changed while it was allocated");
    }
    switch (load_kind(op)) {
    case LOAD_ALLOC: block = peer.alloc(op.size_bytes); break;
    case LOAD_RESIZE: block = player_resize(player, slot, op.size_bytes); break;
    default: peer.release(old); return;
    }
    if (block == NULL)
        player_refused(player, at);
    if (load_kind(op) == LOAD_RESIZE && op.size_bytes >= 4u && old_size >= 8u &&
        !stamped(block, old_size, slot, false))
        spoilt(at, block, op.size_bytes, "a block's contents were lost when it was resized");
    placed(player, slot, block, op.size_bytes);
}

struct footprint_peak footprint_run(const struct load *load, void (*before_sample)(void))
{
    struct player player;
    run.lowest = UINTPTR_MAX;
    /* Written once, so that they are resident before the heap is made. */
    memset(run.samples, 0xFF, sizeof run.samples);
    (void)resident_pages();
    player_prepare(&player, load);
    run.resident = resident_pages();
    player_open(load);
    uint32_t step = load->op_count / SAMPLES + 1u;
    uint32_t i = 0;
    for (; i < load->op_count && (i % step != 0 || !player_late()); i++) {
        play(&player, i);
        if (i != load->peak_op && i % step != 0)
            continue;
        if (before_sample != NULL)
            before_sample();
        sample(load, i);
    }
    run.peak.at_end = pages_now();
    run.peak.span_bytes = run.highest - run.lowest;
    run.peak.alignment = (uint32_t)(run.address_bits & (0u - run.address_bits));
    run.peak.done = i;
    return run.peak;
}

void footprint_timeline(const char *name)
{
    for (uint32_t i = 0; i < run.sample_count; i++) {
        const struct sample *at = &run.samples[i];
        (void)printf("%s %u %llu %llu\n", name, at->op, (unsigned long long)at->live_bytes,
                     (unsigned long long)at->held);
    }
}
