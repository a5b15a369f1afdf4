/* Training as a person sees it: the table grows by a row an epoch, below it a bar on a terminal. */
#include "training.h"
#include "../render/bar.h"
#include "../render/number.h"
#include "../render/pictures.h"
#include "alerts.h"
#include "saver.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EPOCH_COLUMNS = 6, BAR_LEAST = 8, BAR_MOST = 34 };

typedef struct View { /* of one run of a trainer: a pause ends it */
    Canvas canvas;
    const PlumbData *data;
    const char *name; /* of the net, where there is no table */
    Grid *rows;       /* NULL: no table */
    bool live, bar_shown, head_shown;
    int every, printed;  /* a row every so many epochs; the last one printed */
    int64_t first_step;  /* -1: none yet */
    double began, drawn; /* seconds */
    double loss;         /* of the last step */
    bool held;           /* it was not taken */
    Alerts alerts;
} View;

/* ---- the bar ---------------------------------------------------------------------------------------------------- */

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void erase_bar(void *self) {
    View *view = self;
    if (view->bar_shown) {
        fputs("\r\033[K", view->canvas.out);
        view->bar_shown = false;
    }
}

/* "  8 %  step 238 of 2700  24.7 s left  ctrl-C pauses" */
static int progress_text(const View *view, const PlumbStep *step, double now, char *text, size_t size) {
    char left[32];
    double rest = (now - view->began) / (double)(step->step - view->first_step) * (double)(step->steps - step->step);
    return snprintf(text, size, "%3.0f %%  step %" PRId64 " of %" PRId64 "  %s left  ctrl-C pauses",
                    floor(100 * (double)step->step / (double)step->steps), step->step, step->steps,
                    number_seconds(rest, left));
}

/* Under the table it stands below the epochs. One column is left free, lest the terminal wraps the line. */
static void draw_bar(View *view, const PlumbStep *step, double now) {
    char bar[BAR_MAX + 1], text[160];
    int used = progress_text(view, step, now, text, sizeof text), room = view->canvas.width - 1;
    int label = view->rows ? EPOCH_COLUMNS : (int)strlen(view->name);
    int width = room - label - 1 - used - 1;
    fputc('\r', view->canvas.out);
    if (width >= BAR_LEAST) {
        fprintf(view->canvas.out, "%*s %s ", label, view->rows ? "" : view->name,
                bar_progress((double)step->step / (double)step->steps, width < BAR_MOST ? width : BAR_MOST, bar));
    }
    fprintf(view->canvas.out, "%.*s\033[K", room, text);
    fflush(view->canvas.out);
    view->bar_shown = true;
    view->drawn = now;
}

/* ---- the observer ------------------------------------------------------------------------------------------------ */

static bool on_step(void *self, const PlumbStep *step) {
    View *view = self;
    view->loss = step->loss;
    view->held = step->held;
    view->every = picture_epoch_every(step->epochs);
    if (view->first_step < 0) {
        view->first_step = step->step - 1;
    }
    alerts_step(&view->alerts, step);
    if (view->live) {
        double now = clock_seconds();
        if (now - view->drawn > 0.1) {
            draw_bar(view, step, now);
        }
    }
    return true;
}

static void print_row(View *view, const PlumbEpoch *epoch) {
    if (!view->rows || view->printed == epoch->epoch) {
        return;
    }
    erase_bar(view);
    if (!view->head_shown) {
        grid_print_head(view->rows, &view->canvas);
        view->head_shown = true;
    }
    picture_epoch(view->rows, epoch, view->data);
    grid_print_row(view->rows, &view->canvas, grid_rows(view->rows) - 1);
    fflush(view->canvas.out);
    view->printed = epoch->epoch;
}

static void on_epoch(void *self, const PlumbEpoch *epoch) {
    View *view = self;
    if (epoch->epoch == 1 || epoch->epoch % view->every == 0) {
        print_row(view, epoch);
    }
    alerts_epoch(&view->alerts, epoch);
}

static void on_end(void *self, const PlumbEpoch *last) {
    print_row(self, last);
}

/* ---- making, running, keeping ------------------------------------------------------------------------------------ */

/* Of several nets each has a log of its own. */
static bool open_log(Session *session, const VerbCall *call, const PlumbCall *recipe, const NetValue *net,
                     PlumbLog **log) {
    PlumbError error = {.argument = -1};
    *log = plumb_log_open(recipe, net->net, call->count > 1 ? net->name : NULL, session_files(session), &error);
    const Tree *asked = call->with_tree ? call->with_tree : call->tree;
    return *log || error.status == PLUMB_OK || session_fail(session, asked->span, &error);
}

bool training_make(Session *session, const VerbCall *call, int index, bool resumes, Training *training) {
    Value *value = call->operand[index];
    Span span = call->tree_of[index]->span;
    PlumbNet *net = session_net(session, value, span);
    const PlumbCall *recipe = net ? session_recipe(session, call->with, value) : NULL;
    const PlumbData *data = data_of(call->on);
    PlumbConfig config = session_config(session);
    PlumbError error = {.argument = -1};
    *training = (Training){0};
    if (!recipe) {
        return net && report_no_memory(session, span);
    }
    const PlumbCheckpoint *from = resumes ? value->net->checkpoint : NULL;
    training->trainer = from ? plumb_trainer_resume(net, data, recipe, &config, from, &error)
                             : plumb_trainer_new(net, data, recipe, &config, &error);
    if (!training->trainer) {
        return session_fail(session, call->on_tree->span, &error);
    }
    if (!open_log(session, call, recipe, value->net, &training->log)) {
        training_drop(training);
        return false;
    }
    return true;
}

bool training_takes_no_checkpoint(Session *session, const VerbCall *call) {
    const PlumbCall *recipe = session_recipe(session, call->with, call->operand[0]);
    if (!recipe || !plumb_call_call(recipe, "checkpoint")) {
        return true;
    }
    const Tree *at = call->with_tree ? call->with_tree : call->tree_of[0];
    return session_error(session, at->span, "%s writes no checkpoints: take `checkpoint` out of the recipe",
                         call->tree->text);
}

void training_drop(Training *training) {
    plumb_log_close(training->log, NULL);
    plumb_trainer_free(training->trainer);
    *training = (Training){0};
}

static void replace(Value **at, Value *value) {
    Value *old = *at;
    *at = value_keep(value);
    value_drop(old);
}

void training_begin(const VerbCall *call, int index, const Training *training) {
    NetValue *net = call->operand[index]->net;
    plumb_log_close(net->log, NULL);
    plumb_trainer_free(net->trainer);
    plumb_checkpoint_free(net->checkpoint);
    net->trainer = training->trainer;
    net->log = training->log;
    net->checkpoint = NULL;
    net->unfinished = true;
    json_array_clear(net->alerts);
    replace(&net->trained_on, call->on);
    if (call->with) {
        replace(&net->trained_with, call->with);
    }
}

/* Nothing was measured where the recipe turns it off. */
static bool keep_probes(Session *session, NetValue *net, Value *value) {
    const PlumbCall *recipe = session_recipe(session, net->trained_with, value);
    bool measured = recipe && plumb_call_call(recipe, "diagnostics") && net_value_steps(net) > 0;
    size_t bytes = (size_t)plumb_net_size(net->net) * sizeof *net->probe;
    PlumbProbe *probe = measured ? malloc(bytes) : NULL;
    if (measured && !probe) {
        return false;
    }
    if (probe) {
        memcpy(probe, plumb_trainer_probes(net->trainer), bytes);
    }
    free(net->probe);
    net->probe = probe;
    return true;
}

static bool keep(Session *session, Value *value, const View *view, PlumbOutcome outcome) {
    NetValue *net = value->net;
    const PlumbEpoch *epoch;
    int epochs = plumb_trainer_history(net->trainer, &epoch);
    net->unfinished = outcome == PLUMB_PAUSED;
    net->held = net->unfinished && view->held;
    net->has_score = false; /* of other weights */
    if (view->first_step >= 0) {
        net->loss = net->unfinished || !epochs ? view->loss : epoch[epochs - 1].loss;
        net->has_loss = true;
    }
    net->seconds = epochs ? epoch[epochs - 1].seconds : 0;
    return keep_probes(session, net, value);
}

/* " | gradients plain": twins of a repair, and nets that are called by their source, have no name to look at them by.
 */
static char *looking(Session *session, const NetValue *net) {
    const Value *bound = session_lookup(session, net->name);
    char *text = NULL;
    bool named = bound && bound->type == VALUE_NET && bound->net == net;
    return !named ? strdup("") : asprintf(&text, " | gradients %s", net->name) < 0 ? NULL : text;
}

static void say_outcome(Session *session, const NetValue *net, PlumbOutcome outcome) {
    Canvas canvas = session_canvas(session);
    const PlumbEpoch *epoch;
    char now[32], all[32], *look = looking(session, net);
    int64_t of, step = plumb_trainer_steps(net->trainer, &of);
    int epochs = plumb_trainer_history(net->trainer, &epoch);
    if (net->held) {
        canvas_wrap(&canvas, STATE_PLAIN, 2,
                    "paused before step %s of %s, which was tried and not taken: weights are as before it, gradients "
                    "and figures of the trial.  step tries again | continue takes it%s",
                    number_grouped(step + 1, now), number_grouped(of, all), look ? look : "");
    } else if (outcome == PLUMB_PAUSED) {
        canvas_wrap(&canvas, STATE_PLAIN, 2, "paused at step %s of %s.  continue | step 10%s",
                    number_grouped(step, now), number_grouped(of, all), look ? look : "");
    } else if (outcome == PLUMB_STOPPED) {
        canvas_wrap(&canvas, STATE_PLAIN, 2, "%s stopped after epoch %d: no better loss for as long as patience allows",
                    net->name, epochs);
    }
    free(look);
    fflush(canvas.out);
}

static bool close_log(Session *session, NetValue *net, Span span) {
    PlumbError error = {.argument = -1};
    PlumbLog *log = net->log;
    net->log = NULL;
    session_wrote(session);
    return plumb_log_close(log, &error) || session_fail(session, span, &error);
}

/* At the prompt somebody can look at the first step whose values are not finite: `step` tries it again, `continue`
 * takes it. */
static bool hold(const Session *session, const NetValue *net, bool table) {
    bool wanted = net->held ? session_stepping(session) : !alerts_told_nonfinite(net);
    return plumb_trainer_hold(net->trainer, table && session_at_prompt(session) && wanted);
}

PlumbOutcome training_run(Session *session, const VerbCall *call, int index, bool table) {
    Value *value = call->operand[index];
    const PlumbData *data = data_of(value->net->trained_on);
    View view = {.canvas = session_canvas(session),
                 .data = data,
                 .name = value->net->name,
                 .live = session_live(session),
                 .first_step = -1,
                 .began = clock_seconds(),
                 .every = 1,
                 .alerts = {.session = session, .net = value, .judges = table, .clear = erase_bar, .self = &view}};
    PlumbObserver observer = {&view, on_step, on_epoch, on_end};
    const PlumbCall *recipe = session_recipe(session, value->net->trained_with, value);
    Saver saver = saver_of(session, value->net->trainer, recipe);
    Span span = call->tree_of[index]->span;
    PlumbError error = {.argument = -1};
    view.rows = table ? picture_epochs(data, view.canvas.width) : NULL;
    if ((table && !view.rows) || !hold(session, value->net, table) || !alerts_open(&view.alerts) ||
        !plumb_trainer_observe(value->net->trainer, observer) || !saver_observe(&saver)) {
        plumb_trainer_unobserve(value->net->trainer, &view);
        alerts_close(&view.alerts, false);
        grid_free(view.rows);
        report_no_memory(session, span);
        return PLUMB_FAILED;
    }
    if (value->net->log) { /* there is room for two */
        plumb_trainer_observe(value->net->trainer, plumb_log_observer(value->net->log));
    }
    view.drawn = view.began;
    PlumbOutcome outcome = session_train(session, value->net->trainer, &error);
    plumb_trainer_unobserve(value->net->trainer, value->net->log);
    plumb_trainer_unobserve(value->net->trainer, &view);
    if (!saver_end(&saver, &error)) {
        outcome = PLUMB_FAILED;
    }
    erase_bar(&view);
    alerts_close(&view.alerts, outcome == PLUMB_DONE || outcome == PLUMB_STOPPED);
    grid_free(view.rows);
    if (!keep(session, value, &view, outcome)) {
        report_no_memory(session, span);
        return PLUMB_FAILED;
    }
    if (outcome == PLUMB_FAILED) {
        session_fail(session, span, &error);
    }
    say_outcome(session, value->net, outcome);
    if (outcome != PLUMB_PAUSED && !close_log(session, value->net, span)) {
        return PLUMB_FAILED;
    }
    return outcome;
}

/* ---- in words and in JSON ---------------------------------------------------------------------------------------- */

void training_title(Session *session, const VerbCall *call, const char *who) {
    const NetValue *net = call->operand[0]->net;
    const PlumbData *data = data_of(call->on);
    const PlumbCall *recipe = session_recipe(session, call->with, call->operand[0]);
    const PlumbCall *optimizer = recipe ? plumb_call_call(recipe, "optimizer") : NULL;
    Canvas canvas = session_canvas(session);
    char train[32], test[32], lr[32], *on = written(call->on_tree);
    if (optimizer) {
        canvas_wrap(&canvas, STATE_PLAIN, 4,
                    "%s on %s: %s training rows, %s test rows, batch %.0f, %s lr %s, seed %" PRIu64 ", %d shard%s", who,
                    on ? on : "?", number_grouped(data->train.rows, train), number_grouped(data->test.rows, test),
                    plumb_call_number(recipe, "batch"), optimizer->entry->name,
                    number_show(plumb_call_number(optimizer, "lr"), lr), plumb_trainer_seed(net->trainer),
                    plumb_trainer_shards(net->trainer), plumb_trainer_shards(net->trainer) == 1 ? "" : "s");
    }
    free(on);
}

json_t *training_epochs(const NetValue *net, const PlumbData *data) {
    const PlumbEpoch *epoch;
    int epochs = plumb_trainer_history(net->trainer, &epoch);
    json_t *list = json_array();
    for (int i = 0; i < epochs; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "epoch", json_integer(epoch[i].epoch));
        json_object_set_new(row, "step", json_integer(epoch[i].step));
        json_object_set_new(row, "loss", json_figure(epoch[i].loss));
        json_object_set_new(row, "test_loss", json_figure(epoch[i].test_loss));
        json_object_set_new(row, "metric", json_figure(epoch_metric(&epoch[i], data)));
        json_object_set_new(row, "grad_first", json_figure(epoch[i].grad_first));
        json_object_set_new(row, "grad_last", json_figure(epoch[i].grad_last));
        json_object_set_new(row, "update_ratio", json_figure(epoch[i].update_ratio));
        json_object_set_new(row, "seconds", json_figure(epoch[i].seconds));
        json_array_append_new(list, row);
    }
    return list;
}

json_t *training_clipping(const NetValue *net) {
    PlumbClipping clipping = plumb_trainer_clipping(net->trainer);
    json_t *object = json_object();
    json_object_set_new(object, "share", json_figure(clipping.share));
    json_object_set_new(object, "factor", json_figure(clipping.factor));
    json_object_set_new(object, "suggested", json_figure(clipping.suggested));
    return object;
}

/* Never, or at more than half of the steps: the limits of the rules clip_idle and clip_too_tight. */
static State state_of_clipping(double share) {
    return share == 0 || share > 0.5 ? STATE_DOUBTFUL : STATE_PLAIN;
}

void say_clipping(Session *session, const Value *value) {
    const PlumbCall *recipe = session_recipe(session, NULL, (Value *)value);
    const PlumbCall *clip = recipe ? plumb_call_call(recipe, "clip") : NULL;
    PlumbClipping clipping = clip ? plumb_trainer_clipping(value->net->trainer) : (PlumbClipping){.share = NAN};
    char *text = isnan(clipping.share) ? NULL : plumb_call_text(clip), share[32], factor[32], limit[32];
    Canvas canvas = session_canvas(session);
    if (text && clipping.share > 0) {
        canvas_wrap(&canvas, state_of_clipping(clipping.share), 2,
                    "%s engaged at %s of the steps, there by a factor of %s; a limit of %s would at 10 %%", text,
                    number_percent(clipping.share, share), number_figure(clipping.factor, factor),
                    number_figure(clipping.suggested, limit));
    } else if (text) {
        canvas_wrap(&canvas, state_of_clipping(clipping.share), 2,
                    "%s never engaged; a limit of %s would at 10 %% of the steps", text,
                    number_or_na(clipping.suggested, limit));
    }
    free(text);
}
