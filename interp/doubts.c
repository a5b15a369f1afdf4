/* What `plumb check` doubts about a net that is free of errors: whether it can be trained. */
#include "interpreter.h"
#include "render/pictures.h"

/* "net mlp" of a declaration that goes on over lines; else all of it. */
static Span place_of(const NetValue *net) {
    Span span = net->span, declaration = net->declaration->span;
    if (span.source == declaration.source && span.begin == declaration.begin) {
        span.end = net->declaration->text_span.end;
    }
    return span;
}

static void warn(Session *session, const NetValue *about, const PlumbNet *net, const PlumbForecast *forecast,
                 const PlumbRemedy *remedy, int remedies) {
    char text[192];
    Diag *diag = diags_add(session->diags, DIAG_WARNING, place_of(about), "%s will hardly train: %s", about->name,
                           forecast_text(net, forecast, text));
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
    if (!session->doubting) {
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
