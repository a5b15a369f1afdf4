/* The edits of a net's source, alone and together, and the net that they would make. */
#ifndef PLUMB_REPAIR_EDITS_H
#define PLUMB_REPAIR_EDITS_H
#include "../render/pictures.h"
#include "draft.h"

enum {                       /* edits beside those of plumb_edit, whose text depends on what they are made of */
    EDIT_SETTING = PLUMB_EDITS, /* one of the recipe that a finding names */
    EDIT_NO_DECAY,           /* the optimizer as it is, without its decay */
    EDIT_STRIDE,             /* the same at the learning rate whose steps the depth stands, by forecast */
    EDIT_RATE,               /* the same at one that the curvature at the start stands */
    EDITS_ALL
};

typedef struct Part {        /* one edit of several */
    int edit;                /* PLUMB_EDIT_..., or one of these */
    const char *rule;        /* that it is for; NULL: it trains nearly any net */
    const char *setting;     /* of EDIT_SETTING: as a finding names it */
} Part;

typedef struct Plan {        /* edits that are made together, in order */
    Part part[EDITS_ALL];
    int count;
} Plan;
void plan_add(Plan *plan, int edit, const char *rule); /* once; what does not fit is left out */
void plan_add_setting(Plan *plan, const char *setting, const char *rule);

typedef struct Made {        /* a part that changes something */
    int edit;
    char *text;              /* "act=relu, init=he"; a setting as the recipe has it */
    const char *rule;
} Made;

typedef struct Candidate {   /* a net with further edits */
    Made made[EDITS_ALL];
    int count;
    char *text;              /* all of them: "act=relu, init=he, optimizer = adam(lr=0.003)" */
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
    Value *base;             /* the recipe that goes with the draft */
    Plan decided;            /* on: all candidates have these edits in front */
    const Value *net;        /* built from the draft and them */
    Value *recipe;           /* with them */
    const PlumbData *data;
    const PlumbDiagnosis *diagnosis;
    bool unsolved;           /* the loss is far from where the task counts as solved, whatever the rules say */
    bool falling;            /* to the end of the training */
    bool (*tried)(void *self, const Candidate *candidate);
    void *self;
} Sickness;
/* The net after the plan's edits; where a link's ends differ, it goes through a layer of its own. Edits that change nothing are left out; false: all are, or the net cannot be built, or trained. */
bool candidate_make(const Sickness *sickness, const Plan *plan, Candidate *candidate);
/* Its parts as a plan, but for those whose bit is in `without`; settings as they were made, for as long as the candidate lives. */
Plan candidate_plan(const Candidate *candidate, uint64_t without);
/* Has it not been tried? Its learning rate is first brought to what the curvature of the new net stands, where that is much less. */
bool candidate_is_new(const Sickness *sickness, Candidate *candidate);
/* Does it begin with steps far beyond what its curvature stands? ratio: lr over what it stands. */
bool candidate_is_thrown(const Sickness *sickness, const Candidate *candidate, double *ratio);
/* "optimizer = sgd(lr=0.01, momentum=0.9)": the recipe's, but for one number. malloc'd; NULL: it takes none of that name. */
char *optimizer_with(const PlumbCall *recipe, const char *name, double number);
/* Fills in the forecast. False: it is ill, and not better by a decade than the net before. */
bool candidate_forecast(const Sickness *sickness, Candidate *candidate);

/* ---- parts.c: which parts of a candidate carry what they did together ---- */
typedef struct Shares {
    char *without[EDITS_ALL]; /* of each part: what the net would be without it, "vanishing, -12.7 decades by forecast"; NULL: nothing speaks for it */
    uint64_t spare;           /* bits of parts that nothing speaks for, never of all */
} Shares;
void shares_find(const Sickness *before, const Candidate *whole, Shares *shares);
void shares_clear(Shares *shares);

/* ---- classics.c: what trains nearly any net, whatever is wrong with it. False: all of it was tried ---- */
bool classic_edits(const Sickness *sickness, Candidate *candidate);

/* ---- treatments.c: what to try next. False: there is nothing left that was not tried ---- */
bool best_edit(const Sickness *sickness, Candidate *best);
enum { DEEP = 8, VERY_DEEP = 24 };               /* layers with drawn weights */
int layers_of(const PlumbNet *net);              /* of these */
int steps_of(const PlumbNet *net);               /* of the longest sequence that a recurrent layer reads; 0: there is none */
bool is_set(const Sickness *sickness, const char *key);
/* Does the optimizer rescale gradients, and take (to the end, unlike adagrad) steps of the usual size? Weights that act at each of
 * T time steps stand smaller ones. */
bool is_robust(const Sickness *sickness);
int adam_for(const PlumbNet *net);          /* at the rate that suits it */

/* ---- proposal.c: what is to be known of a training, and what would be tried first ---- */
bool is_far_off(const PlumbData *data, const Value *net, const PlumbCall *recipe, const PlumbEpoch *last);
/* It does no better than guessing: on the rows that it learns from, whatever luck it has with others, or on new numbers. */
bool is_lost(const PlumbData *data, const Value *net, const PlumbCall *recipe, const PlumbEpoch *last);
bool keeps_falling(const PlumbEpoch *epoch, int epochs); /* to the end, the loss */
enum { TWINS_USUAL = 3, TWINS_MOST = 5 };               /* that a repair trains; the most: where nothing was learnt yet */
bool wins(const PlumbData *data, const Repaired *before, const Repaired *after); /* is the twin to be kept? */
/* The first edit that `fix` would try on a net that was diagnosed so, or is foreseen to be ill. False: none, or the net cannot be written as source. */
bool propose(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe, const PlumbDiagnosis *diagnosis, Candidate *first);
/* What is forecast to help a net that is foreseen to be ill: with data what `fix` would try first, then plumb_remedies. Returns how many. */
int foresee_remedies(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe, const PlumbForecast *forecast,
                     PlumbRemedy remedy[PLUMB_REMEDIES_MAX]);
#endif
