/* quit: the end of the session. */
#include "../verb.h"

static bool run(Session *session, const VerbCall *call) {
    (void)call;
    session_set_quit(session);
    return true;
}

const Verb verb_quit = {.entry = {.name = "quit",
                                  .kind = PLUMB_VERB,
                                  .family = "session",
                                  .summary = "ends the session; of a script the rest is not run",
                                  .formula = "quit",
                                  .source = "plumb",
                                  .example = "quit"},
                        .run = run};
