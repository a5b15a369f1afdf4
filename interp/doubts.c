/* What `plumb check` doubts about a net that is free of errors: whether it can be trained. */
#include "interpreter.h"
#include "render/pictures.h"
#include <math.h>

static void warn(Session *session, const char *name, const PlumbNet *net, Span span, const PlumbForecast *forecast,
                 const PlumbRemedy *remedy, int remedies) {
    char text[192];
    Diag *diag = diags_add(session->diags, DIAG_WARNING, span, "%s will hardly train: %s", name,
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

void doubt_net(Session *session, const char *name, const PlumbNet *net, Span span, const PlumbData *data,
               const PlumbCall *recipe) {
    if (!session->doubting) {
        return;
    }
    PlumbForecast *forecast = plumb_forecast(net, data, recipe, NULL);
    if (forecast && (forecast->verdict == PLUMB_VANISHING || forecast->verdict == PLUMB_EXPLODING)) {
        PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
        warn(session, name, net, span, forecast, remedy, plumb_remedies(net, data, recipe, remedy));
    }
    plumb_forecast_free(forecast);
}
