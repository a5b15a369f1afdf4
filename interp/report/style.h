/* How a page looks. */
#ifndef PLUMB_REPORT_STYLE_H
#define PLUMB_REPORT_STYLE_H
extern const char *const report_style[]; /* lines of CSS; NULL ends */
#endif
