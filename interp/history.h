/* Where the prompt's history is kept between sessions. */
#ifndef PLUMB_HISTORY_H
#define PLUMB_HISTORY_H

/* $PLUMB_HISTORY, or plumb/history in $XDG_STATE_HOME or ~/.local/state; its folders are made. malloc'd; NULL: nowhere. */
char *history_path(void);
#endif
