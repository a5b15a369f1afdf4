/* A layer: one const descriptor in the file of its family and one line in registry.c. */
#ifndef PLUMB_LAYER_H
#define PLUMB_LAYER_H
#include "../kernels/kernels.h"
#include "random.h"

enum { LAYER_INPUTS_MAX = 64, LAYER_WEIGHTS_MAX = 64 };

typedef struct WeightSpec {  /* what a layer asks for */
    const char *name;        /* "weight", "bias", "running_mean" */
    PlumbShape shape;
    int fan_in, fan_out;
    const PlumbCall *init;   /* an initialiser's call; NULL: `fill` */
    double fill;
    struct {
        int begin, end;      /* values begin..end-1 of a constant weight are `fill` instead; end 0: none */
        double fill;
    } stretch;               /* the forget gate's part of a bias */
    bool learned;
    bool transposed;         /* keep a second copy, transposed, rewritten after each update: Pass.wt */
    bool late;               /* its gradient can wait for the end of the backward pass: Layer.late_gradient */
} WeightSpec;

typedef struct LayerSite {   /* where a layer stands, known before any weight is made */
    const PlumbCall *call;
    int input_count;
    const PlumbShape *input;
    PlumbShape shape;        /* its output (not yet known to `shape`) */
    const char *next_act;    /* name of the activation that reads its output, or NULL: for init=auto */
    int form;                /* what Layer.form reads off the call */
} LayerSite;

enum { LAYER_GATES_MAX = 3 };
typedef struct ThroughTime { /* what a recurrent layer's passes count when measured; sums are added to */
    double *squares;         /* of dL/dh of each time step of the input, first step first */
    double values;           /* in one time step: rows x units x stacked layers */
    double gate[LAYER_GATES_MAX]; /* of each gate's values over all time steps, in the order of Layer.gates */
} ThroughTime;

typedef struct Outputs {     /* some of a layer's outputs: values of its last axis */
    int first, count;
} Outputs;

typedef struct Pass {        /* one shard's rows through one layer, in one phase */
    const Kernels *k;
    const struct Layer *layer;
    const LayerSite *site;
    Prepared *plan;          /* what `prepare` returned, or NULL */
    bool blocked;            /* in[0] lies in blocks of channels */
    int rows, shard, shards, phase;
    int64_t batch;           /* rows of the whole batch */
    int64_t first_row;       /* of this shard within the batch */
    bool training;           /* dropout on, batch statistics */
    bool still;              /* measuring: buffers such as running_mean stay as they are */
    uint64_t seed;
    int64_t step;            /* from 0; with `node` it names the stream of random numbers */
    int node;
    const real *const *in;   /* rows x size of each input */
    real *out;
    const real *d_out;
    real *const *d_in;       /* written, not added to; NULL where nobody asks */
    real *const *w;          /* each weight and buffer */
    real *const *wt;         /* its transposed copy, where asked for */
    real *const *dw;         /* this shard's gradient of each learned weight: written, not added to (shared weights: see adds) */
    bool late;               /* the gradients of weights that can wait are taken behind the backward pass: not here */
    Outputs outputs;         /* forward and backward are about these; all, but for layers that run in parts */
    bool adds;               /* the weights are shared and another node wrote dw in this pass: add to it */
    void *save;              /* what forward leaves for backward: save_bytes(site, rows) of this shard */
    void *scratch;           /* scratch_bytes(site, rows) of this thread */
    void *const *joint;      /* joint_bytes of every shard: written in one phase, read by all in the next */
    Tally *tally_out;        /* NULL when not measured: forward adds its output's figures */
    Tally *tally_d_out;
    int truncate;            /* recurrent layers: the gradient is cut every so many time steps, counted from the last; 0: never */
    ThroughTime *through;    /* recurrent layers; NULL when not measured */
} Pass;

/* What a layer makes of images that lie in blocks of channels (kernels.h). */
typedef enum {
    BLOCKS_NONE,  /* takes and gives plain arrays only */
    BLOCKS_ALIKE, /* its inputs and its output lie alike, one way or the other */
    BLOCKS_END,   /* takes both, gives a plain array */
    BLOCKS_EACH   /* where `blocks` says so, its input and its output each lie one way or the other */
} Blocks;

typedef struct Use { /* how a plan uses a layer */
    int rows;        /* the most of a shard */
    bool training, d_in; /* with gradients; of the input too */
    bool blocked_in, blocked_out;
} Use;

typedef struct Torch Torch;
typedef struct Onnx Onnx;
struct Moments;

typedef struct Layer {
    PlumbEntry entry;
    int inputs_min, inputs_max;
    int (*form)(const PlumbCall *call); /* arguments that each pass asks for, read once; NULL: 0 */
    /* Output shape from the input shapes and arguments. False: error filled (found, expected, hint). */
    bool (*shape)(const LayerSite *site, PlumbShape *out, PlumbError *error);
    int (*weights)(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]); /* count; NULL: none */
    /* After its weights were drawn: what depends on them, as weight_g. NULL: nothing. */
    void (*settle)(const LayerSite *site, real *const *w);
    /* Are the values that come straight from the data, `rows` of input[0], what the layer can take? NULL: any are. */
    bool (*accepts)(const LayerSite *site, const real *x, int64_t rows, PlumbError *error);
    int forward_phases, backward_phases; /* 0 counts as 1; more: a barrier between them, all shards meet */
    size_t (*save_bytes)(const LayerSite *site, int rows);
    size_t (*scratch_bytes)(const LayerSite *site, int rows);
    size_t (*joint_bytes)(const LayerSite *site);
    /* Made once for each shard of a plan, and released with it: primitives of a library, sizes read from the call. NULL: no
     * memory. Its scratch_bytes count as scratch. */
    Prepared *(*prepare)(const LayerSite *site, const Kernels *k, const Use *use);
    Blocks blocked;
    bool (*blocks)(const LayerSite *site, const Kernels *k, const Use *use);
    void (*forward)(const Pass *pass);
    void (*backward)(const Pass *pass);
    /* Of the weight that can wait, w[0]: its rows first..first+count-1, from this shard's rows; dw points to them and is written, or
     * added to. in[] and d_out (before an activation that runs with the layer: that of the layer's own output) are as backward left them. */
    void (*late_gradient)(const Pass *pass, int first, int count, bool adds, real *dw);
    bool in_parts;                       /* takes a pass about some of its outputs; d_in is then their share of the sum */
    bool needs_input, needs_output;      /* backward reads in[], out: the plan keeps them alive */
    bool in_place;                       /* out may be in[0], d_in[0] may be d_out */
    bool view;                           /* out is in[0] by another shape: no memory, and no code but for what lies in blocks */
    bool random;                         /* draws while training */
    bool probabilities;                  /* softmax, its logarithm: at the net's end it belongs to the loss */
    bool tallies_out;                    /* forward counts tally_out itself; else the executor does */
    bool tallies_d_out;                  /* backward, in its first phase, counts tally_d_out itself; else the executor does */
    int (*time_steps)(const LayerSite *site); /* recurrent layers: they fill Pass.through */
    const char *const *gates;            /* names of their gates, ends with NULL; NULL: none */
    double (*flops)(const LayerSite *site); /* forward, one row; NULL: one a value */
    /* How other programs say it, see export/torch.h and export/onnx.h; NULL: they cannot. `onnx` returns its output's name. */
    void (*torch)(Torch *torch);
    const char *(*onnx)(Onnx *onnx);
    void (*moments)(struct Moments *moments); /* for the forecast: diagnose/moments.h; NULL: theory says nothing */
    Act act;                             /* PLUMB_ACTIVATION: which; its slope is the first argument */
} Layer;

const Layer *layer_of(const PlumbCall *call);
#endif
