/* How far the steps of a training can take a net, by forecast, and whether one of them takes it too far.
 *
 * To first order the outputs move by the tangent kernel (Jacot, Gabriel & Hongler 2018): two rows' dL/dW, multiplied
 * and summed over the weights. A layer's share is weights x E x(a) x(b) x E d(a) d(b). What two rows have in common
 * moves all outputs alike; what is left tells them apart, and the strongest layer learns first (Saxe, McClelland &
 * Ganguli 2014). */
#include "../train/parts.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* A classifier of data that is not known. */
enum { ROWS_USUAL = 1000, CLASSES_USUAL = 2 };

typedef struct Aim { /* what a training is after, and with what */
    bool values;     /* numbers, not classes */
    double outputs;  /* values of the net's output */
    double curve;    /* of the loss by one output: softmax where nothing is known yet, or squares */
    double scale;    /* that outputs should come to have: of logits 1, else of the targets */
    double rows;     /* of a batch */
    double steps;    /* of the whole training */
} Aim;

static double variance_of_targets(const PlumbData *data) {
    int64_t values = data->train.rows * plumb_shape_size(data->y_shape);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < values; i++) {
        sum += (double)data->train.y[i];
        squares += (double)data->train.y[i] * (double)data->train.y[i];
    }
    return fmax(squares / (double)values - sum / (double)values * (sum / (double)values), 0);
}

static Aim aim_of(const Walk *walk, const PlumbData *data, const PlumbCall *recipe) {
    double known = data && data->train.rows > 0 ? (double)data->train.rows : ROWS_USUAL;
    double batch = fmin(plumb_call_number(recipe, "batch"), known);
    bool values = data && data->train.y && data->train.rows > 0;
    double part = 1. / (data && data->classify ? data->classes : CLASSES_USUAL);
    Aim aim = {
        .values = values, .outputs = (double)plumb_shape_size(walk->net->node[walk->start].about.shape), .rows = batch};
    aim.curve = values ? 2 / aim.outputs : part * (1 - part);
    aim.scale = values ? sqrt(variance_of_targets(data)) : 1;
    aim.steps = plumb_call_number(recipe, "epochs") * ceil(known / batch);
    return aim;
}

/* Does the node have weights whose gradient is known? */
static bool has_share(const Walk *walk, int at) {
    const NetNode *node = &walk->net->node[at];
    return *node->about.init && node->about.parameters > 0 && node->about.input_count > 0 &&
           walk->gradient[at].reached && walk->told[at].weight_grad > 0 && isfinite(walk->told[at].weight_grad);
}

/* Of what a node reads, the part of the square that two rows differ by. */
static double apart(const Walk *walk, int at) {
    const Signal *x = &walk->signal[walk->net->node[at].about.input[0]];
    return x->q > 0 ? fmin(fmax(x->difference / x->q, 0), 1) : 0;
}

/* Sum over a node's weights of (dy/dw)^2, y one of the net's outputs. */
static double kernel(const Walk *walk, int at, const Aim *aim) {
    double gradient = walk->told[at].weight_grad;
    return (double)walk->net->node[at].about.parameters * gradient * gradient / aim->outputs;
}

/* Plain descent: the error shrinks by e in 1 / (rate x curve x kernel) steps. */
static double reach_of_descent(const Walk *walk, const Aim *aim, double rate) {
    double most = 0;
    for (int i = 0; i <= walk->start; i++) {
        most += has_share(walk, i) ? kernel(walk, i, aim) * apart(walk, i) : 0;
    }
    /* Small inputs are the data's doing. */
    return log10(rate * aim->curve * aim->steps * most / fmin(1, walk->signal[0].q));
}

/* Steps of one size whatever the gradient's: an output moves by the rate times the sum of |dy/dw|, E |z| = sqrt(2 / pi)
 * each. */
static double move_of_signs(const Walk *walk, int at, const Aim *aim, double rate) {
    double weights = (double)walk->net->node[at].about.parameters;
    return M_SQRT1_2 * M_2_SQRTPI * rate * sqrt(weights * kernel(walk, at, aim));
}

/* Weights that are merely small grow together, and their outputs with them. */
static double reach_of_signs(const Walk *walk, const Aim *aim, double rate) {
    double most = 0, own = sqrt(walk->signal[walk->start].q);
    for (int i = 0; i <= walk->start; i++) {
        most = has_share(walk, i) ? fmax(most, sqrt(apart(walk, i)) * move_of_signs(walk, i, aim, rate)) : most;
    }
    return log10(aim->steps * most / fmin(aim->scale, own));
}

static double momentum_of(const PlumbCall *optimizer) {
    return strcmp(optimizer->entry->name, "sgd") ? 0 : plumb_call_number(optimizer, "momentum");
}

double forecast_reach(const Walk *walk, const PlumbData *data, const PlumbCall *recipe) {
    if (!recipe || !(walk->signal[walk->start].q >= 0)) {
        return NAN;
    }
    const PlumbCall *optimizer = plumb_call_call(recipe, "optimizer");
    double rate = plumb_call_number(optimizer, "lr");
    Aim aim = aim_of(walk, data, recipe);
    return is_adaptive(recipe) ? reach_of_signs(walk, &aim, rate)
                               : reach_of_descent(walk, &aim, rate / (1 - momentum_of(optimizer)));
}

/* Along the direction that all rows of a batch share, and with what is left of each row by itself. Descent with
 * momentum m is stable while rate x curvature < 2 (1 + m). Small logits of large inputs are the data's doing. */
static double curvature_of_descent(const Walk *walk, const Aim *aim, const PlumbCall *optimizer) {
    /* A softmax of large outputs is flat but where two of them are close. */
    double flat = aim->values ? 1 : fmax(1, sqrt(walk->signal[walk->start].q / fmax(1, walk->signal[0].q)));
    double sum = 0, stands = 2 * (1 + momentum_of(optimizer)) * flat;
    for (int i = 0; i <= walk->start; i++) {
        if (has_share(walk, i)) {
            double common = (1 - apart(walk, i)) * fmin(fmax(walk->gradient[i].kin, 0), 1);
            sum += kernel(walk, i, aim) * (common + (1 - common) / aim->rows);
        }
    }
    return log10(plumb_call_number(optimizer, "lr") * aim->curve * sum / stands / fmax(1, walk->signal[0].q));
}

/* Classes are told by which output is largest, whatever their size; numbers are told once steps are smaller than they.
 */
static double leap_of_signs(const Walk *walk, const Aim *aim, double rate) {
    double sum = 0;
    for (int i = 0; i <= walk->start; i++) {
        sum += has_share(walk, i) ? move_of_signs(walk, i, aim, rate) : 0;
    }
    return aim->values ? log10(sum / aim->scale / fmax(1, sqrt(walk->signal[0].q))) : NAN;
}

double forecast_curvature(const Walk *walk, const PlumbData *data, const PlumbCall *recipe) {
    const PlumbCall *optimizer = recipe ? plumb_call_call(recipe, "optimizer") : NULL;
    if (!optimizer || plumb_call_call(recipe, "clip")) {
        return NAN;
    }
    Aim aim = aim_of(walk, data, recipe);
    return is_adaptive(recipe)                     ? leap_of_signs(walk, &aim, plumb_call_number(optimizer, "lr"))
           : strcmp(optimizer->entry->name, "sgd") ? NAN
                                                   : curvature_of_descent(walk, &aim, optimizer);
}
