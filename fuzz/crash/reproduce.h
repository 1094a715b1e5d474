/* For the C programs that `kheap to-c' writes: the core's calls, made on an emulated i386 with
 * every rule looked at after each of them, exactly as `kheap replay' does it.
 *
 *     slot(0) = kmalloc(&heap, 100);
 *     kfree(&heap, p[0]);
 *
 * Here kmalloc and its kin are macros: they hand the operation to the session (fuzz/session.h),
 * which makes the call of that name, and none where it does not apply: an allocation into a slot in
 * use, a free of an empty one. A program ends at the first broken rule. */
#ifndef KHEAP_FUZZ_CRASH_REPRODUCE_H
#define KHEAP_FUZZ_CRASH_REPRODUCE_H

#include "fuzz/op.h"
#include "heap/kmalloc.h"

/* The machine, and the slots that the program has pointers in. */
struct reproduce {
    const char *name; /* by which the verdict calls it */
    enum heap_policy policy;
    uint32_t frames;
    uint32_t window_pages;
    uint32_t slots;
};

/* Boots the machine and makes the heap. Ends the program if that breaks a rule. */
void reproduce_begin(const struct reproduce *machine);

/* One operation. Returns the pointer in its slot. Ends the program, with the verdict on standard
 * output and status 1, if it breaks a rule. */
vaddr_t reproduce_call(const struct heap *heap, const struct op *op);

/* Frees all that is left, looks at everything once more, and prints the verdict line. Returns the
 * program's exit status: 0 if every rule holds, otherwise 1. */
int reproduce_end(void);

extern struct heap heap;
extern vaddr_t *p; /* the slots' pointers; null: empty */
extern uint32_t reproduce_slot;

/* Names the slot that the call behind it fills. */
#define slot(number) reproduce_slot = (number), p[number]

#define SLOT_OF(pointer) ((uint32_t)(&(pointer)-p))
#define CALL(heap, kind, slot_number, size_bytes, argument)                                        \
    reproduce_call(heap, &(struct op){kind, slot_number, size_bytes, argument})
#define CALL_AT(kind, pointer, size_bytes, argument)                                               \
    CALL(&heap, kind, SLOT_OF(pointer), size_bytes, argument)

#define kmalloc(heap, size) CALL(heap, OP_ALLOC, reproduce_slot, size, 0)
#define kmalloc_aligned(heap, size, align) CALL(heap, OP_ALIGNED, reproduce_slot, size, align)
#define kcalloc(heap, count, size) CALL(heap, OP_ZALLOC, reproduce_slot, size, count)
#define krealloc(heap, pointer, size) CALL(heap, OP_REALLOC, SLOT_OF(pointer), size, 0)
#define kfree(heap, pointer) (void)CALL(heap, OP_FREE, SLOT_OF(pointer), 0, 0)
#define heap_reclaim(heap, pages) (void)CALL(heap, OP_RECLAIM, 0, pages, 0)

/* What no call of the core's says; fuzz/op.h tells more of each. */
#define write_contents(pointer) (void)CALL_AT(OP_FILL, pointer, 0, 0)
#define check_contents() (void)CALL(&heap, OP_CHECK, 0, 0, 0)
#define check_stats() (void)CALL(&heap, OP_STATS, 0, 0, 0)
#define leave_frames(count) (void)CALL(&heap, OP_PRESSURE, 0, count, 0)
#define refuse_frame(request) (void)CALL(&heap, OP_REFUSE, 0, request, 0)
#define refuse_frames_from(request) (void)CALL(&heap, OP_REFUSE_ON, 0, request, 0)
#define interrupt_at(point, pointer, size) (void)CALL_AT(OP_INTERRUPT, pointer, size, point)
#define map_device_page(page) (void)CALL(&heap, OP_MAP, 0, page, 0)
#define unmap_device_page(page) (void)CALL(&heap, OP_UNMAP, 0, page, 0)

/* Skipped: the core's heap has nothing to do. */
#define foreign_heaps_only(kind, slot_number, size, argument)                                      \
    (void)CALL(&heap, kind, slot_number, size, argument)

/* Misuses, with what was last freed from a slot, or with damage that is undone after the call. */
#define kfree_again(pointer) (void)CALL_AT(OP_DOUBLE_FREE, pointer, 0, 0)
#define kfree_inner(pointer, granule) (void)CALL_AT(OP_FREE_INNER, pointer, granule, 0)
#define kfree_misaligned(pointer, bytes) (void)CALL_AT(OP_FREE_MISALIGNED, pointer, bytes, 0)
#define kfree_foreign(address) (void)CALL(&heap, OP_FREE_FOREIGN, 0, address, 0)
#define krealloc_freed(pointer, size) (void)CALL_AT(OP_USE_FREED, pointer, size, 0)
#define kfree_damaged_header(pointer, bits) (void)CALL_AT(OP_DAMAGE_HEADER, pointer, 0, bits)
#define kfree_damaged_footer(pointer, bits) (void)CALL_AT(OP_DAMAGE_FOOTER, pointer, 0, bits)
#define kfree_damaged_next(pointer, bits) (void)CALL_AT(OP_DAMAGE_NEXT, pointer, 0, bits)
#define kfree_damaged_previous(pointer, bits) (void)CALL_AT(OP_DAMAGE_PREVIOUS, pointer, 0, bits)
#define kfree_damaged_link(pointer, bits) (void)CALL_AT(OP_DAMAGE_LINK, pointer, 0, bits)
#define krealloc_damaged(pointer, bits) (void)CALL_AT(OP_DAMAGE_REALLOC, pointer, 0, bits)

#endif
