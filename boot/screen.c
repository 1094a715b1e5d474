#include "boot/screen.h"

#include <stdbool.h>

#include "boot/memory.h"
#include "boot/port.h"

#define MISCELLANEOUS_OUTPUT 0x3CCu
#define MISCELLANEOUS_COLOUR 0x01u /* the CRT controller is at 3D4H */
#define NO_DEVICE 0xFFu            /* what a read finds where nothing answers */

#define GRAPHICS_INDEX 0x3CEu
#define GRAPHICS_DATA 0x3CFu
#define GRAPHICS_MODE 6u
#define GRAPHICS_MODE_MASK 0x0Du /* bit 0: graphics; bits 3:2: where the memory is seen */
#define GRAPHICS_MODE_TEXT 0x0Cu /* text, 32 KiB at B8000H */

#define CRT_INDEX 0x3D4u
#define CRT_DATA 0x3D5u
#define CRT_START_HIGH 12u /* number of the cell in the upper left corner; low byte next */
#define CRT_CURSOR_HIGH 14u

#define TEXT_AT 0xB8000u
#define COLUMNS 80u
#define ROWS 25u
#define ROWS_HELD (0x8000u / 2u / COLUMNS) /* that fit into the 32 KiB */

#define BLANK 0x0720u /* light grey on black, a space */
#define COLOUR 0x0700u

static struct {
    bool there;
    uint32_t top; /* row of the memory that the screen's first row shows */
    uint32_t row; /* to be written next, of the memory */
    uint32_t column;
} screen;

static volatile uint16_t *cell(uint32_t row, uint32_t column)
{
    return (volatile uint16_t *)memory_direct(TEXT_AT) + row * COLUMNS + column;
}

static void crt_write(uint8_t high, uint32_t number)
{
    port_write(CRT_INDEX, high);
    port_write(CRT_DATA, (uint8_t)(number >> 8));
    port_write(CRT_INDEX, (uint8_t)(high + 1u));
    port_write(CRT_DATA, (uint8_t)number);
}

static void row_clear(uint32_t row)
{
    for (uint32_t column = 0; column < COLUMNS; column++)
        *cell(row, column) = BLANK;
}

static bool in_text_mode(void)
{
    uint8_t output = port_read(MISCELLANEOUS_OUTPUT);
    if (output == NO_DEVICE || (output & MISCELLANEOUS_COLOUR) == 0)
        return false;
    port_write(GRAPHICS_INDEX, GRAPHICS_MODE);
    return (port_read(GRAPHICS_DATA) & GRAPHICS_MODE_MASK) == GRAPHICS_MODE_TEXT;
}

void screen_start(void)
{
    screen.there = in_text_mode();
    if (!screen.there)
        return;
    for (uint32_t row = 0; row < ROWS; row++)
        row_clear(row);
    crt_write(CRT_START_HIGH, 0);
}

/* The memory holds more rows than the screen, so most rows scroll by moving the start. At its end,
 * what is to stay visible goes back to its beginning. */
static void row_next(void)
{
    screen.column = 0;
    screen.row++;
    if (screen.row == ROWS_HELD) {
        for (uint32_t row = 0; row < ROWS - 1u; row++)
            for (uint32_t column = 0; column < COLUMNS; column++)
                *cell(row, column) = *cell(ROWS_HELD - (ROWS - 1u) + row, column);
        screen.row = ROWS - 1u;
        screen.top = 0;
    } else if (screen.row == screen.top + ROWS) {
        screen.top++;
    }
    row_clear(screen.row);
    crt_write(CRT_START_HIGH, screen.top * COLUMNS);
}

void screen_text(const char *text)
{
    if (!screen.there)
        return;
    for (; *text != '\0'; text++) {
        if (*text == '\n' || screen.column == COLUMNS)
            row_next();
        if (*text != '\n')
            *cell(screen.row, screen.column++) = (uint16_t)(COLOUR | (uint8_t)*text);
    }
    crt_write(CRT_CURSOR_HIGH, screen.row * COLUMNS + screen.column);
}
