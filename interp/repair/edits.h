/* The edits of a net's source, and which of them is the most promising. */
#ifndef PLUMB_REPAIR_EDITS_H
#define PLUMB_REPAIR_EDITS_H
#include "draft.h"

typedef struct Candidate {   /* a net with one more edit */
    const char *text;        /* of the edit, "act=relu, init=he": lives as long as the findings, or for ever */
    Draft *draft;
    char *source;
    Value *net, *recipe;     /* recipe: kept */
    int finding;             /* which it is for */
    double slope;            /* of the forecast; NaN: theory does not reach */
} Candidate;
void candidate_clear(Candidate *candidate);

typedef struct Sickness {    /* what an edit is looked for */
    Session *session;
    const char *name;        /* that the net will have */
    const Draft *draft;
    Value *recipe;
    const PlumbData *data;
    const PlumbDiagnosis *diagnosis;
    bool (*tried)(void *self, const char *text);
    void *self;
} Sickness;
/* For the first finding that any edit is for: the edit with the best forecast, the simplest where several are alike. Edits that cannot
 * be made, and those that the forecast calls ill, are none. False: there is none. */
bool best_edit(const Sickness *sickness, Candidate *best);
#endif
