/* A net that a verb trains: its trainer made, run and watched, and what came of it kept in the net. For train and compare. */
#ifndef PLUMB_VERBS_TRAINING_H
#define PLUMB_VERBS_TRAINING_H
#include "common.h"

typedef struct Training { /* made, not yet the net's */
    PlumbTrainer *trainer;
    PlumbLog *log;        /* NULL: none is asked for */
} Training;
/* For operand `index` of a call with `on` and perhaps `with`; the net is as it was. `resumes`: it goes on from the checkpoint that the net
 * was loaded from, if there is one. False after an error. */
bool training_make(Session *session, const VerbCall *call, int index, bool resumes, Training *training);
/* One file cannot hold the checkpoints of several nets: false, reported, where the recipe asks for them. */
bool training_takes_no_checkpoint(Session *session, const VerbCall *call);
void training_drop(Training *training);
/* The net's training is now this one, not yet begun. Takes it over. */
void training_begin(const VerbCall *call, int index, const Training *training);
/* Runs the net's training, or goes on with it. `table`: the table of epochs is printed; else a line while it lasts.
 * PLUMB_PAUSED: the person was told, the verb returns session_pause. PLUMB_FAILED: the error was added. */
PlumbOutcome training_run(Session *session, const VerbCall *call, int index, bool table);
/* "plain on digits: 1,437 training rows, ...": on what and how `who` is about to be trained. */
void training_title(Session *session, const VerbCall *call, const char *who);
json_t *training_epochs(const NetValue *net, const PlumbData *data); /* the list of --json */
/* What clipping did: `share`, `factor`, `suggested`, as in PlumbClipping. */
json_t *training_clipping(const NetValue *net);
/* The same in words; nothing where the net was trained without clipping. */
void say_clipping(Session *session, const Value *net);
#endif
