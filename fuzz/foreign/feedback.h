/* What a fuzzing engine has counted of the allocator's branches, put aside while the harness calls
 * it for itself: an input that is run again is to count the same. Does nothing without an engine.
 */
#ifndef KHEAP_FUZZ_FOREIGN_FEEDBACK_H
#define KHEAP_FUZZ_FOREIGN_FEEDBACK_H

/* What is counted from feedback_pause to feedback_resume is forgotten. They do not nest. */
void feedback_pause(void);
void feedback_resume(void);

#endif
