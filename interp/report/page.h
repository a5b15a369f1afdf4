/* A page of HTML that stands alone: text, tables, figures. Whatever stands in it came from a script or a file, so all text is escaped. */
#ifndef PLUMB_REPORT_PAGE_H
#define PLUMB_REPORT_PAGE_H
#include "../../grammar/text.h"
#include "../plot/plot.h"
#include "../render/grid.h"

enum {
    FIGURE_WIDTH = 440, /* two side by side; a phone shows one at about its own size */
    ROWS_OPEN = 40      /* tables of layers with more rows are shown when they are asked for */
};
typedef struct Page {
    Text *out;     /* failed once memory was short */
    int captions;  /* tables so far: each is named by its caption */
    int sliders;   /* so far */
} Page;

void page_begin(Page *page, const char *title);
void page_end(Page *page);
void page_markup(Page *page, const char *format, ...) __attribute__((format(printf, 2, 3))); /* HTML as it is */
void page_text(Page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));   /* escaped */
void page_paragraph(Page *page, State state, const char *format, ...) __attribute__((format(printf, 3, 4)));
void page_source(Page *page, const char *text); /* lines of source */
/* Takes the grid over; NULL: memory was short. The first column names the rows. */
void page_table(Page *page, Grid *grid, const char *caption);
/* Takes the plot over, as page_table. `about`: the sentence below it, which says what it shows. A plot of nothing is left out. */
void page_figure(Page *page, Plot *plot, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Around figures that stand side by side where there is room. */
void page_figures_begin(Page *page);
void page_figures_end(Page *page);
/* Around what is shown when it is asked for. */
void page_fold_begin(Page *page, bool open, const char *summary);
void page_fold_end(Page *page);
/* Around a list of terms. A term and what it stands for, one paragraph. */
void page_terms_begin(Page *page);
void page_term(Page *page, const char *term, const char *format, ...) __attribute__((format(printf, 3, 4)));
void page_terms_end(Page *page);
#endif
