/* Every rule that is enforced, once: id and claim. A rule is stated beside the structure that it is
 * about, and everything about it is found by its id: the statement, the function rule_ID that
 * checks it, the test that breaks it.
 *
 * Rules A are about a foreign allocator seen from outside (fuzz/foreign/adapter.h), all others
 * about the core and its machine.
 *
 * X(id, claim) */
#ifndef KHEAP_INVARIANTS_RULES_H
#define KHEAP_INVARIANTS_RULES_H

#define KHEAP_RULES(X)                                                                             \
    X(H1, "tags are legal")                                                                        \
    X(H2, "header and footer of a block agree")                                                    \
    X(H3, "no two neighbours are free")                                                            \
    X(H4, "blocks tile the extent from prologue to epilogue")                                      \
    X(H5, "each free block is on exactly its list")                                                \
    X(H6, "list links, heads and bitmaps agree")                                                   \
    X(H7, "counters equal the sums")                                                               \
    X(H8, "fixed fields of the control block are as initialised")                                  \
    X(H9, "a tag that is none any more does not read as one")                                      \
    X(P1, "needed pages are mapped: present, writable, supervisor")                                \
    X(P2, "no frame is mapped twice")                                                              \
    X(P3, "nothing else is mapped")                                                                \
    X(P4, "recursive slot and boot's entries are intact")                                          \
    X(P5, "no empty table, no half-prepared entry")                                                \
    X(P6, "the TLB agrees with the tables")                                                        \
    X(P7, "no access of the core faults")                                                          \
    X(P8, "the core works with interrupts disabled")                                               \
    X(F1, "free frames are managed")                                                               \
    X(F2, "summary and hint agree with the bitmap")                                                \
    X(F3, "frame counters equal the bits")                                                         \
    X(F4, "taken frames are exactly those in use")                                                 \
    X(F5, "managed frames are those of the memory map")                                            \
    X(O1, "the core reads and writes metadata only in its own bytes, in bulk only one payload")    \
    X(X1, "mapped pages equal the heap's count")                                                   \
    X(X2, "the heap's end is a page boundary in the window")                                       \
    X(X3, "an unmapped page lies inside one sparse free block")                                    \
    X(X4, "the heap knows whether all its pages are mapped")                                       \
    X(S1, "a block lies in the extent, aligned as asked, as large as asked")                       \
    X(S2, "live blocks are disjoint")                                                              \
    X(S3, "contents are intact, zeroed memory is zero")                                            \
    X(S4, "a refusal is justified")                                                                \
    X(S5, "a refused or misused call changes nothing")                                             \
    X(S6, "a misuse is reported, with its reason, and nothing else is")                            \
    X(S7, "all freed: one free block, frames back at the baseline")                                \
    X(S8, "statistics agree with the model")                                                       \
    X(C1, "a call costs no more than it declares")                                                 \
    X(K1, "what a step finds, a full check finds, and the other way round")                        \
    X(A1, "a block lies in memory that was granted")                                               \
    X(A2, "blocks that live do not overlap")                                                       \
    X(A3, "a block keeps what is written to it")                                                   \
    X(A4, "nothing outside of what was granted is touched")                                        \
    X(A5, "a call comes to an end and does not crash")                                             \
    X(A6, "zeroed memory is zero, and a product that wraps is refused")                            \
    X(A7, "the usable size is at least what was asked for")                                        \
    X(A8, "the allocator finds itself whole")                                                      \
    X(A9, "a block is aligned as declared and as asked")                                           \
    X(A10, "what must be granted is not refused")                                                  \
    X(A11, "an empty heap grants what a fresh one grants")                                         \
    X(A12, "in a full heap, what was freed can be had again")                                      \
    X(A13, "a resize to the same size or less is not refused")                                     \
    X(A14, "a misuse is reported once, and nothing else is")                                       \
    X(A15, "a call runs through no more basic blocks than declared")                               \
    X(A16, "hooks are used as the adapter's contract says")

#define RULE_ENUM(id, claim) RULE_##id,
enum rule { RULE_NONE, KHEAP_RULES(RULE_ENUM) RULE_COUNT };
#undef RULE_ENUM

/* "H2" and "header and footer of a block agree". */
const char *rule_id(enum rule rule);
const char *rule_claim(enum rule rule);

#endif
