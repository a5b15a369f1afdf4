/* The rules of a diagnosis: a rule is one row of the table in rules.c and one function in the file of its family. */
#ifndef PLUMB_RULES_H
#define PLUMB_RULES_H
#include "../core/net.h"

enum RuleName { /* causes before what may follow from them: findings come in this order */
    BAD_DATA, WRONG_OUTPUT, POOR_INITIALIZATION, NORM_EXPLOSION, LEARNING_RATE_TOO_HIGH, DEAD_UNITS, SATURATED_ACTIVATION,
    EXPLODING_GRADIENT, VANISHING_GRADIENT, EXPLODING_THROUGH_TIME, VANISHING_THROUGH_TIME, CLIP_TOO_TIGHT, CLIP_IDLE, DIVERGING,
    OSCILLATING_LOSS, LEARNING_RATE_TOO_LOW, STAGNANT_UPDATE, PLATEAU, SLOW_CONVERGENCE, OVERFIT, RULES
};
#define RULE_BIT(rule) ((uint32_t)1 << (rule))

typedef struct Patient {     /* what the rules read, found once */
    const PlumbCase *about;
    PlumbArena *arena;
    bool failed;             /* memory was short */
    bool trained;            /* there are epochs */
    bool adaptive;           /* the optimizer rescales gradients */
    PlumbLimits limits;      /* the forecast's, for such an optimizer */
    double lr;
    double chance;           /* loss of the best constant output; NaN: unknown */
    double level;            /* the present loss over it; NaN: unknown */
    double wrong;            /* share of the labels missed, in the part where it is less, over that of guessing; NaN: unknown */
    int *layer, layers;      /* nodes with drawn weights, whose gradient arrives somewhere */
    double slope;            /* measured decades of output_grad from the last of them back to the first; NaN: not measured */
    double signal_slope;     /* measured decades of the signal, first to last */
    uint32_t after;          /* set by a rule: others that this finding may follow from */
} Patient;

typedef bool Judge(Patient *patient, PlumbFinding *finding); /* true: it fires, and the finding is filled */
Judge judge_bad_data, judge_wrong_output, judge_poor_initialization, judge_norm_explosion, judge_learning_rate_too_high,
    judge_dead_units, judge_saturated_activation, judge_exploding_gradient, judge_vanishing_gradient, judge_exploding_through_time,
    judge_vanishing_through_time, judge_clip_too_tight, judge_clip_idle, judge_diverging, judge_oscillating_loss,
    judge_learning_rate_too_low, judge_stagnant_update, judge_plateau, judge_slow_convergence, judge_overfit;

/* ---- what judges use ----------------------------------------------------------------------------------------- */
/* Text in the arena; "" when memory is short. */
const char *say(Patient *patient, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The loss is where guessing leaves it, or not yet where the task counts as solved. An unknown loss is both. */
bool is_stuck(const Patient *patient);
bool is_unsolved(const Patient *patient);
/* While training: too few steps to call it a failure. */
bool is_early(const Patient *patient);
/* So few epochs that what Adam rescales, or gates that learn to open, may yet come. */
bool is_fresh(const Patient *patient);
/* The loss has just fallen by more than a fifth: it learns, from wherever it was thrown. */
bool recovers(const Patient *patient);
/* The forecast's verdict over the depth alone, whatever it says of time; PLUMB_UNFORESEEN where there is no forecast. */
PlumbVerdict foreseen(const Patient *patient);
double input_rms(const PlumbData *data); /* of what is finite in the train part */
/* The layers that `wanted` says; false: there are none. */
typedef bool Wanted(const Patient *patient, int node);
bool take_layers(Patient *patient, PlumbFinding *finding, Wanted *wanted);
/* The first edit that the forecast calls healthy, or `otherwise`. While training none is looked for. */
void take_remedy(Patient *patient, PlumbFinding *finding, const char *otherwise);
const char *name_of(const Patient *patient, int node);
/* The optimizer with another learning rate: "optimizer = adam(lr=0.0003)". */
const char *with_lr(Patient *patient, double lr);
/* " and loss 2.30, chance 2.30": the standing of the training as the end of a sentence; "" where it is unknown. */
const char *standing(Patient *patient);
bool diverges(const Patient *patient);
bool oscillates(const Patient *patient);
double epoch_median_update(const Patient *patient); /* of all epochs; NaN: not measured */
double epoch_largest_update(const Patient *patient);
#endif
