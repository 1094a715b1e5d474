/* session.c is included, not linked: a session that runs to its end gives everything back, so what
 * stands between two operations can be broken only by a test that takes its steps itself. */
#include "fuzz/session.c"

#include "fuzz/test_session.h"

#include "ci/unit.h"
#include "fuzz/host.h"
#include "mmu_x86/emulator/emulator.h"

struct session *test_session;
enum session_check test_check = SESSION_CHECK_FULL;

void test_session_up(uint32_t policy, uint32_t window_pages)
{
    if (test_session == NULL) {
        void *memory = calloc(1, (size_t)session_size_bytes(OP_SLOTS));
        EXPECT(memory != NULL && host_start(4u * TEST_FRAMES, OP_SLOTS));
        test_session = session_make(memory, OP_SLOTS);
        session_mirror(test_session, host_port_mirror());
    }
    struct op_config config = {policy, TEST_FRAMES, window_pages};
    EXPECT(test_begin(&config));
}

bool test_begin(const struct op_config *config)
{
    session_check_begin(test_session, &(struct session_plan){.check = test_check}, false);
    return session_begin(test_session, config);
}

bool test_apply(const struct op *op)
{
    return session_apply(test_session, op);
}

bool test_end(void)
{
    return session_end(test_session);
}

bool test_rule_S7(void)
{
    return session_rule_S7(test_session);
}

void test_expect_applied(enum op_kind kind, uint32_t slot, uint32_t size, uint32_t arg)
{
    struct op op = {kind, slot, size, arg};
    uint32_t applied_count = test_session->applied_count;
    bool holds = test_apply(&op);
    if (!holds)
        printf("%s: %s\n", rule_id(test_session->violation.rule), test_session->violation.what);
    EXPECT(holds);
    EXPECT_EQUAL(test_session->applied_count, applied_count + 1u);
}

void test_expect_broken(enum op_kind kind, uint32_t slot, uint32_t size, enum rule rule)
{
    struct op op = {kind, slot, size, 0};
    EXPECT(!test_apply(&op));
    EXPECT_EQUAL(test_session->violation.rule, rule);
}

uint32_t *test_ram(uint32_t at)
{
    const uint32_t *page = probe_page(vaddr_of(page_round_down(at)));
    EXPECT(page != NULL);
    return &emulator.ram[(size_t)(page - emulator.ram) + (at & PAGE_MASK) / 4u];
}

uint32_t *test_control(uint32_t field)
{
    return test_ram(test_session->scene.heap_at.v + field);
}

uint32_t test_slot_at(uint32_t slot)
{
    return test_session->shadow.slots[slot].at;
}
