/* What the rules found, and the forecast's reasons. */
#include "../render/pictures.h"
#include "report.h"
#include <math.h>
#include <stdlib.h>

static void add_head(Page *page, const About *about, const PlumbFinding *finding, int number) {
    char rule[64], *layers = finding_layers(about->net, finding);
    finding_rule(finding, rule, sizeof rule);
    bool severe = finding->severity == PLUMB_SEVERE;
    page_markup(page, "<div class=\"finding%s\">\n<h4>", severe ? " severe" : "");
    page_text(page, "%d  %s", number, rule);
    page_markup(page, "</h4>\n<p><span class=\"%s\">%s</span>", severe ? "broken" : "doubtful",
                severe ? "severe" : "mild");
    page_text(page, "%s%s", layers && *layers ? ", " : "", layers ? layers : "");
    page_text(page, finding->follows < 0 ? "%.0d" : ", follows from %d", finding->follows + 1);
    page_markup(page, "</p>\n");
    free(layers);
}

static void add_finding(Page *page, const About *about, const PlumbFinding *finding, int number) {
    char decades[32];
    add_head(page, about, finding, number);
    page_terms_begin(page);
    page_term(page, "evidence", "%s", finding->evidence);
    if (finding->follows < 0 && *finding->cause) {
        page_term(page, "cause", "%s", finding->cause);
    }
    if (finding->follows < 0 && *finding->remedy) {
        page_term(page, "remedy", "%s", finding->remedy);
    }
    if (finding->follows < 0 && *finding->remedy && !isnan(finding->promise)) {
        page_term(page, "forecast", "with the remedy: %s decades", decades_text(finding->promise, decades));
    }
    page_terms_end(page);
    page_markup(page, "</div>\n");
}

static Grid *grid_of_causes(const PlumbForecast *forecast) {
    static const Column column[] = {{.title = "what changes the gradient", .align = ALIGN_LEFT},
                                    {.title = "decades", .align = ALIGN_RIGHT}};
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    int most = forecast_cause(forecast);
    char text[32];
    for (int i = 0; grid && i < PLUMB_CAUSES; i++) {
        if (fabs(forecast->cause[i]) >= 0.05) {
            grid_row(grid);
            grid_cell(grid, STATE_PLAIN, "%s", plumb_cause_name(i));
            grid_cell(grid, i == most ? STATE_DOUBTFUL : STATE_PLAIN, "%s", decades_text(forecast->cause[i], text));
        }
    }
    return grid;
}

static void add_forecast(Page *page, const About *about) {
    char text[192];
    bool ill = about->forecast->verdict == PLUMB_VANISHING || about->forecast->verdict == PLUMB_EXPLODING;
    page_paragraph(page, ill ? STATE_BROKEN : STATE_PLAIN, "By forecast, before any training: %s.",
                   forecast_text(about->net, about->forecast, text));
    if (forecast_cause(about->forecast) >= 0) {
        page_table(page, grid_of_causes(about->forecast), "Causes by forecast, over the depth");
    }
}

/* Alerts hold what a watchpoint saw, or the figures of a rule. */
static void add_alert(Page *page, const json_t *alert) {
    const char *condition = json_string_value(json_object_get(alert, "condition"));
    const char *rule = json_string_value(json_object_get(alert, "rule"));
    page_markup(page, "<li>");
    page_text(page, "step %lld, epoch %lld: %s%s%s", (long long)json_integer_value(json_object_get(alert, "step")),
              (long long)json_integer_value(json_object_get(alert, "epoch")), rule ? rule : "", condition ? " " : "",
              condition ? condition : "");
    page_markup(page, "</li>\n");
}

static void write(Page *page, const About *about) {
    int count = plumb_diagnosis_size(about->diagnosis);
    const json_t *alert;
    size_t i;
    if (!count) {
        page_paragraph(page, STATE_PLAIN, "No rule fires%s.",
                       about->value->probe ? "" : ", by forecast alone: nothing was measured");
    }
    for (int f = 0; f < count; f++) {
        add_finding(page, about, plumb_diagnosis_at(about->diagnosis, f), f + 1);
    }
    if (json_array_size(about->value->alerts)) {
        page_paragraph(page, STATE_PLAIN, "Told during the last training:");
        page_markup(page, "<ul>\n");
        json_array_foreach(about->value->alerts, i, alert) {
            add_alert(page, alert);
        }
        page_markup(page, "</ul>\n");
    }
    add_forecast(page, about);
}

const Section section_findings = {.id = "findings", .heading = "Findings", .write = write};
