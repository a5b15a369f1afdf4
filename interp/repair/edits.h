/* The edits of a net's source, alone and together, and the net that they would make. */
#ifndef PLUMB_REPAIR_EDITS_H
#define PLUMB_REPAIR_EDITS_H
#include "../render/pictures.h"
#include "draft.h"

typedef enum EditName {      /* in the order of the table in edits.c */
    EDIT_OUTPUT, EDIT_INPUTS, EDIT_BIAS, EDIT_INIT_AUTO, EDIT_INIT_HE, EDIT_INIT_XAVIER, EDIT_INIT_ORTHOGONAL, EDIT_RELU, EDIT_LEAKY,
    EDIT_TANH, EDIT_SELU, EDIT_PRELU, EDIT_BATCHNORM, EDIT_LAYERNORM, EDIT_LINK, EDIT_LINK_PROJECT, EDIT_CARRY, EDIT_DROPOUT, EDIT_FORGET, EDIT_UPDATE, EDIT_LSTM, EDIT_GRU,
    EDIT_CLIP, EDIT_NO_CLIP, EDIT_WARMUP, EDIT_NO_SCHEDULE, EDIT_ADAM, EDITS,
    EDIT_REMEDY,             /* a setting of the recipe that a finding names */
    EDIT_NO_DECAY,           /* the optimizer as it is, without its decay */
    EDIT_STRIDE,             /* the same at the learning rate whose steps the depth stands, by forecast */
    EDITS_ALL
} EditName;

typedef struct Plan {        /* edits that are made together, in order */
    EditName edit[EDITS_ALL];
    int count;
    const char *remedy;      /* of EDIT_REMEDY */
    const char *rule;        /* that they are for; NULL: they train nearly any net */
} Plan;
void plan_add(Plan *plan, EditName edit); /* once; what does not fit is left out */

typedef struct Candidate {   /* a net with further edits */
    char *text;              /* those that change something: "act=relu, init=he, optimizer = adam(lr=0.003)" */
    char *reason;            /* what they are for: "vanishing gradient", "any trouble"; of several, which for what */
    Draft *draft;
    char *source;
    Value *net, *recipe;     /* recipe: kept */
    double slope;            /* of the forecast, the larger of depth and time; NaN: theory does not reach, or was not asked */
    bool ill;                /* by its verdict */
} Candidate;
void candidate_clear(Candidate *candidate);

typedef struct Sickness {    /* what edits are looked for */
    Session *session;
    const char *name;        /* that the net will have */
    const Draft *draft;
    const Value *net;        /* built from it */
    Value *recipe;
    const PlumbData *data;
    const PlumbDiagnosis *diagnosis;
    bool unsolved;           /* the loss is far from where the task counts as solved, whatever the rules say */
    bool falling;            /* to the end of the training */
    bool (*tried)(void *self, const Candidate *candidate);
    void *self;
} Sickness;
/* The net after the plan's edits. Edits that change nothing are left out; false: all are, or the net cannot be built, or trained. */
bool candidate_make(const Sickness *sickness, const Plan *plan, Candidate *candidate);
/* "optimizer = sgd(lr=0.01, momentum=0.9)": the recipe's, but for one number. malloc'd; NULL: it takes none of that name. */
char *optimizer_with(const PlumbCall *recipe, const char *name, double number);
/* Fills in the forecast. False: it is ill, and not better by a decade than the net before. */
bool candidate_forecast(const Sickness *sickness, Candidate *candidate);

/* ---- treatments.c: what to try next. False: there is nothing left that was not tried ---- */
bool best_edit(const Sickness *sickness, Candidate *best);

/* ---- proposal.c: what is to be known of a training, and what would be tried first ---- */
bool is_far_off(const PlumbData *data, const Value *net, const PlumbCall *recipe, const PlumbEpoch *last);
bool keeps_falling(const PlumbEpoch *epoch, int epochs); /* to the end, the loss */
enum { TWINS_MOST = 5 };                                 /* that a repair trains */
bool wins(const PlumbData *data, const Repaired *before, const Repaired *after); /* is the twin to be kept? */
/* The first edit that `fix` would try on a net that was diagnosed so, or is foreseen to be ill. False: none, or the net cannot be written as source. */
bool propose(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe, const PlumbDiagnosis *diagnosis, Candidate *first);
#endif
