/* Which of several edits carry what they did together, as far as is known without training: the forecast of the net
 * without each, and the steps that it would begin with. */
#include "edits.h"
#include <math.h>
#include <stdlib.h>

/* "vanishing, -12.7 decades"; NULL: the forecast is not ill without the part, or was so with it. malloc'd. */
static char *forecast_without(const Sickness *before, Candidate *whole, Candidate *less) {
    PlumbForecast *with = plumb_forecast(whole->net->net->net, before->data, whole->recipe->call.call, NULL);
    PlumbForecast *told = plumb_forecast(less->net->net->net, before->data, less->recipe->call.call, NULL);
    bool was = with && (with->verdict == PLUMB_VANISHING || with->verdict == PLUMB_EXPLODING);
    bool ill = told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
    char *text = NULL;
    if (ill && !was) {
        bool time = fabs(told->time_slope) > fabs(told->slope);
        double slope = time ? told->time_slope : told->slope;
        int length = asprintf(&text, "%s, %.1f decades%s", told->verdict == PLUMB_VANISHING ? "vanishing" : "exploding",
                              slope, time ? " over time" : "");
        text = length < 0 ? NULL : text;
    }
    plumb_forecast_free(with);
    plumb_forecast_free(told);
    return text;
}

/* "steps 12 times what settles". malloc'd, or NULL. */
static char *steps_without(const Sickness *before, const Candidate *less) {
    double ratio;
    char *text = NULL;
    bool thrown = candidate_is_thrown(before, less, &ratio);
    return thrown && asprintf(&text, "steps %.2g times what settles", ratio) >= 0 ? text : NULL;
}

void shares_find(const Sickness *before, Candidate *whole, Shares *shares) {
    *shares = (Shares){0};
    for (int i = 0; whole->count > 1 && i < whole->count; i++) {
        Plan plan = candidate_plan(whole, (uint64_t)1 << i);
        Candidate less;
        if (!candidate_make(before, &plan, &less)) {
            continue;
        }
        shares->without[i] = forecast_without(before, whole, &less);
        shares->without[i] = shares->without[i] ? shares->without[i] : steps_without(before, &less);
        shares->spare |= (uint64_t)!shares->without[i] << i;
        candidate_clear(&less);
    }
    bool all = whole->count && shares->spare == ((uint64_t)1 << whole->count) - 1;
    shares->spare &= ~(uint64_t)all; /* the first was the best for what is most urgent */
}

void shares_clear(Shares *shares) {
    for (int i = 0; i < EDITS_ALL; i++) {
        free(shares->without[i]);
    }
    *shares = (Shares){0};
}
