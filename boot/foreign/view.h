/* What a wild pointer of an allocator's can reach in the kernel.
 *
 * In a process nearly all addresses are nobody's: to touch one is a fault, and a verdict. In the
 * kernel the direct map of physical memory takes half of all addresses, and the recursive window
 * those below zero, where what lies just before a null pointer is the page directory. So while an
 * allocator runs, both are closed, but for those 4 MiB of the direct map in which something is kept
 * that the kernel or the harness uses; and a wild pointer faults here, too. */
#ifndef KHEAP_BOOT_FOREIGN_VIEW_H
#define KHEAP_BOOT_FOREIGN_VIEW_H

/* Closes all that can be, or opens it again. Require probe_start (boot/probe.h). */
void view_close(void);
void view_open(void);

/* The recursive window alone, for who changes tables while the view is closed. */
void view_tables_open(void);
void view_tables_close(void);

#endif
