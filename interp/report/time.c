/* The gradient through time in recurrent layers. */
#include "../render/pictures.h"
#include "../verbs/plot_parts.h"
#include "report.h"

enum { TIMES_DRAWN = 64 };

static bool applies(const About *about) {
    const double *norms;
    bool any = false;
    for (int i = 0; i < plumb_net_size(about->net); i++) {
        any = any || plumb_net_through_time(about->net, i, &norms) > 0;
    }
    return any;
}

static void write(Page *page, const About *about) {
    const double *norms;
    char text[PROFILE_BYTES];
    for (int i = 0; i < plumb_net_size(about->net); i++) {
        int steps = plumb_net_through_time(about->net, i, &norms);
        State state = steps ? through_time_text(plumb_net_node(about->net, i)->name, norms, steps, text) : STATE_PLAIN;
        if (steps && *text) {
            page_paragraph(page, state, "As last measured, %s.", text);
        }
    }
    page_figures_begin(page);
    page_figure(page, picture_of("through_time", about, 1), "The gradient that arrives at each time step.");
    const Subject subject = {.name = about->value->name, .value = about->value, .net = about->net};
    for (int i = next_recurrent(about->net, 0); i >= 0 && record_of(about->value);
         i = next_recurrent(about->net, i + 1)) {
        page_figure(page, map_of_time(&subject, i, TIMES_DRAWN),
                    "The gradient at each time step of %s, over the steps of the training.",
                    plumb_net_node(about->net, i)->name);
    }
    page_figures_end(page);
}

const Section section_time = {.id = "time", .heading = "Gradient through time", .applies = applies, .write = write};
