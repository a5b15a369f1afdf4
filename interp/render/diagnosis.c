/* Findings: evidence, cause, remedy, one after the other, causes before what follows from them. */
#include "../../grammar/text.h"
#include "pictures.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RULE_COLUMNS = 26, LABEL_COLUMNS = 15 };

/* The first and the last of more than two. */
char *finding_layers(const PlumbNet *net, const PlumbFinding *finding) {
    Text text = {0};
    int count = finding->layers;
    if (count) {
        text_printf(&text, "%s", plumb_net_node(net, finding->layer[0])->name);
    }
    if (count > 1) {
        text_printf(&text, "%s%s", count > 2 ? " ... " : ", ", plumb_net_node(net, finding->layer[count - 1])->name);
    }
    if (finding->last_step) {
        text_printf(&text, ", time steps %d to %d", finding->first_step, finding->last_step);
    }
    return text_take(&text);
}

void finding_rule(const PlumbFinding *finding, char *text, size_t size) {
    snprintf(text, size, "%s", plumb_rule_name(finding->rule));
    for (char *at = text; *at; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
}

char *finding_text(const PlumbNet *net, const PlumbFinding *finding) {
    char rule[64], *layers = finding_layers(net, finding), *text = NULL;
    finding_rule(finding, rule, sizeof rule);
    if (layers && asprintf(&text, "%s%s%s: %s", rule, *layers ? ", " : "", layers, finding->evidence) < 0) {
        text = NULL;
    }
    free(layers);
    return text;
}

static State state_of(const PlumbFinding *finding) {
    return finding->severity == PLUMB_SEVERE ? STATE_BROKEN : STATE_DOUBTFUL;
}

static void print_head(const Canvas *canvas, const PlumbNet *net, const PlumbFinding *finding, int number) {
    char rule[64], head[128], *layers = finding_layers(net, finding);
    const char *where = layers ? layers : "";
    finding_rule(finding, rule, sizeof rule);
    if (finding->follows < 0) {
        snprintf(head, sizeof head, "%-*s %-*s", RULE_COLUMNS, rule, *where ? 8 : 0,
                 finding->severity == PLUMB_SEVERE ? "severe" : "mild");
    } else {
        snprintf(head, sizeof head, "%-*s follows from %d", RULE_COLUMNS, rule, finding->follows + 1);
    }
    canvas_wrap(canvas, state_of(finding), LABEL_COLUMNS, "%2d  %s%s%s", number, head, *where ? "  " : "", where);
    free(layers);
}

static void print_line(const Canvas *canvas, const char *label, const char *text) {
    if (*text) {
        canvas_wrap(canvas, STATE_PLAIN, LABEL_COLUMNS, "    %-*s%s", LABEL_COLUMNS - 4, label, text);
    }
}

static void print_remedy(const Canvas *canvas, const PlumbFinding *finding) {
    char decades[32];
    if (isnan(finding->promise)) {
        print_line(canvas, "remedy", finding->remedy);
    } else {
        canvas_wrap(canvas, STATE_PLAIN, LABEL_COLUMNS, "    %-*s%-30s  forecast: %s decades", LABEL_COLUMNS - 4,
                    "remedy", finding->remedy, decades_text(finding->promise, decades));
    }
}

const char *diagnosis_word(const PlumbDiagnosis *diagnosis) {
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        if (plumb_diagnosis_at(diagnosis, i)->severity == PLUMB_SEVERE) {
            return "broken";
        }
    }
    return plumb_diagnosis_size(diagnosis) ? "doubtful" : "healthy";
}

void picture_diagnosis(const Canvas *canvas, const char *basis, const PlumbNet *net, const PlumbDiagnosis *diagnosis) {
    int count = plumb_diagnosis_size(diagnosis);
    if (!count) {
        canvas_wrap(canvas, STATE_PLAIN, 4, "%s is healthy: no rule fires", basis);
    } else {
        canvas_wrap(canvas, STATE_PLAIN, 4, "%s is %s: %d finding%s", basis, diagnosis_word(diagnosis), count,
                    count == 1 ? "" : "s");
    }
    for (int i = 0; i < count; i++) {
        const PlumbFinding *finding = plumb_diagnosis_at(diagnosis, i);
        fputc('\n', canvas->out);
        print_head(canvas, net, finding, i + 1);
        print_line(canvas, "evidence", finding->evidence);
        if (finding->follows < 0) {
            print_line(canvas, "cause", finding->cause);
            print_remedy(canvas, finding);
        }
    }
    fputc('\n', canvas->out);
}

void picture_proposal(const Canvas *canvas, const char *edit, const char *reason, bool foreseen) {
    canvas_wrap(canvas, STATE_PLAIN, 4, "%sfix would try first: %s", foreseen ? "by its forecast it is not, and " : "",
                edit);
    canvas_wrap(canvas, STATE_HEALTHY, 6, "    for %s", reason);
    fputc('\n', canvas->out);
}
