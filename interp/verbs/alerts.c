/* Alerts: evaluated after each step; nothing but two comparisons where nothing is watched. */
#include "alerts.h"
#include "common.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which watchpoints ------------------------------------------------------------------------------------------- */

/* Those of other recipes stay out. */
static bool is_of_recipe(const Value *recipe, const Watch *watch) {
    int count = recipe && recipe->type == VALUE_RECIPE ? recipe->call.watches : 0;
    while (count > 0 && recipe->call.watch[count - 1] != watch->condition) {
        count--;
    }
    return count > 0;
}

static bool add_those_of_recipe(Session *session, const Value *recipe) {
    for (int i = 0; recipe && recipe->type == VALUE_RECIPE && i < recipe->call.watches; i++) {
        Watch *watch = watch_add(session, recipe->call.watch[i]);
        if (!watch) {
            return false;
        }
        watch->of_recipe = true;
    }
    return true;
}

bool alerts_open(Alerts *alerts) {
    const NetValue *net = alerts->net->net;
    int64_t of;
    Watch *watch;
    if (alerts->judges) {
        rule_alerts_open(alerts);
    }
    if (!add_those_of_recipe(alerts->session, net->trained_with)) {
        return false;
    }
    for (int i = 0; (watch = watch_at(alerts->session, i)); i++) {
        bool active = !watch->of_recipe || is_of_recipe(net->trained_with, watch);
        if (!active || !watch_reads(alerts->session, watch->condition, net)) {
            continue;
        }
        Watch **grown = realloc(alerts->watch, (size_t)(alerts->watches + 1) * sizeof *grown);
        if (!grown) {
            return false;
        }
        alerts->watch = grown;
        alerts->watch[alerts->watches++] = watch;
        if (plumb_trainer_steps(net->trainer, &of) == 0) {
            watch_begin(watch);
        }
    }
    return true;
}

/* ---- keeping and telling ----------------------------------------------------------------------------------------- */

void alerts_keep(NetValue *net, int64_t step, int epoch, json_t *object) {
    json_object_set_new(object, "step", json_integer(step));
    json_object_set_new(object, "epoch", json_integer(epoch));
    json_array_append_new(net->alerts, object);
}

static json_t *figure_json(const Value *value) {
    return value && value->type == VALUE_NUMBER ? json_figure(value->number)
           : value && value->type == VALUE_BOOL ? json_boolean(value->boolean)
                                                : json_null();
}

/* One figure as itself, several as a list. */
static json_t *look_json(const Watch *watch, const Look *look) {
    json_t *list = watch->figures == 1 ? NULL : json_array();
    for (int i = 0; list && i < watch->figures; i++) {
        json_array_append_new(list, figure_json(look->figure[i]));
    }
    return list ? list : figure_json(look->figure[0]);
}

static void print_look(const Canvas *canvas, const Watch *watch, const Look *look) {
    char *text = look->step >= 0 ? watch_text(watch, look) : NULL;
    if (text) {
        canvas_wrap(canvas, STATE_PLAIN, 4, "  step %" PRId64 ": %s", look->step, text);
    }
    free(text);
}

static void tell_watch(Alerts *alerts, const Watch *watch, int64_t step, int epoch) {
    Canvas canvas = session_canvas(alerts->session);
    char *condition = written(watch->condition);
    alerts->clear(alerts->self);
    canvas_wrap(&canvas, STATE_DOUBTFUL, 4, "watchpoint %d: %s", watch->number, condition ? condition : "?");
    print_look(&canvas, watch, &watch->before);
    print_look(&canvas, watch, &watch->now);
    fflush(canvas.out);
    json_t *object = json_object();
    json_object_set_new(object, "rule", json_string("watchpoint"));
    json_object_set_new(object, "number", json_integer(watch->number));
    json_object_set_new(object, "condition", condition ? json_text(condition) : json_null());
    json_object_set_new(object, "old", look_json(watch, &watch->before));
    json_object_set_new(object, "new", look_json(watch, &watch->now));
    alerts_keep(alerts->net->net, step, epoch, object);
    free(condition);
}

/* ---- watchpoints ------------------------------------------------------------------------------------------------- */

/* A figure that wavers about its limit is told once in a script; at the prompt it pauses each time. */
static void look(Alerts *alerts, int64_t step, int epoch) {
    bool pauses = session_at_prompt(alerts->session), told = false;
    for (int i = 0; i < alerts->watches; i++) {
        Watch *watch = alerts->watch[i];
        if (watch_look(alerts->session, watch, step) && (pauses || watch->hits_here == 1)) {
            tell_watch(alerts, watch, step, epoch);
            told = true;
        }
    }
    if (told && pauses) {
        session_interrupt(alerts->session); /* as ctrl-C */
    }
}

/* The fields of the net are to give the figures of this step. Figures of an earlier training say nothing of this one.
 */
static void show_step(NetValue *net, const PlumbStep *step) {
    size_t bytes = (size_t)plumb_net_size(net->net) * sizeof *net->probe;
    net->loss = step->loss;
    net->has_loss = true;
    net->has_score = false;
    if (step->step == 1 && !step->probe) {
        free(net->probe);
        net->probe = NULL;
    } else if (step->probe && !net->probe) {
        net->probe = malloc(bytes);
    }
    if (step->probe && net->probe) {
        memcpy(net->probe, step->probe, bytes);
    }
}

/* ---- the first value that is not finite -------------------------------------------------------------------------- */

typedef struct Origin { /* where values first were not finite */
    int node;           /* -1: not known */
    const char *direction, *what;
} Origin;

/* Forward the first layer in order counts, backward the last: what lies behind has it from there. Where all layers are
 * finite it is what comes after them. */
static Origin find_origin(const PlumbNet *net, const PlumbProbe *probe) {
    Origin origin = {-1, "forward", probe ? "the loss" : NULL};
    for (int i = 0; probe && i < plumb_net_size(net); i++) {
        if (probe[i].nonfinite > 0 && isnan(probe[i].signal)) {
            return (Origin){i, "forward", "the output"};
        }
        if (probe[i].nonfinite > 0) {
            origin =
                (Origin){i, "backward",
                         isnan(probe[i].output_grad) ? "the gradient at the output" : "the gradient of the weights"};
        }
    }
    return origin;
}

bool alerts_told_nonfinite(const NetValue *net) {
    size_t index;
    json_t *alert;
    json_array_foreach(net->alerts, index, alert) {
        if (json_object_get(alert, "direction")) {
            return true;
        }
    }
    return false;
}

static bool has_finite_weights(const PlumbNet *net, int node) {
    const PlumbNode *about = plumb_net_node(net, node);
    bool finite = true;
    for (int w = 0; w < about->weight_count; w++) {
        const PlumbWeight *weight = plumb_net_weight(net, about->first_weight + w);
        for (int64_t i = 0; finite && i < plumb_shape_size(weight->shape); i++) {
            finite = isfinite((double)weight->value[i]);
        }
    }
    return finite;
}

static void keep_nonfinite(NetValue *net, const PlumbStep *step, const char *layer, const char *direction) {
    json_t *object = json_object();
    json_object_set_new(object, "rule", json_string("non_finite"));
    json_object_set_new(object, "layer", layer ? json_text(layer) : json_null());
    json_object_set_new(object, "direction", direction ? json_string(direction) : json_null());
    alerts_keep(net, step->step, step->epoch, object);
}

/* A step that is tried again is told again, and kept once. */
static void tell_nonfinite(Alerts *alerts, const PlumbStep *step) {
    NetValue *net = alerts->net->net;
    Canvas canvas = session_canvas(alerts->session);
    Origin origin = find_origin(net->net, step->probe);
    const char *layer = origin.node < 0 ? NULL : plumb_net_node(net->net, origin.node)->name;
    bool before = layer && step->held && !has_finite_weights(net->net, origin.node);
    alerts->clear(alerts->self);
    if (origin.what) {
        canvas_wrap(&canvas, STATE_BROKEN, 4, "  ! step %" PRId64 ": first values that are not finite: %s%s%s, %s%s",
                    step->step, origin.what, layer ? " of " : "", layer ? layer : "", origin.direction,
                    before ? "; the update of the step before made its weights so" : "");
    } else {
        canvas_wrap(&canvas, STATE_BROKEN, 4,
                    "  ! step %" PRId64 ": values are no longer finite; in which layer was not measured "
                    "(diagnostics = every(1) does)",
                    step->step);
    }
    fflush(canvas.out);
    if (!alerts_told_nonfinite(net)) {
        keep_nonfinite(net, step, layer, origin.what ? origin.direction : NULL);
    }
}

/* ---- the observer ------------------------------------------------------------------------------------------------ */

void alerts_step(Alerts *alerts, const PlumbStep *step) {
    bool finite = isfinite(step->loss) && isfinite(step->grad_norm);
    if (!finite && (step->held || !alerts_told_nonfinite(alerts->net->net))) {
        tell_nonfinite(alerts, step);
    }
    if (alerts->watches) {
        show_step(alerts->net->net, step);
        look(alerts, step->step, step->epoch);
    }
}

/* Loss and metric of the test part are known only now. */
void alerts_epoch(Alerts *alerts, const PlumbEpoch *epoch) {
    if (alerts->watches) {
        look(alerts, epoch->step, epoch->epoch);
    }
    if (alerts->judges) {
        rule_alerts_epoch(alerts, epoch);
    }
}

void alerts_close(Alerts *alerts, bool over) {
    Canvas canvas = session_canvas(alerts->session);
    for (int i = 0; over && i < alerts->watches; i++) {
        const Watch *watch = alerts->watch[i];
        if (watch->hits_here > 1) {
            canvas_wrap(&canvas, STATE_DOUBTFUL, 4, "watchpoint %d became true %" PRId64 " times", watch->number,
                        watch->hits_here);
        }
        if (watch->trouble) {
            canvas_wrap(&canvas, STATE_DOUBTFUL, 4, "watchpoint %d could not be evaluated: %s", watch->number,
                        watch->trouble);
        }
    }
    rule_alerts_close(&alerts->rules);
    free(alerts->watch);
}
