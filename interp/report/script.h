/* The script of a page, and its hash as a content security policy names it. */
#ifndef PLUMB_REPORT_SCRIPT_H
#define PLUMB_REPORT_SCRIPT_H
extern const char report_script[], report_script_hash[];
#endif
