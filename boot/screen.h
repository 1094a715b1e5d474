/* The VGA text screen, where there is one: what goes to COM1 can be read on it too, so that a
 * machine started from a stick says something without a serial cable.
 *
 * Registers are those of IBM's VGA ("PS/2 Hardware Interface Technical Reference, Video
 * Subsystems", 1992, section 2): the miscellaneous output register, the graphics controller's
 * register 6, the CRT controller's 12 to 15. */
#ifndef KHEAP_BOOT_SCREEN_H
#define KHEAP_BOOT_SCREEN_H

/* Looks for a screen of 80 columns and 25 rows in colour text mode and clears it. Without one the
 * other call does nothing. Requires the direct map. */
void screen_start(void);

/* Writes at the end of what was written before; a newline starts a new row, and so does a text that
 * is wider than the screen. Cost: without reading anything back, but for every 180th row or so. */
void screen_text(const char *text);

#endif
