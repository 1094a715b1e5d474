/* For the checkers' unit tests: a small heap made by the core, with something of everything on it,
 * the scene that describes it, and means to break it behind the core's back.
 *
 * What a test breaks it writes straight into RAM: unseen by journal, TLB and watch, as damage is.
 */
#ifndef KHEAP_INVARIANTS_TEST_SCENE_H
#define KHEAP_INVARIANTS_TEST_SCENE_H

#include "heap/test_machine.h"
#include "invariants/check.h"
#include "mmu_x86/machine.h"

#define TEST_SCENE_FRAMES 300u
#define TEST_SCENE_PAGES 1500u
#define TEST_ROW 7u
#define TEST_HELD 30u

extern struct scene test_scene;
extern frame_t test_held[TEST_HELD];    /* the frames that another user holds */
extern struct violation test_violation; /* what test_expect_broken found last */

/* The heap's payloads, in the order of their addresses. Behind `last` there is a free tail. */
struct test_blocks {
    vaddr_t first;         /* live, right behind the prologue */
    vaddr_t row[TEST_ROW]; /* all of one size; the odd ones are free */
    vaddr_t large;         /* live, with whole pages inside */
    vaddr_t hole;          /* free and sparse: its inner pages are unmapped */
    vaddr_t between;       /* live */
    vaddr_t dense;         /* free, not sparse */
    vaddr_t last;          /* live */
};
extern struct test_blocks test_blocks;

/* Pages of the device window that are mapped. */
#define TEST_DEVICE_FIRST 3u
#define TEST_DEVICE_SECOND 7u

/* The flags of a page of the heap; the slot of its first table; a slot in which nothing is mapped.
 */
#define TEST_KERNEL_PAGE (ENTRY_PRESENT | ENTRY_WRITABLE)
#define TEST_HEAP_SLOT directory_slot(TEST_START)
#define TEST_EMPTY_SLOT 900u

/* A page in the middle of a live block, of which no checker needs a word; one in the hole; one of
 * the device window. */
uint32_t test_inner_page(void);
uint32_t test_hole_page(void);
uint32_t test_device_page(uint32_t page);

/* A fresh machine with that heap, under test_policy; two device pages mapped, TEST_HELD frames
 * held, and the first words of the frame bitmap without a free frame. Ends the process unless
 * check_all finds it whole. */
void test_scene_up(void);

/* Maps and unmaps a page of the device window, in the machine and in the scene. */
void test_device_map(uint32_t page);
void test_device_unmap(uint32_t page);

/* A word of RAM: by its virtual address, by the address that a table entry or a directory entry
 * maps. Ends the process if there is none. */
uint32_t *test_ram(uint32_t at);
uint32_t *test_entry_of(uint32_t at);
uint32_t *test_directory_entry(uint32_t slot);

/* A word of the control block, or of the frame bitmap. */
uint32_t *test_control(uint32_t field);
uint32_t *test_bitmap(uint32_t offset);

/* Where the tags of a payload's block lie. */
uint32_t test_header(vaddr_t payload);
uint32_t test_footer(vaddr_t payload);

/* Expects check_all, with nothing known from before, to find nothing, or exactly this rule. */
void test_expect_whole(void);
void test_expect_broken(enum rule rule);

/* Expects that rule with the word at `word` changed, and nothing with it restored. */
void test_expect_broken_by(uint32_t *word, uint32_t broken, enum rule rule);

/* For what takes more than a word to break: all that the core writes from test_core_begin on is
 * undone by test_core_undo, which expects to find nothing afterwards. */
void test_core_begin(void);
void test_core_undo(void);

#endif
