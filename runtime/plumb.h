/* libplumb: nets, data, training and gradient diagnostics. Knows no syntax, prints nothing, never exits.
 *
 * Memory: a PlumbArena owns values; a net, a data set, a trainer have one owner, who frees them.
 * Errors: a function that can fail returns NULL, false or -1 and fills the PlumbError it was given; what it was
 * asked to change is then as it was.  */
#ifndef PLUMB_H
#define PLUMB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef PLUMB_DOUBLE /* the build for gradient checks */
typedef double plumb_real;
#else
typedef float plumb_real;
#endif

/* ---- errors ------------------------------------------------------------------------------------------- */
typedef enum {
    PLUMB_OK,
    PLUMB_ARGUMENT_ERROR, /* wrong name, type or range of an argument */
    PLUMB_SHAPE_ERROR,    /* shapes that do not fit */
    PLUMB_FILE_ERROR,     /* cannot be opened, read or written, or is not allowed */
    PLUMB_FORMAT_ERROR,   /* the content of a file is wrong */
    PLUMB_MEMORY_ERROR,
    PLUMB_NUMBER_ERROR,   /* non-finite values where none may be */
    PLUMB_UNSUPPORTED,
} PlumbStatus;

typedef struct PlumbError {
    PlumbStatus status;
    int argument; /* index into the arguments handed over, or -1 */
    char what[256], found[128], expected[192], hint[192]; /* "" where there is nothing to say */
} PlumbError;
/* Fills `error` (may be NULL); always returns false, so that `return plumb_fail(...)` reads well. */
bool plumb_fail(PlumbError *error, PlumbStatus status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- shapes ------------------------------------------------------------------------------------------- */
enum { PLUMB_RANK_MAX = 4 };
typedef struct PlumbShape { /* without the batch: (features), (time, features), (channels, height, width) */
    int rank;               /* -1: unknown, after an error */
    int dim[PLUMB_RANK_MAX];
} PlumbShape;
int64_t plumb_shape_size(PlumbShape shape);
bool plumb_shape_equal(PlumbShape a, PlumbShape b);
char *plumb_shape_text(PlumbShape shape, char text[64]); /* "64", "100 x 2", "1 x 28 x 28"; returns text */

/* ---- the registry ------------------------------------------------------------------------------------- */
typedef enum {
    PLUMB_LAYER = 1, PLUMB_ACTIVATION = 2 /* an elementwise layer */, PLUMB_INIT = 4, PLUMB_LOSS = 8, PLUMB_OPTIMIZER = 16,
    PLUMB_SCHEDULE = 32, PLUMB_CLIP = 64, PLUMB_STOP = 128, PLUMB_DATA = 256, PLUMB_RECIPE = 512,
    PLUMB_CADENCE = 16384 /* every(n) */, PLUMB_AUGMENT = 32768 /* flip, of images */, PLUMB_LOG = 65536,
    PLUMB_COMBINATOR = 1024, PLUMB_FUNCTION = 2048, PLUMB_VERB = 4096, PLUMB_SETTING = 8192, /* entries of the interpreter */
    PLUMB_WORD = 131072 /* of the interpreter, too: auto */,
} PlumbKind;
const char *plumb_kind_name(PlumbKind kind); /* "layer", "activation", ... */

/* What an argument takes: a sum of these. */
enum {
    PLUMB_A_INT = 1, PLUMB_A_NUMBER = 2, PLUMB_A_BOOL = 4, PLUMB_A_STRING = 8, PLUMB_A_WORD = 16 /* one of `words` */,
    PLUMB_A_CALL = 32 /* of the kinds in `kinds` */, PLUMB_A_NONE = 64, PLUMB_A_LIST = 128, PLUMB_A_REST = 256 /* all further positional ones */,
    PLUMB_A_REF = 512 /* a data set or a label: given as PLUMB_V_REF */,
};
typedef struct PlumbArg {
    const char *name;
    unsigned accepts, kinds;
    const char *words;    /* "same valid" */
    const char *fallback; /* the default as written in a script; NULL: required */
    double min, max;      /* inclusive range for numbers; both 0: any finite number */
    const char *help;     /* "standard deviation of the noise" */
} PlumbArg;

typedef struct PlumbEntry { /* what every name of the language has; layers and others extend it */
    const char *name, *aliases; /* aliases: separated by spaces, or NULL */
    PlumbKind kind;
    const char *family;   /* "linear", "activations", ...: for help */
    const PlumbArg *args; /* ends with a NULL name; NULL: no arguments */
    const char *summary, *formula, *source, *example;
} PlumbEntry;
const PlumbEntry *plumb_entry_at(int index);             /* all entries in turn; NULL at the end */
const PlumbEntry *plumb_entry_find(const char *name);    /* by name or alias */

/* ---- values and calls --------------------------------------------------------------------------------- */
typedef struct PlumbArena PlumbArena;
PlumbArena *plumb_arena_new(void);
void plumb_arena_free(PlumbArena *arena);
void *plumb_arena_alloc(PlumbArena *arena, size_t size); /* zeroed; NULL when memory is short */

typedef struct PlumbCall PlumbCall;
typedef enum { PLUMB_V_NONE, PLUMB_V_NUMBER, PLUMB_V_BOOL, PLUMB_V_STRING, PLUMB_V_WORD, PLUMB_V_LIST, PLUMB_V_CALL, PLUMB_V_REF } PlumbValueType;
typedef struct PlumbValue {
    PlumbValueType type;
    int count; /* of a list */
    union {
        double number;
        bool boolean;
        const char *string; /* PLUMB_V_STRING, PLUMB_V_WORD */
        const struct PlumbValue *item;
        const PlumbCall *call;
        const void *ref; /* a PlumbData */
    };
} PlumbValue;
struct PlumbCall {             /* a name with its arguments, checked and complete: one value per PlumbArg */
    const PlumbEntry *entry;
    int count;
    PlumbValue *arg;
    bool *given;               /* as written, or the default */
};
typedef struct PlumbGiven { /* an argument as handed over */
    const char *name;       /* NULL: positional */
    PlumbValue value;
} PlumbGiven;
/* Binds arguments to an entry: names, types, words, ranges, required ones, defaults. On error `argument` says which
 * one; for a misspelt name `hint` holds the nearest. Result and copies of all values live in `arena`. */
PlumbCall *plumb_call(PlumbArena *arena, const PlumbEntry *entry, const PlumbGiven *given, int count, PlumbError *error);
PlumbCall *plumb_call_copy(PlumbArena *arena, const PlumbCall *call);
PlumbCall *plumb_call_default(PlumbArena *arena, const char *name, PlumbError *error); /* all defaults */
const PlumbValue *plumb_call_value(const PlumbCall *call, const char *arg); /* NULL if it has no such argument */
double plumb_call_number(const PlumbCall *call, const char *arg);           /* 0 if none */
bool plumb_call_bool(const PlumbCall *call, const char *arg);
const char *plumb_call_string(const PlumbCall *call, const char *arg);      /* string or word; NULL if neither */
const PlumbCall *plumb_call_call(const PlumbCall *call, const char *arg);   /* NULL if not a call */
/* The call as source text, defaults left out: "dense(64, init=he)". malloc'd. */
char *plumb_call_text(const PlumbCall *call);

/* ---- files: what a script may touch -------------------------------------------------------------------- */
typedef struct PlumbFiles {
    const char *const *read_roots, *const *write_roots; /* NULL-terminated lists of folders; files below them only */
    const char *base; /* where a relative path to read is looked for first, then in the current folder; NULL: only there */
} PlumbFiles;         /* a NULL PlumbFiles* allows everything */
/* The whole content of a file, plain or packed by gzip, malloc'd, with a NUL behind it. NULL after an error. */
unsigned char *plumb_file_read(const char *path, const PlumbFiles *files, size_t *size, PlumbError *error);

/* ---- data --------------------------------------------------------------------------------------------- */
typedef struct PlumbPart {
    int64_t rows;
    plumb_real *x;  /* rows x size of x_shape */
    plumb_real *y;  /* regression: rows x size of y_shape; else NULL */
    int32_t *label; /* classes: rows x label_count; else NULL */
} PlumbPart;
typedef struct PlumbAugment { /* what train images go through, drawn anew for each row and epoch */
    const PlumbEntry *entry;
    int by;              /* its argument; 0: it has none */
} PlumbAugment;
typedef struct PlumbData {
    char *name;          /* how it was made: csv("digits.csv", ...) */
    PlumbShape x_shape;
    bool classify;
    int classes;         /* number of classes */
    int label_count;     /* labels per row: 1, or the steps of a sequence */
    PlumbShape y_shape;  /* of a regression target */
    char **class_name;   /* `classes` of them */
    PlumbPart train, test;
    PlumbAugment *augment; /* `augment_count` of them, in turn; the rows themselves stay as they are */
    int augment_count;
} PlumbData;
/* `call` is one of kind PLUMB_DATA. */
PlumbData *plumb_data_load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error);
void plumb_data_free(PlumbData *data);

/* ---- nets --------------------------------------------------------------------------------------------- */
typedef struct PlumbNet PlumbNet;
typedef struct PlumbPlace { const void *source; size_t begin, end; } PlumbPlace; /* opaque: where it stands in the script */
typedef struct PlumbNode {
    const char *name;       /* "dense1", "res3.dense1" */
    const PlumbCall *call;
    int input_count;
    const int *input;       /* node indices */
    PlumbShape shape;       /* of its output */
    int64_t parameters;     /* learned numbers */
    double flops;           /* forward, one row */
    const char *init;       /* the initialiser taken ("he"), or "" */
    PlumbPlace place;
    int weight_count, first_weight; /* into plumb_net_weight */
    bool skip; /* joins a link back (add, concat, multiply with a label; residual) */
} PlumbNode;
typedef struct PlumbWeight {
    const char *name;       /* "dense1.weight" */
    PlumbShape shape;
    plumb_real *value;      /* NULL until the weights are made */
    const plumb_real *grad; /* of the last backward pass; NULL before, and for buffers */
    bool learned;           /* false: a buffer such as running_mean */
} PlumbWeight;

PlumbNet *plumb_net_new(const char *name, PlumbError *error);
void plumb_net_free(PlumbNet *net);
/* Adds a layer behind `input` nodes and infers its shape. "input" takes none. `name`: NULL for kind and order.
 * `prefix`: the path of used blocks ("res3."), or "". `share`: node whose weights to use, or -1.
 * Returns the node's index, or -1. A node of unknown shape (rank -1) can be added with plumb_net_add_unknown so that one
 * error does not hide others; such a net cannot be run. */
int plumb_net_add(PlumbNet *net, const PlumbCall *call, const int *input, int count, const char *prefix, const char *name,
                  int share, PlumbPlace place, PlumbError *error);
int plumb_net_add_unknown(PlumbNet *net, PlumbPlace place, PlumbError *error);
const char *plumb_net_name(const PlumbNet *net);
int plumb_net_size(const PlumbNet *net);
const PlumbNode *plumb_net_node(const PlumbNet *net, int index);
int plumb_net_find(const PlumbNet *net, const char *name); /* -1: no such node */
/* Of a recurrent node in the last measured pass (plumb_measure, a measured step of a trainer): the rms of dL/dh at every time step
 * of its input, first step first, over all rows, units and stacked layers. Returns the number of steps; 0: not recurrent,
 * or not measured since the weights were made. */
int plumb_net_through_time(const PlumbNet *net, int node, const double **norms);
int plumb_net_time_steps(const PlumbNet *net, int node); /* as many, measured or not; 0: not recurrent */
/* Means of its gates in the same pass (0: shut, 1: open) and their names ("input", "forget", "output"). Returns how many. */
int plumb_net_gates(const PlumbNet *net, int node, const char *const **names, const double **means);
int plumb_net_weight_total(const PlumbNet *net);
const PlumbWeight *plumb_net_weight(const PlumbNet *net, int index);
/* Makes the weights from the seed unless they are there. */
bool plumb_net_make(PlumbNet *net, uint64_t seed, PlumbError *error);
void plumb_net_reset(PlumbNet *net); /* drops the weights */
bool plumb_net_made(const PlumbNet *net);
uint64_t plumb_net_seed(const PlumbNet *net);
/* Does the net's input and output fit the data and the loss? NULL loss: the task's own. */
bool plumb_net_fits(const PlumbNet *net, const PlumbData *data, const PlumbCall *loss, PlumbError *error);

/* ---- training ----------------------------------------------------------------------------------------- */
typedef struct PlumbConfig {
    int threads, shards;  /* 0: the machine's cores */
    const char *backend;  /* "native", "portable"; NULL: native where built */
    uint64_t seed;
} PlumbConfig;
/* One layer's figures. NaN where there is none (no weights: no norms), or where values are not finite. */
typedef struct PlumbProbe {
    double grad_norm, weight_norm, update_ratio; /* L2 norms over all its weights */
    double output_grad;   /* rms of dL/d(output), L the mean loss of the batch */
    double signal;        /* rms of the output */
    double mean, std;     /* of the output */
    double saturated;     /* share of values where |phi'| < 5 % of its maximum; activations only */
    double dead;          /* share of units without output on all rows of the window; relu family only */
    int64_t nonfinite;    /* values that are NaN or Inf, output and its gradient */
} PlumbProbe;
typedef struct PlumbEpoch {
    int epoch;            /* from 1 */
    int64_t step;         /* steps done */
    double loss, test_loss, metric, test_metric; /* accuracy, or mean absolute error; NaN without a test part */
    double grad_first, grad_last; /* output_grad rms of the first and last layer with weights, mean over the epoch */
    double update_ratio;  /* whole net, mean over the epoch */
    double seconds;       /* since the start of training */
} PlumbEpoch;
typedef struct PlumbStep {
    int64_t step, steps;  /* done, of */
    int epoch, epochs;
    double loss, grad_norm, clip_factor; /* global norm before clipping; smallest factor taken (1: idle) */
    const PlumbProbe *probe; /* one per node, or NULL when not measured at this step */
    bool held;            /* `step` was tried and not taken: see plumb_trainer_hold */
} PlumbStep;
typedef struct PlumbObserver {  /* any function may be NULL; step returns false to pause */
    void *self;
    bool (*step)(void *self, const PlumbStep *step);
    void (*epoch)(void *self, const PlumbEpoch *epoch);
    void (*end)(void *self, const PlumbEpoch *last);
} PlumbObserver;

typedef struct PlumbTrainer PlumbTrainer;
/* Do the recipe's keys make sense, beyond what each argument takes? */
bool plumb_recipe_check(const PlumbCall *recipe, PlumbError *error);
/* `recipe` is a call of the entry "recipe". Net and data must outlive the trainer. */
PlumbTrainer *plumb_trainer_new(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                                PlumbError *error);
void plumb_trainer_free(PlumbTrainer *trainer);
bool plumb_trainer_observe(PlumbTrainer *trainer, PlumbObserver observer); /* false: there are too many */
void plumb_trainer_unobserve(PlumbTrainer *trainer, const void *self);     /* takes all of that `self` away */
typedef enum { PLUMB_DONE, PLUMB_PAUSED, PLUMB_STOPPED /* by patience */, PLUMB_FAILED } PlumbOutcome;
/* Trains until the end, a pause, or `most` further steps (0: no limit). May be called again after a pause: same bits as if never paused. */
PlumbOutcome plumb_trainer_run(PlumbTrainer *trainer, int64_t most, PlumbError *error);
void plumb_trainer_pause(PlumbTrainer *trainer); /* async-signal-safe: pause after the current step */
/* hold: a step whose loss or gradient is not finite is tried, measured, told (PlumbStep.held) and not taken: the training is paused
 * before it, with all values as they were, and its next run tries the same step again. false: takes it all the same. False: no memory. */
bool plumb_trainer_hold(PlumbTrainer *trainer, bool hold);
int plumb_trainer_shards(const PlumbTrainer *trainer);
uint64_t plumb_trainer_seed(const PlumbTrainer *trainer);
int64_t plumb_trainer_steps(const PlumbTrainer *trainer, int64_t *of);
int plumb_trainer_history(const PlumbTrainer *trainer, const PlumbEpoch **epochs); /* count */
typedef struct PlumbClipping { /* what the recipe's clipping did so far */
    double share;     /* of the steps at which it engaged; NaN: the recipe clips nothing, or single numbers, which is not counted */
    double factor;    /* mean over those steps of what the gradient was multiplied by; NaN: there are none */
    double suggested; /* the limit that one step in ten would exceed: the 90 % quantile of the global norm */
} PlumbClipping;
PlumbClipping plumb_trainer_clipping(const PlumbTrainer *trainer);
const PlumbProbe *plumb_trainer_probes(const PlumbTrainer *trainer); /* of the last measured step; one per node */

/* Figures of layers over the training: at every so many measured steps, the first one among them. When PLUMB_MOMENTS_MAX are kept every
 * second is dropped and the distance doubles, so that they span the whole training; 3 KiB a layer and 512 bytes a time step of
 * a recurrent one. A trainer that was resumed from a checkpoint begins anew. */
enum { PLUMB_MOMENTS_MAX = 64 };
typedef enum { /* of PlumbProbe */
    PLUMB_OUTPUT_GRAD, PLUMB_SIGNAL, PLUMB_GRAD_NORM, PLUMB_UPDATE_RATIO, PLUMB_SATURATED, PLUMB_DEAD, PLUMB_FIGURES
} PlumbFigure;
const char *plumb_figure_name(PlumbFigure figure); /* "output_grad" ... */
typedef struct PlumbRecord PlumbRecord;
const PlumbRecord *plumb_trainer_record(const PlumbTrainer *trainer);
int plumb_record_size(const PlumbRecord *record, const int64_t **step); /* count of moments; their steps, ascending */
double plumb_record_figure(const PlumbRecord *record, int moment, int node, PlumbFigure figure); /* NaN as in PlumbProbe */
/* As plumb_net_through_time was at that moment. */
int plumb_record_through_time(const PlumbRecord *record, int moment, int node, const double **norms);
/* Steps back over which such norms halve, on the average from the last step to the first one that they reach: INFINITY where
 * they do not fall, 0 where they do not even reach the last step but one; NaN for less than two steps, or norms that are not finite. */
double plumb_half_life(const double *norms, int steps);

const char *plumb_epoch_column(int column); /* "epoch", "step", "loss" ... as in PlumbEpoch; NULL at the end */
double plumb_epoch_figure(const PlumbEpoch *epoch, int column);
/* One row an epoch, as a table with the columns' names first, or for a path that ends in .json as a list of objects. */
bool plumb_history_save(const PlumbEpoch *epochs, int count, const char *path, const PlumbFiles *files, PlumbError *error);

/* ---- checkpoints: the whole state of a training in a file ------------------------------------------------ */
typedef struct PlumbCheckpoint PlumbCheckpoint;
/* Written whole or not at all. May be called by an observer. What trains on from it ends with the same bits as this trainer. */
bool plumb_trainer_save(PlumbTrainer *trainer, const char *path, const PlumbFiles *files, PlumbError *error);
/* Reads a checkpoint and takes its weights into the net, which must have the same layers. NULL: the net is as it was. */
PlumbCheckpoint *plumb_checkpoint_load(PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error);
void plumb_checkpoint_free(PlumbCheckpoint *checkpoint); /* NULL is allowed */
int64_t plumb_checkpoint_steps(const PlumbCheckpoint *checkpoint);
int plumb_checkpoint_history(const PlumbCheckpoint *checkpoint, const PlumbEpoch **epochs); /* count */
/* A trainer that goes on where the checkpoint was taken: its weights, order of rows, random numbers, and its seed and shards
 * instead of those in `config`. Net, data and recipe must be the same; of the recipe, how long to train and what to observe
 * (epochs, steps, stop, diagnostics, checkpoint) may differ. NULL: the error says what does. */
PlumbTrainer *plumb_trainer_resume(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                                   const PlumbCheckpoint *checkpoint, PlumbError *error);

/* What the recipe's key `log` asks for: a table of steps (.csv), JSON lines (.jsonl) or a folder of TensorBoard's event files, as an
 * observer of a trainer. `who` becomes part of the file's name where several nets are trained with one recipe ("run.plain.csv"); or
 * NULL. NULL without an error (status PLUMB_OK): the recipe asks for none. The net must outlive the log. */
typedef struct PlumbLog PlumbLog;
PlumbLog *plumb_log_open(const PlumbCall *recipe, const PlumbNet *net, const char *who, const PlumbFiles *files, PlumbError *error);
PlumbObserver plumb_log_observer(PlumbLog *log);
bool plumb_log_close(PlumbLog *log, PlumbError *error); /* false: not all could be written. NULL is allowed */
bool plumb_log_check(const PlumbCall *recipe, PlumbError *error); /* false: the name of the file tells no format */

typedef struct PlumbScore {
    double loss, accuracy, mae, rmse, r2; /* NaN where they do not apply */
    double top5;        /* share of labels among the five largest outputs; NaN for fewer than six classes */
    int classes;
    int64_t *confusion; /* classes x classes, [true][predicted]; malloc'd, or NULL */
} PlumbScore;
/* From the confusion matrix of a score. NaN where nothing was there to count: precision of a class that was never
 * predicted, recall of one without rows, f1 of one with neither. */
typedef struct PlumbClassScore {
    double precision, recall, f1; /* hits / predicted, hits / rows, their harmonic mean */
    int64_t rows;                 /* labels of the class */
} PlumbClassScore;
void plumb_class_score(const PlumbScore *score, int of_class, PlumbClassScore *of);
bool plumb_evaluate(PlumbNet *net, const PlumbPart *part, const PlumbData *data, const PlumbCall *loss, const PlumbConfig *config,
                    PlumbScore *score, PlumbError *error);
/* out: rows x size of the net's output shape. x: rows x size of its input. */
bool plumb_predict(PlumbNet *net, const plumb_real *x, int64_t rows, plumb_real *out, const PlumbConfig *config, PlumbError *error);
typedef struct PlumbSampling {
    int length;         /* classes to draw */
    double temperature; /* of the outputs: 0 takes the likeliest */
    uint64_t seed;
} PlumbSampling;
/* Continues a sequence of classes, as the data source `text` numbers them: `count` of a prompt, at least one, and how->length further
 * ones in `out`. The net reads a window of classes and gives one row of outputs a step; of a net that reads the window both ways,
 * or its order from the end, what it has not seen yet counts as class 0. */
bool plumb_generate(PlumbNet *net, int classes, const int32_t *prompt, int count, const PlumbSampling *how, int32_t *out,
                    const PlumbConfig *config, PlumbError *error);
/* One batch, forward and backward, no update; training mode, fixed: the first `batch` rows of the train part, in order.
 * Fills one probe per node and leaves the weights' grads in plumb_net_weight. */
bool plumb_measure(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config, PlumbProbe *probe,
                   double *loss, PlumbError *error);
typedef struct PlumbCurvature { /* of the loss, in the direction of the optimizer's first step from the present weights */
    double along;     /* d.Hd / g.d, H the Hessian of the batch's loss, g its gradient, d the step over lr; plain descent: g.Hg / g.g */
    double sharpness; /* |Hd| / |d|, in the metric in which the step is steepest: between it and the largest eigenvalue. NaN: not finite */
    double limit;     /* learning rate beyond which a quadratic so curved swings up, momentum counted */
    double ratio;     /* the recipe's learning rate over it: above 1 steps do not settle */
} PlumbCurvature;
/* From two gradients of the batch that plumb_measure takes, never while training. Weights are as they were, gradients are not. */
bool plumb_curvature(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                     PlumbCurvature *curvature, PlumbError *error);
/* The same at the weights that the seed draws; the net itself is left alone. */
bool plumb_curvature_at_start(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                              PlumbCurvature *curvature, PlumbError *error);
/* The output of node `node` for the same batch. out: batch x size of its shape. */
bool plumb_node_output(PlumbNet *net, const plumb_real *x, int64_t rows, int node, plumb_real *out, const PlumbConfig *config,
                       PlumbError *error);

/* ---- forecast ----------------------------------------------------------------------------------------- */
typedef enum { PLUMB_HEALTHY, PLUMB_VANISHING, PLUMB_EXPLODING, PLUMB_UNFORESEEN /* theory does not reach all layers */ } PlumbVerdict;
typedef enum { /* what makes the gradient grow or shrink */
    PLUMB_BY_ACTIVATION, /* its slope, against what the initialiser made for it assumes (he: 1/2 of the square passes; else 1) */
    PLUMB_BY_INIT,       /* inputs x Var(weight), against the same: he 2, xavier and lecun 1 */
    PLUMB_BY_NORM, PLUMB_BY_SKIP, /* links, and factors on branches */
    PLUMB_BY_WIDTH,      /* changes of width, and the typical loss through finite width */
    PLUMB_BY_DROPOUT, PLUMB_BY_GATES, PLUMB_CAUSES
} PlumbCause;
typedef enum { /* what a verdict rests on */
    PLUMB_OF_NOTHING, PLUMB_OF_GRADIENT, PLUMB_OF_TIME, PLUMB_OF_DIFFERENCES /* between rows */,
    PLUMB_OF_UNITS /* that begin alike, and stay so */, PLUMB_OF_STEPS /* too large for the depth */,
    PLUMB_OF_DRAWS /* of weights: too narrow for the depth */, PLUMB_OF_REACH /* of all steps together: too small */,
    PLUMB_OF_CURVATURE /* for a single step */
} PlumbReason;
typedef struct PlumbLimits { /* decades at which a net is taken to fail */
    double vanishing;         /* of gradient or signal, over the depth or over time: below */
    double exploding, signal, time; /* of the gradient over the depth, of the signal, of the gradient over time: above */
    double sensitivity, time_sensitivity; /* of the gradient over the depth, over time, less those of the signal: above */
    double stride;            /* no decades: as PlumbForecast.stride: above */
    double spread;            /* as PlumbForecast.spread: above */
    double strongest, forgetting; /* of the strongest gradient, over time: below */
    double difference;        /* log10 of what is left of the difference of two rows: below */
    double reach;             /* as PlumbForecast.reach: below */
    double curvature;         /* as PlumbForecast.curvature: above */
} PlumbLimits;
const char *plumb_cause_name(PlumbCause cause); /* "activation", "init", "norm" ... */
typedef struct PlumbForecastNode { /* NaN where theory does not reach */
    double q, mean;       /* E x^2 and E x of the output, over units and rows */
    double correlation;   /* of the outputs for two rows */
    double output_grad;   /* rms of dL/d(output), that of the net's output being 1: the median over draws of the weights */
    double decades;       /* log10 of it, also where it underflows */
    double low, high;     /* decades: 95 % of draws lie between, at this width */
    double gain;          /* output_grad here over that at the next layer with weights; the last ones: over 1 */
    double time_gain;     /* recurrent layers: factor on the gradient's rms at each time step back, mean over the steps; else NaN */
    double weight_grad;   /* rms of dL/dW of its weights for one row, by the same measure; NaN without weights */
    const char *refused;  /* why theory ends here, or NULL */
    const char *caution;  /* what is approximate here, or NULL */
} PlumbForecastNode;
typedef struct PlumbForecast {
    int count;
    PlumbForecastNode *node; /* one a node */
    int start;            /* the node whose output_grad is 1: the last one, or the last before layers without theory */
    int first, last;      /* layers with weights that the slope is taken between: the first that any gradient reaches; -1: none */
    int depth;            /* layers with weights from first to last, on the longest path, less one */
    double slope;         /* decades from last back to first: below 0 it shrinks. Of output_grad, as a norm over the places of a channel
                             (steps of a feature) that share their weights */
    double low, high;     /* its band */
    double cause[PLUMB_CAUSES]; /* their sum is `slope` */
    double signal_slope;  /* decades of the rms of the output from first to last */
    double difference;    /* sqrt(1 - correlation) at last: what is left of the difference of two rows, relative to the signal */
    double depth_scale;   /* layers over which a small difference shrinks by e (in the square), relative to the signal; INFINITY: it does not */
    double time_slope;    /* decades from the last time step back to the first, of the recurrent layer that shrinks or grows it most
                             among those whose last step alone is read; 0: there is none */
    double time_sensitivity; /* time_slope less the decades by which the state that gathers over time is above 1 */
    bool opens;              /* it shrinks by gates that are open enough to learn to open: no verdict rests on it */
    int alike;               /* a layer whose units begin with the same weights, in front of them and behind them; -1: none */
    double underflow_depth; /* layers below the output at which output_grad falls below float32; INFINITY: it does not */
    double strongest;     /* log10 of the largest rms of dL/dW of a layer with drawn weights, that of the gradient at the start and the
                             inputs being 1 (smaller inputs too). Plain descent: as a norm over a layer's outputs */
    double spread;        /* decades to either side within which `slope` is at 95 % of the draws, of a net without links; an adaptive
                             optimizer: at most what its number of layers accounts for */
    bool adaptive;        /* judged for an optimizer that rescales gradients (adam ...) */
    double stride;           /* of sgd: the update ratio of the layers at first (geometric mean), times depth^1.5; NaN: not known (what is no
                                classification, clips, or has a schedule), or nothing that says something (links, batch norms) */
    double reach;            /* log10 of how far the training's steps can move what tells rows apart, to first order, against what is asked.
                                Plain descent: the e-folds of the error; else against the outputs themselves where they are small */
    double curvature;        /* of sgd: log10 of learning rate times curvature, over what descent stands; NaN: not known, or clipped. Adaptive, and
                                numbers to be told: of what a step moves an output by, over what they differ by */
    double reach_usual, curvature_usual; /* the same for a net of these shapes whose signal and gradient keep their size */
    PlumbLimits limits;      /* for such an optimizer */
    PlumbVerdict verdict;
    PlumbReason reason;
} PlumbForecast;
/* Static: from the declared net alone, in the limit of wide layers, as at initialisation. data: takes the moments of its rows in place
 * of mean 0 and variance 1; recipe: takes its batch (for batch norms; else wide) and optimizer. Both may be NULL. NULL after an error. */
PlumbForecast *plumb_forecast(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, PlumbError *error);
void plumb_forecast_free(PlumbForecast *forecast);
/* Edits of a net or its recipe, one table for forecast, diagnose and fix (runtime/diagnose/edits.c). */
typedef enum PlumbEditName {
    PLUMB_EDIT_OUTPUT, PLUMB_EDIT_INPUTS, PLUMB_EDIT_BIAS, PLUMB_EDIT_INIT_HE, PLUMB_EDIT_INIT_XAVIER, PLUMB_EDIT_INIT_ORTHOGONAL,
    PLUMB_EDIT_INIT_AUTO, PLUMB_EDIT_RELU, PLUMB_EDIT_LEAKY, PLUMB_EDIT_TANH, PLUMB_EDIT_SELU, PLUMB_EDIT_PRELU, PLUMB_EDIT_BATCHNORM,
    PLUMB_EDIT_LAYERNORM, PLUMB_EDIT_LINK, PLUMB_EDIT_LINK_PROJECT, PLUMB_EDIT_LINK_ZERO, PLUMB_EDIT_ZERO_PROJECT, PLUMB_EDIT_CARRY,
    PLUMB_EDIT_DROPOUT, PLUMB_EDIT_FORGET, PLUMB_EDIT_UPDATE, PLUMB_EDIT_LSTM, PLUMB_EDIT_GRU, PLUMB_EDIT_RECTIFIED, PLUMB_EDIT_SINGLE,
    PLUMB_EDIT_CLIP, PLUMB_EDIT_NO_CLIP, PLUMB_EDIT_WARMUP, PLUMB_EDIT_NO_SCHEDULE, PLUMB_EDIT_ADAM, PLUMB_EDIT_ADAM_TIME, PLUMB_EDITS
} PlumbEditName;
#define PLUMB_OPEN_GATE 3      /* the bias of gates that begin open */
typedef struct PlumbEdit {     /* made wherever it applies; NULL, 0, false: as it is */
    const char *text;          /* as a script writes it: "act=relu, init=he" */
    const char *act;           /* in place of every activation between layers; not of gates, nor of the last layer */
    const char *init;          /* of all drawn weights; "auto": each layer's own */
    const char *norm;          /* in front of every activation that has none */
    const char *bias;          /* first biases, where they are given */
    const char *cell;          /* in place of other recurrent ones: "gru", "lstm", whose gates begin open, or "rnn" of rectified units */
    const char *open;          /* whose gates begin open: "gru", "lstm" */
    const char *scale;         /* with `link`: of the branches, in place of 1 / sqrt(n) */
    const char *setting;       /* of the recipe: "clip = none" */
    double dropout;            /* at most, of the layers that drop more than half */
    bool link;                 /* residual links around what is repeated; those that are there are scaled */
    bool project;              /* with `link`: where a link's ends differ, through a layer of its own */
    bool single;               /* recurrent layers of one layer each */
    bool carry;                /* highways carry most of what arrives at first */
    bool output;               /* the last layer is left out */
    bool inputs;               /* a batch norm behind the input */
} PlumbEdit;
const PlumbEdit *plumb_edit(PlumbEditName name);
/* The net with an edit made everywhere, without weights: to forecast what a remedy would do. Links, cells and highways can only be made
 * in the source: NULL with an error. */
PlumbNet *plumb_net_variant(const PlumbNet *net, const PlumbEdit *edit, PlumbError *error);

typedef struct PlumbRemedy {  /* an edit, or two at once, that the forecast calls healthy */
    char text[160];           /* as a script writes it: "act=relu, init=he" */
    double slope;             /* decades, as PlumbForecast.slope */
} PlumbRemedy;
enum { PLUMB_REMEDIES_MAX = 3 };
/* At most PLUMB_REMEDIES_MAX, the smallest edit of each kind; two at once where no single one is known to help. Returns how many; errors
 * (no memory) leave some out. */
int plumb_remedies(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, PlumbRemedy remedy[PLUMB_REMEDIES_MAX]);

/* ---- diagnosis ---------------------------------------------------------------------------------------- */
typedef struct PlumbCase {    /* what the rules go by; all but `net` may be absent */
    const PlumbNet *net;
    const PlumbData *data;
    const PlumbCall *recipe;
    const PlumbForecast *forecast; /* for this data and recipe */
    const PlumbProbe *probe;  /* one a node, of the last training or a measurement */
    const PlumbEpoch *epoch;  /* of the training; 0 epochs: none is known of */
    int epochs;
    double loss;              /* of a measurement, where there are no epochs; NaN: unknown */
    double chance;            /* plumb_loss_at_chance, where it is known; 0: it is found */
    const PlumbClipping *clipping; /* of the training */
    const PlumbCurvature *curvature; /* at the start of the training */
    bool training;            /* it goes on: only the rules that go by probes and epochs are asked, and no remedies are looked for */
    uint32_t told;            /* training: bits of the rules (PlumbFinding.rule) that were told before and are not asked again */
} PlumbCase;
typedef enum { PLUMB_MILD, PLUMB_SEVERE } PlumbSeverity;
typedef struct PlumbFinding {
    int rule;                 /* plumb_rule_name */
    PlumbSeverity severity;
    const int *layer;         /* nodes that it is about, in order; none: the whole net, or what it is trained on */
    int layers;
    int first_step, last_step; /* time steps of these layers, from 1; 0: not by time */
    const char *evidence;     /* the numbers */
    const char *cause;
    const char *remedy;       /* source text: "act=relu, init=he"; "" where no single edit is known to help */
    double promise;           /* the slope forecast with the remedy, as PlumbRemedy.slope; NaN: the forecast says nothing */
    int follows;              /* the finding that this one comes from, or -1 */
} PlumbFinding;
typedef struct PlumbDiagnosis PlumbDiagnosis;
/* Causes before what follows from them. NULL after an error (no memory). */
PlumbDiagnosis *plumb_diagnose(const PlumbCase *about, PlumbError *error);
void plumb_diagnosis_free(PlumbDiagnosis *diagnosis); /* NULL is allowed */
int plumb_diagnosis_size(const PlumbDiagnosis *diagnosis); /* 0: healthy, as far as can be told from the case */
const PlumbFinding *plumb_diagnosis_at(const PlumbDiagnosis *diagnosis, int index);
const char *plumb_rule_name(int rule); /* "vanishing_gradient"; NULL: there are no more rules */
/* The loss of the best constant output: ln C for C equally frequent classes, the variance for squared errors. NaN: unknown. */
double plumb_loss_at_chance(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe);

/* ---- weight and array files --------------------------------------------------------------------------- */
typedef struct PlumbTensor { /* a named array in memory */
    char *name;
    PlumbShape shape;        /* for a file its full shape */
    plumb_real *value;
} PlumbTensor;
/* Files are written whole or not at all (temporary file, fsync, rename). */
bool plumb_safetensors_save(const char *path, const PlumbTensor *tensor, int count, const PlumbFiles *files, PlumbError *error);
bool plumb_net_save(const PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error);
/* All of the net's weights, by name and shape; changes nothing unless everything fits. */
bool plumb_net_load(PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error);
bool plumb_gradients_save(const PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error); /* same names and shapes */
/* The net for other programs, by the file name's end: .onnx (weights inside; they must be made), .py (a PyTorch module that loads
 * what plumb_net_save writes), .dot. *node: the layer that the format has no way to say, or -1. */
bool plumb_net_export(const PlumbNet *net, const char *path, const PlumbFiles *files, int *node, PlumbError *error);
const char *plumb_export_format(const char *path); /* "onnx", "py", "dot"; NULL: none of these */
/* Could a file be written there? The folder, what is allowed, what is there now. */
bool plumb_file_writable(const char *path, const PlumbFiles *files, PlumbError *error);
/* Any text or bytes. */
bool plumb_file_save(const char *path, const void *bytes, size_t size, const PlumbFiles *files, PlumbError *error);
bool plumb_npy_save(const char *path, PlumbShape shape, int64_t rows, const plumb_real *value, const PlumbFiles *files, PlumbError *error);

const char *plumb_version(void);
#endif
