/* plot WHAT(NET, ...), plot curves(LIST, ...): pictures in the terminal or in a file. */
#include "measure.h"
#include "plot_parts.h"
#include <stdlib.h>
#include <string.h>

/* ---- WHAT(NET, ...) ---------------------------------------------------------------------------------------------- */

static const char *theme_name_at(void *self, int index) {
    (void)self;
    const Theme *theme = theme_at(index);
    return theme ? theme->name : NULL;
}

/* NULL: reported. */
static const Theme *theme_of(Session *session, const VerbCall *call) {
    const Tree *tree = call->tree_of[0];
    bool is_call = tree->kind == TREE_CALL && tree->child[0]->kind == TREE_NAME && tree->count > 1 && !tree->bodies;
    const Theme *theme = is_call ? theme_find(tree->child[0]->text) : NULL;
    if (theme) {
        return theme;
    }
    const char *word = tree->kind == TREE_NAME ? tree->text : is_call ? tree->child[0]->text : NULL;
    const char *near = word ? nearest_name(word, theme_name_at, NULL) : NULL;
    Diag *diag = diags_add(session_diags(session), DIAG_ERROR, tree->span, "plot takes WHAT(NET)");
    if (near) {
        diag_label(diag, "as in  plot %s(plain)", near);
    }
    Text names = {0};
    for (int i = 0; theme_at(i); i++) {
        text_printf(&names, "%s%s", i ? ", " : "", theme_at(i)->name);
    }
    diag_note(diag, "WHAT is one of %s", names.at ? names.at : "");
    text_clear(&names);
    return NULL;
}

static bool too_many(Session *session, const Tree *tree, const Theme *theme) {
    return session_error(session, tree->child[theme->most + 1]->span, "a picture of %s shows at most %d %s%s",
                         theme->name, theme->most, theme->need == NEEDS_LISTS ? "list" : "net",
                         theme->most == 1 ? "" : "s");
}

static bool all_numbers(const Value *list) {
    for (int i = 0; i < list->list.count; i++) {
        if (list->list.item[i]->type != VALUE_NUMBER && list->list.item[i]->type != VALUE_UNKNOWN) {
            return false;
        }
    }
    return true;
}

/* False: reported. */
static bool fits(Session *session, const Theme *theme, const Value *value, const Tree *tree, bool first) {
    if (value->type == VALUE_UNKNOWN) {
        return true;
    }
    if (theme->need != NEEDS_LISTS) {
        return value->type == VALUE_NET ||
               session_error(session, tree->span, "a net is expected, and this is %s", value_type_name(value));
    }
    if (value->type == VALUE_LIST) {
        return all_numbers(value) || session_error(session, tree->span, "a list of numbers is expected: not all are");
    }
    return (first && value->type == VALUE_STRING) ||
           session_error(session, tree->span, "a list of numbers is expected, and this is %s", value_type_name(value));
}

/* `plain` and `plain=LIST` name a curve. */
static const Tree *written_value(const Theme *theme, const Tree *written) {
    return theme->need == NEEDS_LISTS && written->kind == TREE_ARGUMENT ? written->child[0] : written;
}

/* A call like the one that was written, whose operands are the nets or lists. False: reported. */
static bool open_nets(Session *session, const VerbCall *call, const Theme *theme, VerbCall *nets) {
    const Tree *tree = call->tree_of[0];
    *nets = *call;
    nets->count = 0;
    if (tree->count - 1 > theme->most) {
        return too_many(session, tree, theme);
    }
    nets->tree_of = calloc((size_t)tree->count, sizeof *nets->tree_of);
    nets->operand = calloc((size_t)tree->count, sizeof *nets->operand);
    bool done = nets->tree_of && nets->operand;
    for (int i = 1; done && i < tree->count; i++) {
        const Tree *operand = written_value(theme, tree->child[i]);
        Value *value = session_evaluate(session, operand);
        nets->tree_of[nets->count] = tree->child[i];
        nets->operand[nets->count++] = value;
        done = value && fits(session, theme, value, operand, i == 1);
    }
    return done;
}

static void close_nets(VerbCall *nets, const VerbCall *call) {
    for (int i = 0; i < nets->count; i++) {
        value_drop(nets->operand[i]);
    }
    if (nets->tree_of != call->tree_of) {
        free(nets->tree_of);
        free(nets->operand);
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *extension;
    PlotWrite *write;
    bool graphs_only;
} formats[] = {
    {".svg", plot_svg, false}, {".png", plot_png, false}, {".csv", plot_csv, false}, {".dot", plot_dot, true}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* Index of the format, -1: reported. */
static int format_of(Session *session, const VerbCall *call, const Theme *theme) {
    const char *path = call->to->string;
    for (int i = 0; i < FORMATS; i++) {
        if (has_extension(path, formats[i].extension)) {
            if (!formats[i].graphs_only || !strcmp(theme->name, "graph")) {
                return i;
            }
            session_error(session, call->to_tree->span, "only plot graph(NET) is written as %s", formats[i].extension);
            return -1;
        }
    }
    session_error(session, call->to_tree->span, "plot writes .svg, .png, .csv or, of a graph, .dot");
    return -1;
}

static bool write_plot(Session *session, const VerbCall *call, const Theme *theme, const Plot *plot) {
    int format = format_of(session, call, theme);
    Text out = {0};
    bool done = format >= 0 && (formats[format].write(plot, &out) || report_no_memory(session, call->tree->span));
    done = done && write_file(session, call, out.at, out.length);
    text_clear(&out);
    if (done) {
        Canvas canvas = session_canvas(session);
        canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: written to %s", plot->title, call->to->string);
    }
    return done;
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

static bool has_what_it_needs(Session *session, const VerbCall *nets, int index, const Theme *theme) {
    const NetValue *net = nets->operand[index]->net;
    const PlumbEpoch *epoch;
    const bool has[] = {[NEEDS_NOTHING] = true,
                        [NEEDS_TRAINING] = net_value_history(net, &epoch) > 0,
                        [NEEDS_PROBES] = net->probe,
                        [NEEDS_RECORD] = record_of(net)};
    if (has[theme->need]) {
        return true;
    }
    PlumbError error = {.argument = -1};
    if (theme->need == NEEDS_RECORD && net->trainer) {
        plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "nothing was measured in the training of %.100s", net->name);
        snprintf(error.hint, sizeof error.hint, "diagnostics = every(1) in its recipe");
        return session_fail(session, nets->tree_of[index]->span, &error);
    }
    bool measured = theme->need == NEEDS_PROBES;
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s has not been %s yet", net->name,
               measured ? "measured" : "trained");
    snprintf(error.hint, sizeof error.hint, measured ? "plot %.20s(%.60s) on DATA" : "train %.20s on DATA",
             measured ? theme->name : net->name, net->name);
    return session_fail(session, nets->tree_of[index]->span, &error);
}

static Subject list_subject(const VerbCall *lists, int index) {
    const Tree *tree = lists->tree_of[index];
    bool named = tree->kind == TREE_NAME || tree->kind == TREE_ARGUMENT;
    return (Subject){.name = named ? tree->text : "", .list = lists->operand[index]};
}

/* Measured now where `on` says so. */
static bool ready(Session *session, const VerbCall *nets, const Theme *theme, Subject *subject) {
    for (int i = 0; i < nets->count; i++) {
        Value *value = nets->operand[i];
        if (theme->need == NEEDS_LISTS) {
            subject[i] = list_subject(nets, i);
            continue;
        }
        PlumbNet *net = session_net(session, value, nets->tree_of[i]->span);
        bool measures = theme->need == NEEDS_PROBES && nets->on;
        VerbCall one = *nets; /* of this net alone */
        one.operand += i;
        one.tree_of += i;
        if (!net || (measures && !measure_net(session, &one, net)) || !has_what_it_needs(session, nets, i, theme)) {
            return false;
        }
        subject[i] = (Subject){.name = value->net->name, .value = value->net, .net = net};
    }
    return true;
}

static void put_json(Session *session, const VerbCall *call, const Theme *theme, const Subject *subject, int count) {
    json_t *object = json_object(), *names = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(names, json_text(subject[i].name));
    }
    json_object_set_new(object, "what", json_string(theme->name));
    json_object_set_new(object, theme->need == NEEDS_LISTS ? "lists" : "nets", names);
    json_object_set_new(object, "file", call->to ? json_text(call->to->string) : json_null());
    session_json(session, call, NULL, object);
}

static bool draw(Session *session, const VerbCall *call, const Theme *theme, const VerbCall *nets) {
    Subject subject[PLOT_SERIES_MOST];
    if (!ready(session, nets, theme, subject)) {
        return false;
    }
    Plot *plot = theme_make(theme, subject, nets->count);
    Canvas canvas = session_canvas(session);
    if (!plot) {
        return report_no_memory(session, call->tree->span);
    }
    bool empty = !plot->rows && !plot->series_count, done = !empty;
    if (empty) {
        session_error(session, call->tree_of[0]->span, "there is nothing to draw: %s", theme->nothing);
    } else if (call->to) {
        done = write_plot(session, call, theme, plot);
    } else {
        plot_print(plot, &canvas);
        fputc('\n', canvas.out);
    }
    plot_free(plot);
    if (done) {
        put_json(session, call, theme, subject, nets->count);
    }
    return done;
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static bool run(Session *session, const VerbCall *call) {
    const Theme *theme = theme_of(session, call);
    VerbCall nets;
    if (!theme || (call->to && format_of(session, call, theme) < 0)) {
        return false;
    }
    bool done = open_nets(session, call, theme, &nets) && draw(session, call, theme, &nets);
    close_nets(&nets, call);
    return done;
}

/* The recipe says how rows are measured. */
static bool clauses_fit(Session *session, const VerbCall *call, const Theme *theme) {
    const char *of = theme->need == NEEDS_LISTS ? "LIST" : "NET";
    if (theme->need != NEEDS_PROBES) {
        return call->on ? session_error(session, call->on_tree->span, "plot %s(%s) takes no data", theme->name, of)
               : call->with
                   ? session_error(session, call->with_tree->span, "plot %s(%s) takes no recipe", theme->name, of)
                   : true;
    }
    return call->on || !call->with ||
           session_error(session, call->with_tree->span, "a recipe goes with data: plot %s(%s) on DATA with RECIPE",
                         theme->name, of);
}

static void check(Session *session, const VerbCall *call) {
    const Theme *theme = theme_of(session, call);
    VerbCall nets;
    if (!theme || (call->to && call->to->type == VALUE_STRING && format_of(session, call, theme) < 0)) {
        return;
    }
    if (!clauses_fit(session, call, theme)) {
        return;
    }
    if (open_nets(session, call, theme, &nets)) {
        check_fits(session, &nets);
    }
    close_nets(&nets, call);
}

const Verb verb_plot = {
    .entry = {.name = "plot",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary =
                  "draws loss, gradients, activations, weights, through_time or graph of a net, or of several "
                  "side by side, in the terminal or to a file: .svg, .png, .csv with the numbers, .dot of a "
                  "graph; with `on` gradients, activations and through_time are measured first. Heat maps over the "
                  "steps of the last training: delta, signal, grad_norm, update_ratio, saturated, dead by layer, "
                  "delta_through_time by time step. curves draws lists of numbers, under a title where a string comes "
                  "first",
              .formula = "plot WHAT(NET, ...) [on DATA [with RECIPE]] [to FILE] | plot curves([TITLE,] LIST, ...) "
                         "[to FILE]",
              .source = "Glorot & Bengio 2010, figures 2 to 7",
              .example = "plot gradients(plain, fixed) on digits to \"gradients.svg\""},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_CONDITION,
    .clauses = CLAUSE_ON | CLAUSE_WITH | CLAUSE_TO,
    .on_takes = TAKES_DATA,
    .to_takes = TAKES_STRING,
    .run = run,
    .check = check,
};
