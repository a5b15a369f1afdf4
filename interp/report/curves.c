/* Curves over the epochs of a training. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "report.h"
#include <math.h>
#include <string.h>

typedef struct Curves { /* a picture of columns of PlumbEpoch */
    const char *title, *label, *about;
    bool log;
    const char *column[2], *name[2];
} Curves;

static const Curves pictures[] = {
    {"metric",
     "",
     "The metric, on the train part and on the test part.",
     false,
     {"metric", "test_metric"},
     {"train", "test"}},
    {"gradient by epoch",
     "rms of dL/d(output)",
     "The gradient at the outputs of the first and the last layer with weights, mean "
     "over each epoch.",
     true,
     {"grad_first", "grad_last"},
     {"first layer", "last layer"}},
    {"size of the updates",
     "update / weight norm",
     "How far a step moves the weights of the whole net, mean over each epoch; "
     "between 1e-5 and 1e-1 is usual.",
     true,
     {"update_ratio"},
     {"update ratio"}},
};

static int column_of(const char *name) {
    int column = 0;
    while (strcmp(plumb_epoch_column(column), name) != 0) {
        column++;
    }
    return column;
}

/* False: no memory. A column without figures (no test part) has no curve. */
static bool add_curve(Plot *plot, const About *about, const char *column, const char *name) {
    int at = column_of(column);
    bool any = false;
    for (int i = 0; i < about->epochs; i++) {
        any = any || !isnan(plumb_epoch_figure(&about->epoch[i], at));
    }
    Series *series = any ? plot_series(plot, name, about->epochs, false) : NULL;
    for (int i = 0; series && i < about->epochs; i++) {
        series->x[i] = about->epoch[i].epoch;
        series->y[i] = plumb_epoch_figure(&about->epoch[i], at);
    }
    return series || !any;
}

static Plot *make(const Curves *curves, const About *about) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    bool done = plot;
    for (int i = 0; done && i < 2 && curves->column[i]; i++) {
        done = add_curve(plot, about, curves->column[i], curves->name[i]);
    }
    if (!done) {
        plot_free(plot);
        return NULL;
    }
    bool metric = about->data && !strcmp(curves->column[0], "metric");
    plot->title = metric ? metric_name(about->data) : curves->title;
    plot->x_label = "epoch";
    plot->y_label = curves->label;
    plot->log = curves->log;
    return plot_whole(plot, true);
}

static Grid *grid_of_epochs(const About *about) {
    Grid *grid = picture_epochs(about->data, 1000);
    for (int i = 0; grid && i < about->epochs; i++) {
        picture_epoch(grid, &about->epoch[i], about->data);
    }
    return grid;
}

static void add_loss(Page *page, const About *about) {
    char first[32], last[32], test[32] = "";
    const PlumbEpoch *end = &about->epoch[about->epochs - 1];
    bool tested = !isnan(end->test_loss);
    page_figure(page, picture_of("loss", about, 1), "The loss goes from %s after epoch %d to %s after epoch %d%s%s.",
                number_figure(about->epoch[0].loss, first), about->epoch[0].epoch, number_figure(end->loss, last),
                end->epoch, tested ? "; on the test part it ends at " : "",
                tested ? number_figure(end->test_loss, test) : "");
}

static void write(Page *page, const About *about) {
    page_figures_begin(page);
    add_loss(page, about);
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        page_figure(page, make(&pictures[i], about), "%s", pictures[i].about);
    }
    page_figures_end(page);
    if (about->data) {
        page_fold_begin(page, false, "Figures of every epoch");
        page_table(page, grid_of_epochs(about), "Epochs");
        page_fold_end(page);
    }
}

const Section section_curves = {.id = "curves", .heading = "Curves", .applies = was_trained, .write = write};
