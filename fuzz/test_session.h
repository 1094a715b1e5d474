/* For the unit tests of sessions: a session between its operations, and means to break it behind
 * its back. */
#ifndef KHEAP_FUZZ_TEST_SESSION_H
#define KHEAP_FUZZ_TEST_SESSION_H

#include "fuzz/session_internal.h"

#define TEST_FRAMES 64u
#define TEST_WINDOW_PAGES 64u

extern struct session *test_session;

/* How much the next session checks; everything unless a test says otherwise. */
extern enum session_check test_check;

/* A session that has begun, with nothing applied yet. */
void test_session_up(uint32_t policy, uint32_t window_pages);

/* What session_run does, in its steps; and rule S7 alone. */
bool test_begin(const struct op_config *config);
bool test_apply(const struct op *op);
bool test_end(void);
bool test_rule_S7(void);

/* Expects the operation to apply and to break nothing, or to break this rule. */
void test_expect_applied(enum op_kind kind, uint32_t slot, uint32_t size, uint32_t arg);
void test_expect_broken(enum op_kind kind, uint32_t slot, uint32_t size, enum rule rule);

/* A word of the machine, or of the control block, to be changed behind everyone's back. */
uint32_t *test_ram(uint32_t at);
uint32_t *test_control(uint32_t field);

/* The payload of a slot. */
uint32_t test_slot_at(uint32_t slot);

#endif
