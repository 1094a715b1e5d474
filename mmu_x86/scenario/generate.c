/* The table of groups, and what all of them are made with. */
#include "mmu_x86/scenario/generate_internal.h"

uint32_t pick_digit(uint32_t *n, uint32_t count)
{
    uint32_t digit = *n % count;
    *n /= count;
    return digit;
}

uint32_t pick_rights(uint32_t *n)
{
    static const uint32_t bits[] = {ENTRY_PRESENT, ENTRY_WRITABLE, ENTRY_USER};
    uint32_t rights = 0;
    for (uint32_t i = 0; i < 3u; i++)
        rights |= pick_digit(n, 2) == 0 ? bits[i] : 0;
    return rights;
}

void step_add(struct scenario *s, enum scenario_step_kind kind, bool user, uint32_t to,
              uint32_t word)
{
    s->steps[s->step_count++] = (struct scenario_step){
        .kind = (uint8_t)kind, .user = user, .to = (uint8_t)to, .word = word};
}

void step_access(struct scenario *s, enum scenario_step_kind kind, bool user, uint32_t target)
{
    step_add(s, kind, user, target, CODE_WORD(CODE_WRITTEN + s->step_count));
}

void pick_access(uint32_t *n, struct scenario *s, uint32_t count, uint32_t target)
{
    static const struct {
        enum scenario_step_kind kind;
        bool user;
    } accesses[] = {{STEP_READ, false}, {STEP_WRITE, false}, {STEP_READ, true},
                    {STEP_WRITE, true}, {STEP_FETCH, false}, {STEP_FETCH, true}};
    uint32_t digit = pick_digit(n, count);
    step_access(s, accesses[digit].kind, accesses[digit].user, target);
}

void step_poke(struct scenario *s, enum scenario_cell cell, uint32_t word)
{
    step_add(s, STEP_POKE, false, cell, word);
}

static const struct {
    struct scenario_group group;
    void (*make)(uint32_t n, struct scenario *scenario);
} groups[] = {
    {{"rights", "present, writable, user at both levels, CR0.WP, each kind of access", 768},
     generate_rights},
    {{"marks", "accessed and dirty bits: set, kept in the TLB, cleared and flushed", 320},
     generate_marks},
    {{"ignored", "bits that must change nothing", 144}, generate_ignored},
    {{"large", "4 MiB pages: rights, CR0.WP, the reserved bit", 192}, generate_large},
    {{"small", "the page-size bit without CR4.PSE", 48}, generate_small},
    {{"window-table", "the recursive window at one level: a table's words", 512},
     generate_window_table},
    {{"window-directory", "at two levels: the directory's words", 64}, generate_window_directory},
    {{"window-self", "at three: the entry that maps the directory into itself", 64},
     generate_window_self},
    {{"window-stale", "a table replaced under the window's translation of it", 64},
     generate_window_stale},
    {{"stale", "a page that was used is taken away or changed, flushed or not", 576},
     generate_stale},
    {{"grant", "a page that was used is given rights", 128}, generate_grant},
    {{"faulted", "what a page fault drops", 16}, generate_faulted},
    {{"demand", "a page mapped when it is missed", 24}, generate_demand},
    {{"alias", "two pages with one frame; a table mapped as a page", 32}, generate_alias},
    {{"roots", "another directory and back", 64}, generate_roots},
    {{"large-stale", "4 MiB that were used are changed, flushed or not", 192},
     generate_large_stale},
    {{"protect", "CR0.WP changed between writes", 64}, generate_protect},
};

#define GROUP_COUNT (sizeof groups / sizeof groups[0])

uint32_t scenario_count(void)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < GROUP_COUNT; g++)
        count += groups[g].group.count;
    return count;
}

bool scenario_group_at(uint32_t group, struct scenario_group *found)
{
    if (group >= GROUP_COUNT)
        return false;
    *found = groups[group].group;
    return true;
}

void scenario_make(uint32_t n, struct scenario *scenario)
{
    uint32_t g = 0;
    for (; n >= groups[g].group.count; g++)
        n -= groups[g].group.count;
    *scenario = (struct scenario){
        .group = groups[g].group.name,
        .protect = true,
        .page_sizes = true,
        .directory_entry = ENTRY(SCENARIO_TABLE, PWU),
        .self_entry = ENTRY(SCENARIO_DIRECTORY, PW),
        .table_entry = ENTRY(SCENARIO_A, PWU),
        .next_entry = ENTRY(SCENARIO_B, PWU),
    };
    groups[g].make(n, scenario);
}
