/* Inputs taken to the kernel in QEMU: what `kheap boot' is made of. */
#ifndef KHEAP_FUZZ_TOOL_BOOT_H
#define KHEAP_FUZZ_TOOL_BOOT_H

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

#include "fuzz/host.h"
#include "fuzz/pack.h"

#define BOOT_PATH_MAX 4096u

/* How the kernel is booted. */
struct boot_plan {
    char repository[BOOT_PATH_MAX];
    char kernel[BOOT_PATH_MAX];
    const char *memory;  /* what boot/run is given, or null: its default */
    const char *machine; /* likewise */
    uint32_t seconds;    /* for a boot; 0: as its operations need */
    bool kvm;
};

/* What the kernel does with an input that has a boot of its own, against what it did among others.
 */
enum boot_alone {
    BOOT_ALONE_UNKNOWN, /* not tried: there is nothing to be explained, or no end to it */
    BOOT_ALONE_SAME,
    BOOT_ALONE_EQUAL, /* the host's verdict: what happened needs the inputs before it */
    BOOT_ALONE_OTHER, /* neither */
};

/* An input, what the host says of it, and what the kernel says. */
struct boot_input {
    char name[PACK_NAME_MAX + 1]; /* by which both verdict lines call it */
    char *path;
    uint8_t *data;
    uint32_t size_bytes;
    struct verdict host;
    struct line host_line;
    struct line host_operation; /* the operation that broke a rule, as text */
    struct line host_why;       /* the core crashed or hung there: there is no verdict */
    struct line guest_line;     /* the kernel's verdict line; empty: it gave none */
    struct line guest_evidence;
    struct line guest_why; /* why there is none */
    int guest_status;      /* of the boot/run that it ended without a verdict; otherwise 0 */
    enum boot_alone alone;
};

struct boot_inputs {
    struct boot_input *list;
    uint32_t count;
    uint32_t capacity;
    uint32_t error_count; /* files and inputs that could not be read or run, reported already */
};

/* What differs by whose heap the tool is for, by the link: boot_core.c for the project's own,
 * fuzz/foreign/boot_foreign.c. */

/* The file of the kernel that carries this heap, in build/boot; and what to do if it is not there.
 */
bool boot_kernel_name(char *name, size_t size_bytes, struct line *error);
extern const char *const boot_kernel_missing;

/* Makes sure that this process's verdicts can be the kernel's, by calling a tool of which that is
 * so: then it does not return. Returns false with *error set if there is none. */
bool boot_host_fits(const struct boot_plan *plan, char **argv, struct line *error);

/* The function that makes a heap for an input there. */
extern const char *const boot_begins;

/* Finds the repository that this tool was built in, and in it boot/run. Returns false with *error
 * set. */
bool boot_find_repository(struct boot_plan *plan, struct line *error);

/* Checks the kernel, by default this tool's. Returns false with *error set. */
bool boot_find_kernel(struct boot_plan *plan, const char *kernel, struct line *error);

/* True if the kernel is older than this tool: it may have been built from other sources. */
bool boot_kernel_is_old(const struct boot_plan *plan);

/* Runs an input on the host, as thoroughly as the kernel will. Returns null with what the host says
 * of it set, or a few words that say why it cannot be run. */
const char *boot_host(struct boot_input *input);

/* Reads a file, which may be a pack, runs each input on the host, and adds it. What cannot be read
 * or run is reported on standard error and counted. */
void boot_inputs_read(struct boot_inputs *inputs, const char *path);
void boot_inputs_free(struct boot_inputs *inputs);

/* Gets a verdict from the kernel for all inputs, or the reason why there is none; after an input
 * that ended the kernel it boots again for those behind it. Returns false with *error set if no
 * kernel can be booted at all, or the process was told to end (boot_interrupted). */
bool boot_guest(const struct boot_plan *plan, struct boot_inputs *inputs, struct line *error);

/* Boots once more, alone, for each of the first inputs whose verdict is none, or not the host's,
 * and notes what comes of it. */
void boot_confirm(const struct boot_plan *plan, struct boot_inputs *inputs);

/* Boots the kernel with one input, stopped at operation number `operation` (0: as the session
 * begins), under gdb with the helper loaded; `commands` is a file of gdb commands to run in batch
 * mode, or null for a person at the terminal. Returns false with *error set if that could not be
 * done. Otherwise *status is gdb's exit status. */
bool boot_gdb(const struct boot_plan *plan, const struct boot_input *input, uint32_t operation,
              const char *commands, int *status, struct line *error);

/* Writes inputs[first ..] that have no answer yet as a pack. Returns their number; 0 with *error
 * set if that failed. */
uint32_t boot_pack_write(const struct boot_inputs *inputs, uint32_t first, const char *path,
                         struct line *error);

/* Starts boot/run for the pack with `extra` arguments, a null-terminated list. Its output goes to
 * the descriptor `out`, or stays the caller's if that is -1. It ends when this process does; in
 * `own_group`, the terminal's Ctrl-C does not reach it. Returns its process, or -1 with *error set.
 */
pid_t boot_start(const struct boot_plan *plan, const char *pack, const char *const *extra, int out,
                 bool own_group, struct line *error);

/* Waits for a child, which is told to end once this process is. Returns its exit status, or 128 and
 * the signal that ended it. */
int boot_wait(pid_t child);

/* Tells a child to end, and after three seconds makes it. Returns as boot_wait. */
int boot_end(pid_t child);

/* Makes a directory for a boot's files; boot_scratch_remove takes it away with the files named,
 * which end with a null. */
bool boot_scratch_make(char *directory, size_t size_bytes, struct line *error);
void boot_scratch_remove(const char *directory, const char *const *files);

/* SIGINT and SIGTERM are noted from now on; boot_interrupted is the signal, or 0. */
void boot_catch_interrupts(void);
int boot_interrupted(void);

/* Sets *error to "WHAT: WHY", WHY being what errno says. Returns false. */
bool boot_errno(struct line *error, const char *what);

/* Prints an input's verdict and what the kernel said of it. Returns true if they are equal. */
bool boot_report_input(FILE *out, const struct boot_input *input);
bool boot_equal(const struct boot_input *input);

/* Writes all of it as JSON to a file, or to standard output if that is "-". Returns false with
 * *error set. */
bool boot_report_json(const char *path, const struct boot_plan *plan,
                      const struct boot_inputs *inputs, struct line *error);

#endif
