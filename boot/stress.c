#include "boot/stress.h"

#include <stddef.h>

#include "boot/command_line.h"
#include "boot/memory.h"
#include "boot/probe.h"
#include "boot/serial.h"
#include "boot/stress_internal.h"
#include "boot/thread.h"
#include "fuzz/session.h"
#include "heap/control.h"

struct stress stress;

static enum exit_value complain(const char *what, enum exit_value value)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: ");
    line_text(&line, what);
    serial_line(&line);
    return value;
}

static bool options_read(const struct multiboot_info *info)
{
    stress.seconds = command_line_number(info, "seconds=", 5);
    stress.ticks_end = command_line_number(info, "ticks=", 0);
    stress.hz = command_line_number(info, "hz=", 5000);
    stress.thread_count = command_line_number(info, "threads=", 4);
    stress.seed = command_line_number(info, "seed=", 1);
    stress.frame_count = command_line_number(info, "frames=", STRESS_FRAMES_AMPLE);
    stress.policy = command_line_has(info, "first-fit") ? HEAP_FIRST_FIT : HEAP_BINS;
    for (uint32_t i = 0; i < STRESS_WORKERS; i++) {
        stress.workers[i].random.state = (uint64_t)stress.seed << 32 | i;
        stress.workers[i].first_slot = i * STRESS_SLOTS;
    }
    return stress.seconds != 0 && stress.frame_count >= STRESS_FRAMES_MIN &&
           stress.hz >= STRESS_HZ_MIN && stress.hz <= STRESS_HZ_MAX && stress.thread_count != 0 &&
           stress.thread_count <= STRESS_THREADS_MAX;
}

enum exit_value stress_run(const struct multiboot_info *info)
{
    uint64_t longest;
    uint32_t slot_count = STRESS_WORKERS * STRESS_SLOTS;
    bool sensible = options_read(info);
    if (!command_line_done(info))
        return EXIT_BAD_INPUT;
    if (!sensible)
        return complain("hz= takes 100 to 20000, threads= 1 to 8, seconds= 1, frames= 2 or more",
                        EXIT_BAD_INPUT);
    void *memory_at = memory_carve(session_size_bytes(slot_count), &longest);
    if (memory_at == NULL || !threads_start() || !probe_start())
        return complain("too little memory for the model and the stacks", EXIT_LITTLE_MEMORY);
    if (stress.frame_count > probe_frame_count_max())
        return complain("too little memory for its frames", EXIT_LITTLE_MEMORY);
    static const struct fault_watcher watcher = {.reported = stress_faulted};
    stress.session = session_make(memory_at, slot_count);
    fault_watch(&watcher);
    stress_print_start();
    stress_threads_run();
    stress_print_counts();
    stress_print_summary(0);
    return EXIT_OK;
}
