/* Footprint: how many pages a heap holds for what lives in it, over time.
 *
 * Every page of every block is written. The pages that a heap holds are those that it says it does;
 * where it says nothing, what the process has become larger by. On the way each block's ends are
 * stamped, and looked at before it goes: figures of a heap that hands out bytes twice are worth
 * nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    uint64_t resident; /* pages of the process before the heap was made */
    uint64_t faults;
    uint64_t live_bytes;
    uint64_t peak_held;
    uint64_t held_at_peak;
    uint64_t tables_at_peak;
    uintptr_t lowest;
    uintptr_t highest;
    uint32_t align_bits; /* bits that are set in any address handed out */
    uint32_t sample_count;
    struct sample samples[SAMPLES + 2u];
} footprint;

/* Resident pages but those of files: the heap's code is no memory that it holds. Counted from the
 * page tables by the kernel; /proc/self/statm is only about right. */
static uint64_t resident_pages(void)
{
    char text[4096];
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1u);
    (void)close(file);
    const char *at = NULL;
    if (size > 0) {
        text[size] = '\0';
        at = strstr(text, "\nAnonymous:");
    }
    if (at == NULL)
        player_fail(BENCH_NOT_HERE, "/proc/self/smaps_rollup", "cannot be read");
    return strtoull(at + sizeof "\nAnonymous:" - 1u, NULL, 10) * 1024u / PAGE;
}

static uint64_t page_faults(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

static struct peer_pages pages_now(void)
{
    struct peer_pages pages = {0};
    if (peer.pages != NULL) {
        peer.pages(&pages);
        return pages;
    }
    uint64_t resident = resident_pages();
    pages.held = resident > footprint.resident ? resident - footprint.resident : 0;
    pages.mapped = page_faults() - footprint.faults;
    pages.unmapped = pages.mapped > pages.held ? pages.mapped - pages.held : 0;
    return pages;
}

static void sample(uint32_t op, bool at_peak)
{
    struct peer_pages pages = pages_now();
    if (pages.held > footprint.peak_held)
        footprint.peak_held = pages.held;
    if (at_peak) {
        footprint.held_at_peak = pages.held;
        footprint.tables_at_peak = pages.tables;
    }
    footprint.samples[footprint.sample_count++] =
        (struct sample){op, footprint.live_bytes, pages.held};
}

static uint32_t stamp_bytes(uint32_t size_bytes)
{
    return size_bytes < 8u ? size_bytes / 2u : 4u;
}

static void stamp(uint8_t *block, uint32_t size_bytes, uint32_t slot)
{
    for (uint32_t i = 0; i < size_bytes; i += PAGE)
        block[i] = 1;
    memcpy(block, &slot, stamp_bytes(size_bytes));
    memcpy(block + size_bytes - stamp_bytes(size_bytes), &slot, stamp_bytes(size_bytes));
}

static void expect_stamp(const uint8_t *block, uint32_t size_bytes, uint32_t slot, uint32_t op)
{
    uint32_t count = stamp_bytes(size_bytes);
    if (memcmp(block, &slot, count) == 0 && memcmp(block + size_bytes - count, &slot, count) == 0)
        return;
    char why[64];
    (void)snprintf(why, sizeof why, "operation %u, %u bytes at %p", op, size_bytes,
                   (const void *)block);
    player_fail(BENCH_BROKEN, "a block's contents were changed before it was freed", why);
}

static void placed(struct player *player, uint32_t slot, uint8_t *block, uint32_t size_bytes)
{
    uintptr_t at = (uintptr_t)block;
    footprint.lowest = at < footprint.lowest ? at : footprint.lowest;
    footprint.highest = at + size_bytes > footprint.highest ? at + size_bytes : footprint.highest;
    footprint.align_bits |= (uint32_t)at;
    footprint.live_bytes += size_bytes;
    player->blocks[slot] = block;
    player->sizes[slot] = size_bytes;
    stamp(block, size_bytes, slot);
}

static void play(struct player *player, uint32_t at)
{
    struct load_op op = player->load->ops[at];
    uint32_t slot = load_slot(op);
    uint32_t old_size = player->sizes[slot];
    uint8_t *block;
    if (load_kind(op) == LOAD_ALLOC) {
        block = peer.alloc(op.size_bytes);
    } else {
        expect_stamp(player->blocks[slot], old_size, slot, at);
        footprint.live_bytes -= old_size;
        if (load_kind(op) == LOAD_FREE) {
            if (peer.release != NULL)
                peer.release(player->blocks[slot]);
            return;
        }
        block = player_resize(player, slot, op.size_bytes);
    }
    if (block == NULL)
        player_refused(player, at);
    if (load_kind(op) == LOAD_RESIZE) {
        uint32_t kept = old_size < op.size_bytes ? old_size : op.size_bytes;
        if (memcmp(block, &slot, kept < stamp_bytes(old_size) ? kept : stamp_bytes(old_size)) != 0)
            player_fail(BENCH_BROKEN, "a block's contents were lost as it was resized", NULL);
    }
    placed(player, slot, block, op.size_bytes);
}

static void report(const struct load *load)
{
    struct peer_pages pages = pages_now();
    double peak = (double)load->peak_live_bytes;
    (void)printf("footprint.peak_live_bytes %llu\n", (unsigned long long)load->peak_live_bytes);
    (void)printf("footprint.held_at_peak %llu\n", (unsigned long long)footprint.held_at_peak);
    (void)printf("footprint.tables_at_peak %llu\n", (unsigned long long)footprint.tables_at_peak);
    (void)printf("footprint.peak_held %llu\n", (unsigned long long)footprint.peak_held);
    (void)printf("footprint.held_ratio %.5f\n", (double)footprint.held_at_peak * PAGE / peak);
    (void)printf("footprint.span_ratio %.5f\n",
                 (double)(footprint.highest - footprint.lowest) / peak);
    (void)printf("footprint.held_at_end %llu\n", (unsigned long long)pages.held);
    (void)printf("footprint.mapped %llu\n", (unsigned long long)pages.mapped);
    (void)printf("footprint.unmapped %llu\n", (unsigned long long)pages.unmapped);
    (void)printf("footprint.alignment %u\n", footprint.align_bits & (0u - footprint.align_bits));
    for (uint32_t i = 0; i < footprint.sample_count; i++) {
        const struct sample *line = &footprint.samples[i];
        (void)printf("timeline %u %llu %llu\n", line->op, (unsigned long long)line->live_bytes,
                     (unsigned long long)line->held);
    }
}

void player_footprint(const struct load *load)
{
    struct player player;
    if (peer.release == NULL)
        player_fail(BENCH_NOT_HERE, "a heap that never frees has no footprint", NULL);
    footprint.lowest = UINTPTR_MAX;
    /* Written once, so that they are resident before the heap is made. */
    memset(footprint.samples, 0xFF, sizeof footprint.samples);
    (void)resident_pages();
    player_prepare(&player, load);
    footprint.resident = resident_pages();
    footprint.faults = page_faults();
    player_open(load);
    uint32_t step = load->op_count / SAMPLES + 1u;
    for (uint32_t i = 0; i < load->op_count; i++) {
        play(&player, i);
        if (i == load->peak_op || i % step == 0)
            sample(i, i == load->peak_op);
    }
    report(load);
}
