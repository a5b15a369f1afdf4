/* Which of several edits carry what they did together, as far as is known without training: the forecast of the net
 * without each, and the steps that it would begin with. */
#include "edits.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_ill(const PlumbForecast *told) {
    return told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
}

/* "vanishing, -12.7 decades by forecast". malloc'd, or NULL. */
static char *illness(const PlumbForecast *told) {
    bool time = fabs(told->time_slope) > fabs(told->slope);
    char *text = NULL;
    int length =
        told->reason == PLUMB_OF_STEPS
            ? asprintf(&text, "steps %.2g times what the depth stands, by forecast", told->stride / told->limits.stride)
            : asprintf(&text, "%s, %.1f decades%s by forecast",
                       told->verdict == PLUMB_VANISHING ? "vanishing" : "exploding",
                       time ? told->time_slope : told->slope, time ? " over time" : "");
    return length < 0 ? NULL : text;
}

/* NULL: the forecast is not ill without the part, or was so with it. malloc'd. */
static char *forecast_without(const Sickness *before, const Candidate *whole, const Candidate *less) {
    PlumbForecast *with = plumb_forecast(whole->net->net->net, before->data, whole->recipe->call.call, NULL);
    PlumbForecast *told = plumb_forecast(less->net->net->net, before->data, less->recipe->call.call, NULL);
    char *text = is_ill(told) && !is_ill(with) ? illness(told) : NULL;
    plumb_forecast_free(with);
    plumb_forecast_free(told);
    return text;
}

/* "steps 12 times what its curvature stands". malloc'd, or NULL. */
static char *steps_without(const Sickness *before, const Candidate *less) {
    double ratio;
    char *text = NULL;
    bool thrown = candidate_is_thrown(before, less, &ratio);
    return thrown && asprintf(&text, "steps %.2g times what its curvature stands", ratio) >= 0 ? text : NULL;
}

/* What they find is wrong whatever else is. */
static const char certain_rules[] = "wrong_output bad_data weight_decay clip_too_tight";

static bool is_certain(const Made *made) {
    return made->rule && is_listed(certain_rules, made->rule);
}

/* An edit and another optimizer: each was needed as often as not, or more (measured); to ask would cost every such
 * repair a twin. */
static bool is_pair(const Candidate *whole) {
    for (int i = 0; whole->count == 2 && i < 2; i++) {
        const Made *made = &whole->made[i];
        if (!strncmp(made->text, "optimizer", strlen("optimizer")) && !is_certain(made)) {
            return true;
        }
    }
    return false;
}

void shares_find(const Sickness *before, const Candidate *whole, Shares *shares) {
    *shares = (Shares){0};
    for (int i = 0; whole->count > 1 && i < whole->count; i++) {
        Plan plan = candidate_plan(whole, (uint64_t)1 << i);
        Candidate less;
        if (!candidate_make(before, &plan, &less)) {
            continue;
        }
        shares->without[i] = forecast_without(before, whole, &less);
        shares->without[i] = shares->without[i] ? shares->without[i] : steps_without(before, &less);
        bool spare = !shares->without[i] && !is_certain(&whole->made[i]) && !is_pair(whole);
        shares->spare |= (uint64_t)spare << i;
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
