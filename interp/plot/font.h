/* Letters for pictures made of points. */
#ifndef PLUMB_PLOT_FONT_H
#define PLUMB_PLOT_FONT_H

enum { FONT_FIRST = ' ', FONT_CHARACTERS = 95, FONT_COLUMNS = 5, FONT_ROWS = 8, FONT_ABOVE = 7 /* the base line */ };
extern const unsigned char font[FONT_CHARACTERS][FONT_COLUMNS];
#endif
