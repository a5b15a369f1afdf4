/* The prompt: statements are read, over lines where the parser needs more, and run; errors end nothing. */
#ifndef PLUMB_PROMPT_H
#define PLUMB_PROMPT_H
#include "options.h"

void prompt_startup(Session *session); /* runs ~/.plumbrc, if there is one */
void prompt_run(Session *session, const CommandLine *line);
#endif
