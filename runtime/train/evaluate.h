/* Scores of one part of the data, as often as wanted: what is needed for it is made once. */
#ifndef PLUMB_EVALUATE_H
#define PLUMB_EVALUATE_H
#include "step.h"

typedef struct Evaluation Evaluation;
/* Everything is borrowed; a NULL pool: one of its own. `loss` is given. NULL: error filled. */
Evaluation *evaluation_new(PlumbNet *net, const PlumbPart *part, const PlumbData *data, const PlumbCall *loss,
                           const PlumbConfig *config, Pool *pool, PlumbError *error);
/* By the net's weights as they are now. The confusion matrix stays the evaluation's and is counted anew each time. */
PlumbScore evaluation_run(Evaluation *evaluation);
void evaluation_free(Evaluation *evaluation); /* NULL is allowed */
#endif
