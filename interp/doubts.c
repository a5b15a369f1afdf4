/* What `plumb check` doubts where it finds no error: whether a net can be trained, whether a file can be read. */
#include "interpreter.h"
#include "render/number.h"
#include "render/pictures.h"
#include <math.h>
#include <string.h>

/* "net mlp" of a declaration that goes on over lines; else all of it. */
static Span place_of(const NetValue *net) {
    Span span = net->span, declaration = net->declaration->span;
    if (span.source == declaration.source && span.begin == declaration.begin) {
        span.end = net->declaration->text_span.end;
    }
    return span;
}

/* Once a net, whatever it is then used with. */
static bool is_doubted(const Session *session, const NetValue *net) {
    Span place = place_of(net);
    for (int i = 0; i < diags_total(session->diags); i++) {
        const Diag *diag = diags_at(session->diags, i);
        if (diag->severity == DIAG_WARNING && diag->span.source == place.source && diag->span.begin == place.begin) {
            return true;
        }
    }
    return false;
}

/* Decades are no household word. */
static void note_share(Diag *diag, const PlumbNet *net, const PlumbForecast *forecast) {
    char share[32];
    if (forecast->reason == PLUMB_OF_GRADIENT && isfinite(forecast->slope)) {
        diag_note(diag, "a decade is a factor of 10: %s gets %s times what %s gets",
                  plumb_net_node(net, forecast->first)->name, number_figure(pow(10, forecast->slope), share),
                  plumb_net_node(net, forecast->last)->name);
    }
}

static void warn(Session *session, const NetValue *about, const PlumbNet *net, const PlumbForecast *forecast,
                 const PlumbRemedy *remedy, int remedies) {
    char text[192];
    Diag *diag = diags_add(session->diags, DIAG_WARNING, place_of(about), "%s will hardly train: %s", about->name,
                           forecast_text(net, forecast, text));
    note_share(diag, net, forecast);
    int cause = forecast_cause(forecast);
    if (cause >= 0) {
        diag_note(diag, "most of it by the %s: %+.1f decades", plumb_cause_name(cause), forecast->cause[cause]);
    }
    for (int i = 0; i < remedies; i++) {
        char decades[32];
        diag_note(diag, "try  %s  (forecast: %s decades)", remedy[i].text, decades_text(remedy[i].slope, decades));
    }
}

void doubt_net(Session *session, const NetValue *net, const PlumbNet *built, const PlumbData *data,
               const PlumbCall *recipe) {
    if (!session->doubting || is_doubted(session, net)) {
        return;
    }
    recipe = recipe ? recipe : session_recipe(session, NULL, NULL);
    PlumbForecast *forecast = plumb_forecast(built, data, recipe, NULL);
    if (forecast && (forecast->verdict == PLUMB_VANISHING || forecast->verdict == PLUMB_EXPLODING)) {
        PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
        warn(session, net, built, forecast, remedy, plumb_remedies(built, data, recipe, remedy));
    }
    plumb_forecast_free(forecast);
}

/* By a clause of a verb, or by a key of a recipe. */
static bool writes_files(const Tree *tree) {
    bool writes = (tree->kind == TREE_CLAUSE && !strcmp(tree->text, "to")) ||
                  (tree->kind == TREE_BIND && (!strcmp(tree->text, "log") || !strcmp(tree->text, "checkpoint")));
    for (int i = 0; i < tree->count && !writes; i++) {
        writes = writes_files(tree->child[i]);
    }
    return writes;
}

void doubt_file(Session *session, Span span, const PlumbError *error) {
    const Script *script = session->doubting ? script_of(session, span.source) : NULL;
    if (script && !writes_files(script->program->root)) {
        report_doubt(session, span, error);
    }
}
