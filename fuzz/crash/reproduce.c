/* Linked with the programs that `kheap to-c' writes (fuzz/crash/reproduce.args), not with the tool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fuzz/host.h"
#include "fuzz/op_line.h"
#include "fuzz/session_internal.h"
#include "mmu_x86/emulator/emulator.h"

#include "fuzz/crash/reproduce.h"

struct heap heap;
vaddr_t *p;
uint32_t reproduce_slot;

static struct session *session;
static const char *session_name;

/* The lines that `kheap replay' prints as well. */
static void verdict_print(bool ok)
{
    struct verdict verdict = {
        .ok = ok,
        .violation = session->violation,
        .operation = session->operation_count,
        .operation_count = session->operation_count,
        .applied_count = session->applied_count,
        .digest = session->digest,
    };
    struct line line;
    verdict_line(&verdict, session_name, &line);
    puts(line.text);
    if (ok)
        return;
    violation_line(&verdict.violation, &line);
    printf("  %s\n", line.text);
    line_clear(&line);
    op_line(&session->op, &line);
    printf("  at operation %u: %s\n", session->operation_count, line.text);
}

_Noreturn static void violated(void)
{
    verdict_print(false);
    exit(1);
}

_Noreturn void host_faulted(uint32_t at, uint32_t error_code)
{
    (void)violation_set(&session->violation, RULE_P7, at, 0, error_code,
                        "page fault, error code (found), at");
    violated();
}

_Noreturn void host_exhausted(void)
{
    session_endless(session);
    violated();
}

void reproduce_begin(const struct reproduce *machine)
{
    const struct op_config config = {machine->policy, machine->frames, machine->window_pages};
    const struct session_plan plan = {.check = SESSION_CHECK_STEP};
    void *memory = calloc(1, (size_t)session_size_bytes(machine->slots));
    p = calloc(machine->slots, sizeof(*p));
    if (memory == NULL || p == NULL || !host_port_start(machine->frames)) {
        (void)fprintf(stderr, "%s: not enough memory for its machine\n", machine->name);
        exit(3);
    }
    session_name = machine->name;
    session = session_make(memory, machine->slots);
    session_mirror(session, host_port_mirror());
    session_check_begin(session, &plan, false);
    if (!session_begin(session, &config))
        violated();
    heap = session->heap;
}

vaddr_t reproduce_call(const struct heap *used, const struct op *op)
{
    if (used->at.v != heap.at.v) {
        (void)fprintf(stderr, "%s: a call on another heap\n", session_name);
        abort();
    }
    if (!session_apply(session, op))
        violated();
    p[op->slot] = vaddr_of(session->shadow.slots[op->slot].at);
    if (session->handler.fired)
        p[session->handler.slot] = vaddr_of(session->shadow.slots[session->handler.slot].at);
    return p[op->slot];
}

int reproduce_end(void)
{
    bool ok = session_end(session);
    session->operation_count += !ok;
    verdict_print(ok);
    return ok ? 0 : 1;
}
