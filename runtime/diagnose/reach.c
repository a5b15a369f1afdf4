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
enum { ROWS_USUAL = 1000, CLASSES_USUAL = 2 /* and at least */ };

typedef struct Aim { /* what a training is after, and with what */
    bool values;     /* numbers, not classes */
    double outputs;  /* values of the net's output */
    double curve;    /* of the loss by one output: softmax where nothing is known yet, or squares */
    double scale;    /* that outputs should come to have: of logits 1, else of the targets */
    double rows;     /* of a batch */
    double steps;    /* of the whole training */
    bool adaptive;
    double rate, momentum;
    bool usual;         /* of a usual net of these shapes, not of this one */
    double own, inputs; /* E y^2 of the net's outputs as they begin, E x^2 of its inputs */
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

/* Of the whole training, a step at less than the learning rate counting as a part of one. Adagrad's shrink as 1 /
 * sqrt(t). */
static double steps_of(const PlumbCall *recipe, double an_epoch) {
    enum { SAMPLES = 1000 };
    const PlumbCall *schedule = plumb_call_call(recipe, "schedule");
    double steps = plumb_call_number(recipe, "epochs") * an_epoch, sum = 0;
    Progress at = {.steps = (int64_t)steps, .steps_an_epoch = (int64_t)an_epoch};
    for (int i = 0; i < SAMPLES; i++) {
        at.step = (int64_t)((i + 0.5) / SAMPLES * steps);
        sum += schedule ? ((const Schedule *)schedule->entry)->factor(schedule, &at) : 1;
    }
    bool shrink = ((const Optimizer *)plumb_call_call(recipe, "optimizer")->entry)->kind == UPDATE_ADAGRAD;
    return (shrink ? 2 * sqrt(steps) : steps) * sum / SAMPLES;
}

static Aim aim_of(const Walk *walk, const PlumbData *data, const PlumbCall *recipe) {
    const PlumbCall *optimizer = plumb_call_call(recipe, "optimizer");
    double known = data && data->train.rows > 0 ? (double)data->train.rows : ROWS_USUAL;
    double batch = fmin(plumb_call_number(recipe, "batch"), known);
    bool values = data && data->train.y && data->train.rows > 0;
    double scale = values ? sqrt(variance_of_targets(data)) : 1; /* 0: all targets are the same */
    double part = 1 / fmax(data && data->classify ? data->classes : 0, CLASSES_USUAL);
    Aim aim = {.values = values, .rows = batch, .adaptive = is_adaptive(recipe)};
    aim.outputs = (double)plumb_shape_size(walk->net->node[walk->start].about.shape);
    aim.curve = values ? 2 / aim.outputs : part * (1 - part);
    aim.scale = scale > 0 ? scale : 1;
    aim.steps = steps_of(recipe, ceil(known / batch));
    aim.rate = plumb_call_number(optimizer, "lr");
    aim.momentum = strcmp(optimizer->entry->name, "sgd") ? 0 : plumb_call_number(optimizer, "momentum");
    aim.own = walk->signal[walk->start].q;
    aim.inputs = input_square(walk);
    return aim;
}

/* ---- a node's part ---------------------------------------------------------------------------------------------- */

typedef struct Part {
    double weights, gradient; /* how many; rms of dL/dw for one row */
    double apart, common; /* of the square of what the node reads, what two rows differ by; of dL/dw, what they share */
} Part;

/* A usual net about keeps the size of signal and gradient, and half of what rows have in common. */
static Part usual_part(const PlumbNode *node) {
    return (Part){.weights = (double)node->parameters, .gradient = 0.3, .apart = 0.5, .common = 0.25};
}

static Part part_of(const Walk *walk, int at, const Aim *aim) {
    const PlumbNode *node = &walk->net->node[at].about;
    double gradient = walk->told[at].weight_grad;
    bool has = *node->init && node->parameters > 0 && node->input_count > 0;
    if (!has || (!aim->usual && !(walk->gradient[at].reached && gradient > 0 && isfinite(gradient)))) {
        return (Part){0};
    }
    if (aim->usual) {
        return usual_part(node);
    }
    const Signal *x = &walk->signal[node->input[0]];
    double apart = x->q > 0 ? fmin(fmax(x->difference / x->q, 0), 1) : 0;
    return (Part){.weights = (double)node->parameters,
                  .gradient = gradient,
                  .apart = apart,
                  .common = (1 - apart) * fmin(fmax(walk->gradient[at].kin, 0), 1)};
}

/* Sum over the weights of (dy/dw)^2, y one of the net's outputs. */
static double kernel(const Part *part, const Aim *aim) {
    return part->weights * part->gradient * part->gradient / aim->outputs;
}

/* Steps of one size whatever the gradient's: an output moves by the rate times the sum of |dy/dw|, E |z| = sqrt(2 / pi)
 * each. */
static double move_of_signs(const Part *part, const Aim *aim) {
    return M_SQRT1_2 * M_2_SQRTPI * aim->rate * sqrt(part->weights * kernel(part, aim));
}

/* ---- all steps -------------------------------------------------------------------------------------------------- */

/* The error shrinks by e in 1 / (rate x curve x kernel) steps. Small inputs are the data's doing. */
static double reach_of_descent(const Walk *walk, const Aim *aim) {
    double sum = 0;
    for (int i = 0; i <= walk->start; i++) {
        Part part = part_of(walk, i, aim);
        sum += kernel(&part, aim) * part.apart;
    }
    return log10(aim->rate / (1 - aim->momentum) * aim->curve * aim->steps * sum / fmin(1, aim->inputs));
}

/* Weights that are merely small grow together, and their outputs with them. */
static double reach_of_signs(const Walk *walk, const Aim *aim) {
    double most = 0;
    for (int i = 0; i <= walk->start; i++) {
        Part part = part_of(walk, i, aim);
        most = fmax(most, sqrt(part.apart) * move_of_signs(&part, aim));
    }
    return log10(aim->steps * most / fmin(aim->scale, sqrt(aim->own)));
}

/* ---- one step --------------------------------------------------------------------------------------------------- */

/* Wide nets stand more than the edge of descent: a loss that grows bends the net away from where it is steep before it
 * is lost (Lewkowycz et al. 2020, the catapult). Measured on relu nets of 24 to 1024 units, 2 to 4 layers: by the root.
 */
static double room_of(const Walk *walk) {
    static const double narrow = 24;
    double sum = 0;
    int layers = 0;
    for (int i = 0; i < walk->start; i++) {
        const PlumbNode *node = &walk->net->node[i].about;
        if (*node->init && node->parameters > 0) {
            sum += log(node->shape.rank == 2 ? node->shape.dim[1] : node->shape.dim[0]);
            layers++;
        }
    }
    return layers ? sqrt(fmax(1, exp(sum / layers) / narrow)) : 1;
}

/* Along the direction that all rows of a batch share, and with what is left of each row by itself. Descent with
 * momentum m is stable while rate x curvature < 2 (1 + m). What large inputs add is the data's doing, and a softmax of
 * large outputs is flat but where two of them are close. */
static double curvature_of_descent(const Walk *walk, const Aim *aim) {
    double flat = aim->values ? 1 : fmax(1, sqrt(aim->own / fmax(1, aim->inputs))), sum = 0;
    for (int i = 0; i <= walk->start; i++) {
        Part part = part_of(walk, i, aim);
        sum += kernel(&part, aim) * (part.common + (1 - part.common) / aim->rows);
    }
    double stands = 2 * (1 + aim->momentum) * flat * fmax(1, aim->inputs) * room_of(walk);
    return log10(aim->rate * aim->curve * sum / stands);
}

/* Classes are told by which output is largest, whatever their size; numbers are told once steps are smaller than they.
 */
static double leap_of_signs(const Walk *walk, const Aim *aim) {
    double sum = 0;
    for (int i = 0; i <= walk->start; i++) {
        Part part = part_of(walk, i, aim);
        sum += move_of_signs(&part, aim);
    }
    return aim->values ? log10(sum / aim->scale / fmax(1, sqrt(aim->inputs))) : NAN;
}

static double curvature(const Walk *walk, const Aim *aim, const PlumbCall *recipe) {
    return plumb_call_call(recipe, "clip") ? NAN
           : aim->adaptive                 ? leap_of_signs(walk, aim)
                                           : curvature_of_descent(walk, aim);
}

/* Where each weight's own length sets the step (lars) nothing is told. */
void forecast_movement(const Walk *walk, const PlumbData *data, const PlumbCall *recipe, PlumbForecast *forecast) {
    forecast->reach = forecast->curvature = forecast->reach_usual = forecast->curvature_usual = NAN;
    bool trusts = recipe && ((const Optimizer *)plumb_call_call(recipe, "optimizer")->entry)->trust;
    if (!recipe || trusts || forecast->first < 0 || !(walk->signal[walk->start].q >= 0)) {
        return;
    }
    Aim aim = aim_of(walk, data, recipe);
    forecast->reach = aim.adaptive ? reach_of_signs(walk, &aim) : reach_of_descent(walk, &aim);
    forecast->curvature = curvature(walk, &aim, recipe);
    aim.usual = true;
    aim.own = aim.inputs = 1;
    forecast->reach_usual = aim.adaptive ? reach_of_signs(walk, &aim) : reach_of_descent(walk, &aim);
    forecast->curvature_usual = curvature(walk, &aim, recipe);
}
