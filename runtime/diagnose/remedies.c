/* Edits of one line, tried by forecast. */
#include "walk.h"

static const struct {
    const char *text, *act, *init, *norm; /* text: as a script writes the edit */
} edits[] = {
    {"init=he", NULL, "he", NULL},
    {"init=xavier", NULL, "xavier", NULL},
    {"act=relu, init=he", "relu", "he", NULL},
    {"act=tanh, init=xavier", "tanh", "xavier", NULL},
    {"norm=batchnorm", NULL, NULL, "batchnorm"},
    {"norm=layernorm", NULL, NULL, "layernorm"},
};

static const PlumbCall *call_named(PlumbArena *arena, const char *name) {
    return name ? plumb_call_default(arena, name, NULL) : NULL;
}

/* Steps that fail with any net are no fault of the edit's. */
static bool is_sound(const PlumbForecast *forecast) {
    bool of_steps = (forecast->reason == PLUMB_OF_REACH && falls_short_with_any(forecast)) ||
                    (forecast->reason == PLUMB_OF_CURVATURE && leaps_with_any(forecast));
    return forecast->verdict == PLUMB_HEALTHY || of_steps;
}

/* Is the edited net healthy? An edit that does not fit the net (a norm of an image's rows) is none. */
static bool helps(const PlumbNet *net, const PlumbEdit *edit, const PlumbData *data, const PlumbCall *recipe,
                  double *slope) {
    PlumbNet *variant = plumb_net_variant(net, edit, NULL);
    PlumbForecast *forecast = variant ? plumb_forecast(variant, data, recipe, NULL) : NULL;
    bool healthy = forecast && is_sound(forecast);
    *slope = forecast ? forecast->slope : 0;
    plumb_forecast_free(forecast);
    plumb_net_free(variant);
    return healthy;
}

int plumb_remedies(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                   PlumbRemedy remedy[PLUMB_REMEDIES_MAX]) {
    PlumbArena *arena = plumb_arena_new();
    int count = 0;
    for (size_t i = 0; arena && count < PLUMB_REMEDIES_MAX && i < sizeof edits / sizeof *edits; i++) {
        PlumbEdit edit = {call_named(arena, edits[i].act), call_named(arena, edits[i].init),
                          call_named(arena, edits[i].norm)};
        double slope;
        if (helps(net, &edit, data, recipe, &slope)) {
            remedy[count++] = (PlumbRemedy){edits[i].text, slope};
        }
    }
    plumb_arena_free(arena);
    return count;
}
