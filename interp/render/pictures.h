/* What a person sees of nets, data and training: one file a picture. */
#ifndef PLUMB_RENDER_PICTURES_H
#define PLUMB_RENDER_PICTURES_H
#include "../../runtime/plumb.h"
#include "grid.h"

/* Tables by themselves, for pages. NULL without memory. */
Grid *grid_of_net(const PlumbNet *net);
Grid *grid_of_recipe(const PlumbCall *recipe);
Grid *grid_of_ranges(const PlumbData *data);
Grid *grid_of_classes(const PlumbData *data); /* the first ones; for one label a row */

/* The layer table: name, source, shape, parameters, FLOPs of one row, initialiser, links; the total. */
void picture_net(const Canvas *canvas, const PlumbNet *net);
/* Names of the nodes that lead into `node` otherwise than from the one before it. "" where there are none. */
void node_links(const PlumbNet *net, int node, char *text, size_t size);

typedef struct DataRange { /* of the inputs of the train part; non-finite values are counted, not measured */
    double min, max, mean, std;
    int64_t nonfinite;
} DataRange;
DataRange data_range(const plumb_real *value, int64_t count);
/* Rows of a part whose first label is `label`. */
int64_t data_class_rows(const PlumbPart *part, int label, int label_count);
void picture_data(const Canvas *canvas, const PlumbData *data);
const char *class_shown(const PlumbData *data, int label); /* its name; a space in quotes, which else is not seen */

void picture_recipe(const Canvas *canvas, const char *name, const PlumbCall *recipe);
/* A recipe's value as in a script: 64, adam(lr=0.01), none. malloc'd. */
char *recipe_value_text(const PlumbValue *value);

/* The training table. Its rows come one by one, so its widths are fixed: 80 columns, fewer on a narrower canvas. */
Grid *picture_epochs(const PlumbData *data, int width);
void picture_epoch(Grid *grid, const PlumbEpoch *epoch, const PlumbData *data); /* adds a row */
/* Every how many epochs a row is printed so that there are at most about 30: 1, 2, 5, 10, 20, 50 ... */
int picture_epoch_every(int epochs);

/* Loss and metric of an epoch: on the test part where there is one. */
double epoch_metric(const PlumbEpoch *epoch, const PlumbData *data);
const char *metric_name(const PlumbData *data); /* "accuracy", "mae" */
/* A metric as shown: 96.9 %, or a figure. */
char *metric_text(double metric, const PlumbData *data, char text[32]);

typedef struct Profile {    /* the gradient over the depth: output_grad of the layers with weights */
    int first, last;        /* nodes, -1: no layer has weights */
    int layers;             /* how many have weights */
    double decades;         /* log10(first / last): negative where it shrinks on its way back; NaN: cannot be said */
    int64_t nonfinite;      /* values of the whole net */
    double low, high;       /* decades: the range of all output_grad that are above 0 */
    const PlumbForecast *forecast; /* shown beside; NULL: none */
} Profile;
Profile profile_of(const PlumbNet *net, const PlumbProbe *probe);
enum { PROFILE_BYTES = 320 };
/* "the gradient falls 12.5 decades from dense21 back to dense1, 0.625 a layer"; "" where there are no two layers. */
State profile_text(const PlumbNet *net, const PlumbProbe *probe, const Profile *profile, char text[PROFILE_BYTES]);
/* The same of a recurrent layer, over its time steps. */
State through_time_text(const char *name, const double *norms, int steps, char text[PROFILE_BYTES]);
/* What the forecast gives for a layer's output_grad, from the gradient measured where it starts. NaN without a forecast. */
double gradient_forecast(const PlumbForecast *forecast, const PlumbProbe *probe, int at);
/* One table, non-finite values before it, a sentence on how the gradient falls, and how far the forecast (NULL: none) is off. */
void picture_gradients(const Canvas *canvas, const PlumbNet *net, const PlumbProbe *probe, const PlumbForecast *forecast);

/* The gradient at every time step of each recurrent layer, as last measured; nothing for a net without one. */
void picture_through_time(const Canvas *canvas, const PlumbNet *net);

/* The forecast: a row a layer with weights, the verdict, what it comes from, what changes it. optimizer: its name. */
void picture_forecast(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast, const char *optimizer,
                      const PlumbRemedy *remedy, int remedies);
/* "the gradient shrinks 12.5 decades from dense21 back to dense1": what the verdict rests on. Returns text. */
char *forecast_text(const PlumbNet *net, const PlumbForecast *forecast, char text[192]);
/* "-12.6", "+0.3", "0.0": never "-0.0". Returns text. */
char *decades_text(double decades, char text[32]);
/* The PlumbCause that carries most of the slope, in its direction; -1: the slope is not what is wrong. */
int forecast_cause(const PlumbForecast *forecast);

/* What the rules found; `basis`: of which net, by what ("plain on digits"). */
void picture_diagnosis(const Canvas *canvas, const char *basis, const PlumbNet *net, const PlumbDiagnosis *diagnosis);
/* What `fix` would try first; foreseen: no rule fires, it is the forecast that is not healthy. */
void picture_proposal(const Canvas *canvas, const char *edit, const char *reason, bool foreseen);
/* A finding on one line, "vanishing gradient, dense1 ... dense14: ...": malloc'd, NULL without memory. */
char *finding_text(const PlumbNet *net, const PlumbFinding *finding);
/* "dense1 ... dense14, time steps 1 to 3"; "": the whole net. malloc'd, or NULL. */
char *finding_layers(const PlumbNet *net, const PlumbFinding *finding);
void finding_rule(const PlumbFinding *finding, char *text, size_t size); /* "vanishing gradient" */
const char *diagnosis_word(const PlumbDiagnosis *diagnosis); /* "healthy", "doubtful", "broken" */

typedef struct Repaired {   /* how a net stands, trained */
    double loss, test_loss, metric, decades; /* decades: as Profile */
    int layers, findings;
} Repaired;
typedef struct Tried {      /* an edit that `fix` proves */
    const char *edit, *reason;
    double before, after;   /* the metric */
    bool kept;
    bool less;              /* it takes parts of the last one away again */
} Tried;
void picture_attempt(const Canvas *canvas, int number, const Tried *tried, const PlumbData *data);
void picture_difference(const Canvas *canvas, const char *before, const char *after); /* line by line, - and + */
/* Calls `each` for the lines of both, `sign` as above or a space. False: no memory. */
typedef void DifferenceLine(void *self, char sign, const char *line, int length);
bool difference_lines(const char *before, const char *after, DifferenceLine *each, void *self);
void picture_repaired(const Canvas *canvas, const char *name, const PlumbData *data, const Repaired *before, const Repaired *after);

void picture_confusion(const Canvas *canvas, const PlumbData *data, const PlumbScore *score);

typedef struct Run {        /* one net of a comparison */
    const char *name;
    const PlumbNet *net;
    const PlumbProbe *probe; /* NULL: nothing was measured */
    const PlumbEpoch *epoch; /* its history */
    int epochs;
    double seconds;
} Run;
void picture_comparison(const Canvas *canvas, const PlumbData *data, const Run *run, int count);
#endif
