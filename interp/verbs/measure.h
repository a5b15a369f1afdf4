/* One batch measured, and what is known of the training before it. For gradients, diagnose and fix. */
#ifndef PLUMB_VERBS_MEASURE_H
#define PLUMB_VERBS_MEASURE_H
#include "common.h"

/* Measures operand 0 on the call's `on`: its probes and loss are then of this batch. False: the error was added. */
bool measure_net(Session *session, const VerbCall *call, PlumbNet *net);
/* What the rules say of a net as it was last measured and trained; `on`: the data that they judge by, or NULL. NULL after an error. */
PlumbDiagnosis *diagnose_net(Session *session, Value *net, Value *on, Value *with, Span span);
bool is_healthy(const PlumbDiagnosis *diagnosis); /* nothing severe was found */
json_t *findings_json(const PlumbNet *net, const PlumbDiagnosis *diagnosis);
#endif
