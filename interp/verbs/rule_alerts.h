/* The rules of `diagnose` asked after each epoch of a training: each tells of a finding once. */
#ifndef PLUMB_VERBS_RULE_ALERTS_H
#define PLUMB_VERBS_RULE_ALERTS_H
#include "../verb.h"

typedef struct RuleAlerts {
    PlumbForecast *forecast; /* of the first weights; NULL: none */
    double chance;           /* loss of guessing; 0: unknown */
    uint32_t told;           /* bits of the rules */
} RuleAlerts;

struct Alerts;
void rule_alerts_open(struct Alerts *alerts); /* what an earlier run of a paused training has told stays told */
void rule_alerts_epoch(struct Alerts *alerts, const PlumbEpoch *epoch);
void rule_alerts_close(RuleAlerts *rules);
#endif
