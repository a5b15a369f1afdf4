/* What the history of the loss says. */
#include "rules.h"
#include <math.h>

static double loss_at(const Patient *patient, int epoch) {
    return patient->about->epoch[epoch].loss;
}

static int last_of(const Patient *patient) {
    return patient->about->epochs - 1;
}

static double least_loss(const Patient *patient) {
    double least = INFINITY;
    for (int i = 0; i < patient->about->epochs; i++) {
        least = fmin(least, loss_at(patient, i));
    }
    return least;
}

/* ---- diverging -------------------------------------------------------------------------------------------------- */

bool diverges(const Patient *patient) {
    if (!patient->trained) {
        return false;
    }
    double now = loss_at(patient, last_of(patient));
    return !isfinite(now) || (patient->level > 1e3 && !recovers(patient)) ||
           (now > 2 * least_loss(patient) && patient->level > 1.2);
}

bool judge_diverging(Patient *patient, PlumbFinding *finding) {
    if (!diverges(patient)) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence =
        say(patient, "loss %.3g after epoch %d; its least was %.3g, and chance is %.3g",
            loss_at(patient, last_of(patient)), patient->about->epochs, least_loss(patient), patient->chance);
    finding->cause = "every step makes the loss larger";
    finding->remedy = "clip = by_norm(1)";
    return true;
}

/* ---- oscillating ------------------------------------------------------------------------------------------------- */

enum { OSCILLATION = 12, RISES_LEAST = 4, OSCILLATION_PART = 4 }; /* epochs looked back; compared at both ends */

static int rises(const Patient *patient, int from) {
    int count = 0;
    for (int i = from + 1; i < patient->about->epochs; i++) {
        count += loss_at(patient, i) > 1.1 * loss_at(patient, i - 1);
    }
    return count;
}

static double mean_loss(const Patient *patient, int from, bool test) {
    double sum = 0;
    for (int i = from; i < from + OSCILLATION_PART; i++) {
        sum += test ? patient->about->epoch[i].test_loss : loss_at(patient, i);
    }
    return sum / OSCILLATION_PART;
}

/* Up by a tenth time and again, and nowhere in the end. The test loss, which is not of the batches that a batch norm
 * sees, says the same where there is one. */
bool oscillates(const Patient *patient) {
    bool may_settle = patient->about->training && patient->level < 0.7;
    int from = patient->about->epochs - OSCILLATION, to = patient->about->epochs - OSCILLATION_PART;
    return from >= 0 && is_unsolved(patient) && !may_settle && rises(patient, from) >= RISES_LEAST &&
           mean_loss(patient, to, false) > 0.9 * mean_loss(patient, from, false) &&
           !(mean_loss(patient, to, true) < 0.9 * mean_loss(patient, from, true));
}

bool judge_oscillating_loss(Patient *patient, PlumbFinding *finding) {
    if (!oscillates(patient) || diverges(patient)) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "in %d epochs the loss rose %d times by more than a tenth: from %.3g to %.3g",
                            OSCILLATION, rises(patient, patient->about->epochs - OSCILLATION),
                            loss_at(patient, patient->about->epochs - OSCILLATION), loss_at(patient, last_of(patient)));
    finding->cause = "the steps overshoot";
    finding->remedy = with_lr(patient, patient->lr / 10);
    return true;
}

/* ---- standing still, or nearly so -------------------------------------------------------------------------------- */

/* While training some more: plateaus of sigmoid nets end. */
enum { PLATEAU_EPOCHS = 3, PLATEAU_TRAINING = 8, SLOW_EPOCHS = 4 };

static int plateau_epochs(const Patient *patient) {
    return patient->about->training ? PLATEAU_TRAINING : PLATEAU_EPOCHS;
}

static bool is_flat(const Patient *patient) {
    double least = INFINITY, most = 0;
    if (patient->about->epochs < plateau_epochs(patient)) {
        return false;
    }
    for (int i = patient->about->epochs - plateau_epochs(patient); i < patient->about->epochs; i++) {
        least = fmin(least, loss_at(patient, i));
        most = fmax(most, loss_at(patient, i));
    }
    return most - least < 0.01 * most;
}

bool judge_plateau(Patient *patient, PlumbFinding *finding) {
    if (!is_flat(patient) || !(patient->level > 0.95) || is_early(patient)) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "loss %.4g for the last %d epochs; the best constant output has %.4g",
                            loss_at(patient, last_of(patient)), plateau_epochs(patient), patient->chance);
    finding->cause = "nothing of the inputs reaches the loss, or nothing of the loss the weights";
    finding->remedy = "";
    return true;
}

/* At the pace of the last half, how many epochs until the loss is half of chance. */
static double epochs_to_half(const Patient *patient) {
    int last = last_of(patient), from = last / 2;
    double pace = (loss_at(patient, from) - loss_at(patient, last)) / (last - from);
    return (loss_at(patient, last) - 0.5 * patient->chance) / pace;
}

static bool is_slow(const Patient *patient) {
    int falls = 0, last = last_of(patient);
    for (int i = 1; i <= last; i++) {
        falls += loss_at(patient, i) < loss_at(patient, i - 1);
    }
    return patient->about->epochs >= SLOW_EPOCHS && patient->level > 0.6 && 5 * falls >= 4 * last &&
           !(is_flat(patient) && patient->level > 0.95) && epochs_to_half(patient) > 3 * patient->about->epochs;
}

bool judge_slow_convergence(Patient *patient, PlumbFinding *finding) {
    if (!patient->trained || !is_slow(patient)) {
        return false;
    }
    finding->severity = PLUMB_MILD;
    finding->evidence = say(patient, "loss %.3g after %d epochs; at its pace half of chance takes %.0f more",
                            loss_at(patient, last_of(patient)), patient->about->epochs, epochs_to_half(patient));
    finding->cause = "the steps are small for what is left to go";
    finding->remedy = with_lr(patient, patient->lr * 10);
    return true;
}

/* ---- overfit ----------------------------------------------------------------------------------------------------- */

enum { OVERFIT_EPOCHS = 4, OVERFIT_TRAINING = 8 };

static int best_test(const Patient *patient) {
    int best = 0;
    for (int i = 1; i < patient->about->epochs; i++) {
        best = patient->about->epoch[i].test_loss < patient->about->epoch[best].test_loss ? i : best;
    }
    return best;
}

/* What is counted, hits or errors, has become worse too: a loss also rises on rows that stay right, by certainty. */
static bool metric_fell(const Patient *patient, const PlumbEpoch *now) {
    const PlumbData *data = patient->about->data;
    double best = patient->about->epoch[0].test_metric;
    for (int i = 1; i < patient->about->epochs; i++) {
        double metric = patient->about->epoch[i].test_metric;
        best = data && data->classify ? fmax(best, metric) : fmin(best, metric);
    }
    return data && data->classify ? now->test_metric < best - 0.05 : now->test_metric > 1.05 * best;
}

/* The test loss has risen for some epochs while the train loss fell on, and what lies between them counts. */
bool judge_overfit(Patient *patient, PlumbFinding *finding) {
    int last = last_of(patient);
    if (last < OVERFIT_EPOCHS) {
        return false;
    }
    int best = best_test(patient);
    const PlumbEpoch *then = &patient->about->epoch[best], *now = &patient->about->epoch[last];
    if (last - best < (patient->about->training ? OVERFIT_TRAINING : OVERFIT_EPOCHS) ||
        !(now->test_loss > 1.3 * then->test_loss) || !(now->loss < then->loss) ||
        !(now->test_loss - now->loss > 0.15 * patient->chance) || !metric_fell(patient, now)) {
        return false;
    }
    finding->severity = PLUMB_MILD;
    finding->evidence = say(patient, "test loss %.3g at epoch %d, now %.3g; train loss fell from %.3g to %.3g",
                            then->test_loss, then->epoch, now->test_loss, then->loss, now->loss);
    finding->cause = "the net learns the rows by heart";
    finding->remedy = "stop = patience(3)";
    return true;
}
