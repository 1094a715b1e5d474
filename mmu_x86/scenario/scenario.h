/* A scenario: a few page-table entries, and steps that a processor takes over them.
 *
 * The same scenarios run on the emulator and, in the kernel, on the processor; an oracle that
 * shares no code with either says what may come of each step (oracle.h). The table of all of them
 * is generated (generate.h).
 *
 * Physical memory is symbolic: frame 0 is where the machine under test has 8 MiB of RAM for
 * scenarios (machine.h), and entries hold symbolic frames until they are written there.
 *
 * Virtual memory: the directory has three entries that a scenario sets. One leads to the table, or
 * maps 4 MiB; the last one leads to the directory itself; a machine may have more of its own. */
#ifndef KHEAP_MMU_X86_SCENARIO_SCENARIO_H
#define KHEAP_MMU_X86_SCENARIO_SCENARIO_H

#include "mmu_x86/i386.h"

/* Symbolic frames. SCENARIO_LARGE starts 4 MiB. */
enum scenario_frame {
    SCENARIO_DIRECTORY = 1,
    SCENARIO_DIRECTORY_2, /* another process's: the same, but it leads to table 2 */
    SCENARIO_TABLE,
    SCENARIO_TABLE_2, /* maps page B where table maps page A, for supervisor and user */
    SCENARIO_A,
    SCENARIO_B,
    SCENARIO_LARGE = TABLE_ENTRIES,
};

#define SCENARIO_FRAMES (2u * TABLE_ENTRIES)

/* The page that scenarios are about, and the page behind it. The word of it that is accessed has
 * the same index as its entry has in the table, so that a table mapped as this page shows it. */
#define SCENARIO_SLOT 512u
#define SCENARIO_INDEX 9u
#define SCENARIO_AT                                                                                \
    ((SCENARIO_SLOT << TABLE_SHIFT) + (SCENARIO_INDEX << PAGE_SHIFT) + 4u * SCENARIO_INDEX)

/* What an access goes to. The last three are words of the recursive window: at one level through
 * the last entry of the directory, at two, and that entry itself. */
enum scenario_target {
    TARGET_PAGE,
    TARGET_NEXT,
    TARGET_TABLE,
    TARGET_DIRECTORY,
    TARGET_SELF,
    TARGET_COUNT,
};

/* The words of physical memory that are set before a scenario and observed after each step. */
enum scenario_cell {
    CELL_DIRECTORY, /* the entry of SCENARIO_SLOT */
    CELL_SELF,      /* the last entry of the directory */
    CELL_TABLE,     /* the entries of SCENARIO_AT's page and the next */
    CELL_NEXT,
    CELL_DIRECTORY_2, /* the same in the second directory and table */
    CELL_SELF_2,
    CELL_TABLE_2,
    CELL_NEXT_2,
    CELL_A, /* the word that an access of SCENARIO_AT reaches in each frame */
    CELL_B,
    CELL_LARGE,
    CELL_LARGE_NEXT,
    CELL_COUNT,
};

/* What the pages hold can be executed, and says which page it is:
 * B0 id   movb $id, %al
 * C3      ret
 * 90      nop                                                                                   */
#define CODE_WORD(id) (0x90C300B0u | (uint32_t)(id) << 8)
#define CODE_WORD_IS(word) (((word)&0xFFFF00FFu) == 0x90C300B0u)
#define CODE_WORD_ID(word) ((word) >> 8 & 0xFFu)

/* The ids: a cell's own, and that of a word which a step wrote. */
#define CODE_CELL(cell) (0x40u + (uint32_t)(cell))
#define CODE_WRITTEN 0x60u

enum scenario_step_kind {
    STEP_READ,
    STEP_WRITE,
    STEP_FETCH,
    STEP_POKE,   /* somebody else stores `word` into the cell `to`, in physical memory */
    STEP_FLUSH,  /* INVLPG of the target's page */
    STEP_RELOAD, /* CR3 is loaded with the symbolic frame `to` */
    STEP_PROTECT /* CR0.WP becomes `to` */
};

struct scenario_step {
    uint8_t kind;
    uint8_t user; /* of an access: in user mode */
    uint8_t to;   /* a target; of STEP_POKE a cell */
    uint32_t word;
};

#define SCENARIO_STEPS_MAX 6u

struct scenario {
    const char *group;
    bool protect;    /* CR0.WP */
    bool page_sizes; /* CR4.PSE */
    uint32_t directory_entry;
    uint32_t self_entry;
    uint32_t table_entry;
    uint32_t next_entry;
    struct scenario_step steps[SCENARIO_STEPS_MAX];
    uint32_t step_count;
};

/* What came of a step. */
struct scenario_outcome {
    bool faulted;
    uint32_t error_code; /* of the page fault */
    uint32_t fault_at;   /* CR2 */
    uint32_t word;       /* what was read, or the CODE_WORD that was executed */
    uint32_t cells[CELL_COUNT];
};

/* The virtual address of a target. */
uint32_t scenario_address(enum scenario_target target);

/* The symbolic frame and the index of the word that a cell is. */
struct scenario_place {
    uint32_t frame;
    uint32_t index;
};
struct scenario_place scenario_place(enum scenario_cell cell);

/* The cells before the first step. */
void scenario_cells(const struct scenario *scenario, uint32_t *cells);

bool scenario_outcome_same(const struct scenario_outcome *a, const struct scenario_outcome *b);

#endif
