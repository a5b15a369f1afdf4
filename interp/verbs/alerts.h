/* What is told at once while a net is trained: the first value that is not finite, and watchpoints that become true. */
#ifndef PLUMB_VERBS_ALERTS_H
#define PLUMB_VERBS_ALERTS_H
#include "../verb.h"
#include "../watch.h"
#include "rule_alerts.h"

typedef struct Alerts { /* of one run of a trainer */
    Session *session;
    Value *net;
    Watch **watch;      /* those that read the net; NULL: none */
    int watches;
    bool judges;        /* the rules are asked too */
    RuleAlerts rules;
    void (*clear)(void *self); /* before a line is printed */
    void *self;
} Alerts;

/* Which watchpoints read the net: the session's, and those of the recipe that it is trained with. False: no memory. */
bool alerts_open(Alerts *alerts);
/* Adds an alert to those of the net's training. Takes the object over. */
void alerts_keep(NetValue *net, int64_t step, int epoch, json_t *object);
bool alerts_told_nonfinite(const NetValue *net); /* in its present training */
void alerts_step(Alerts *alerts, const PlumbStep *step);
void alerts_epoch(Alerts *alerts, const PlumbEpoch *epoch);
/* At the end of the run; if the training is over, says which watchpoints became true again or could not be evaluated to the last. */
void alerts_close(Alerts *alerts, bool over);
#endif
