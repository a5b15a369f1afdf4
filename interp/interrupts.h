/* ctrl-C, and what else a terminal tells: the one place with signal handlers. */
#ifndef PLUMB_INTERRUPTS_H
#define PLUMB_INTERRUPTS_H
#include "session.h"

/* From now on ctrl-C interrupts what the session runs. Outside a prompt a second one ends the program. */
void interrupts_begin(Session *session, bool at_prompt);
void interrupts_end(void);
/* For the prompt: a descriptor that is readable when something came, and what it was: SIGINT, SIGWINCH, SIGCONT, or 0. */
int interrupts_descriptor(void);
int interrupts_next(void);
#endif
