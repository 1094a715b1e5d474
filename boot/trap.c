#include "boot/trap.h"

#include "boot/layout.h"
#include "mmu_x86/i386.h"

/* boot/trap_enter.S */
uint32_t trap_enter(uint32_t code, uint32_t at, uint32_t word);
uint32_t trap_enter_user(uint32_t code, uint32_t at, uint32_t word, uint32_t stack);
_Noreturn void trap_leave(uint32_t word);
extern const uint8_t trap_read[], trap_write[], trap_fetch[];
extern const uint8_t trap_user_page[], trap_user_read[], trap_user_write[], trap_user_fetch[];
extern uint32_t trap_esp; /* of the access under way; 0: there is none */

static uint8_t __attribute__((aligned(PAGE_SIZE))) user_stack[PAGE_SIZE];
static struct trap last;

static uint32_t entry_for(const uint8_t *page, uint32_t flags)
{
    return ((uint32_t)(uintptr_t)page - KERNEL_AT) | flags;
}

uint32_t trap_user_code(void)
{
    return entry_for(trap_user_page, ENTRY_PRESENT | ENTRY_USER);
}

uint32_t trap_user_stack(void)
{
    return entry_for(user_stack, ENTRY_PRESENT | ENTRY_USER | ENTRY_WRITABLE);
}

void trap_access(enum trap_kind kind, bool user, uint32_t at, uint32_t word, struct trap *trap)
{
    static const uint8_t *const supervisor_code[] = {trap_read, trap_write, trap_fetch};
    static const uint8_t *const user_code[] = {trap_user_read, trap_user_write, trap_user_fetch};
    last = (struct trap){0};
    if (user)
        word = trap_enter_user(TRAP_USER_AT + (uint32_t)(user_code[kind] - trap_user_page), at,
                               word, TRAP_USER_AT + 2u * PAGE_SIZE);
    else
        word = trap_enter((uint32_t)(uintptr_t)supervisor_code[kind], at, word);
    *trap = last;
    trap->word = word;
}

void trap_take(const struct interrupt_frame *frame)
{
    if (trap_esp == 0)
        return;
    /* The user's code ends with HLT, which is the supervisor's alone (SDM 2A, HLT). */
    uint32_t halted = TRAP_USER_AT + PAGE_SIZE - 1u;
    last.raised = frame->vector != VECTOR_GENERAL_PROTECTION || frame->eip != halted;
    last.vector = frame->vector;
    last.error_code = frame->error_code;
    __asm__ volatile("movl %%cr2, %0" : "=r"(last.fault_at));
    trap_leave(frame->eax);
}
