/* The forecast against published and independently computed numbers, and against sampling. */
#include "nets.h"
#include "runtime/diagnose/moments.h"
#include "runtime/diagnose/quadrature.h"
#include <math.h>

static void assert_digits(const char *what, double seen, double expected, int digits) {
    double half = 0.5000001 * pow(10, -digits);
    if (!(fabs(seen - expected) <= half)) {
        fail_msg("%s: seen %.9g, expected %.*f", what, seen, digits, expected);
    }
}

/* ---- expectations of activations --------------------------------------------------------------------------------- */

static void variance_maps_have_the_known_values(void **state) {
    (void)state;
    static const struct {
        const char *name;
        Act act;
        double a, value, slope;
        int digits;
    } known[] = {{"relu", ACT_RELU, 0, 0.5, 0.5, 12},
                 {"leaky relu 0.2", ACT_LEAKY_RELU, 0.2, 0.52, 0.52, 12},
                 {"tanh", ACT_TANH, 0, 0.394294, 0.464403, 6},
                 {"sigmoid", ACT_SIGMOID, 0, 0.293379, 0.044836, 6},
                 {"elu", ACT_ELU, 1, 0.644945, 0.668102, 6},
                 {"selu: its fixed point (Klambauer et al. 2017)", ACT_SELU, 0, 1, 1.071575, 6}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        Response r = response_of(known[i].act, known[i].a, 0, 1, 0);
        assert_digits(known[i].name, r.square, known[i].value, known[i].digits);
        assert_digits(known[i].name, r.slope_square, known[i].slope, known[i].digits);
    }
}

/* Weyl's sequence through Box & Muller: even samples, the same on every machine. */
typedef struct Sampler {
    double a, b;
} Sampler;
static void sample_pair(Sampler *s, double *z1, double *z2) {
    s->a = fmod(s->a + 0.7548776662466927, 1); /* 1 / the plastic number, and its square */
    s->b = fmod(s->b + 0.5698402909980532, 1);
    double radius = sqrt(-2 * log1p(-s->a)), angle = 2 * M_PI * s->b;
    *z1 = radius * cos(angle);
    *z2 = radius * sin(angle);
}

enum { SAMPLES = 1 << 16 };

static Response sampled_response(Act act, double a, double mean, double variance, double gap) {
    Sampler sampler = {0.5, 0.5};
    Response sum = {0};
    double c = 1 - gap, s = sqrt(variance);
    for (int i = 0; i < SAMPLES; i++) {
        double z1, z2;
        sample_pair(&sampler, &z1, &z2);
        double u1 = mean + s * z1, u2 = mean + s * (c * z1 + sqrt(1 - c * c) * z2);
        double f1 = act_value(act, a, u1), f2 = act_value(act, a, u2), d1 = act_slope(act, a, u1),
               d2 = act_slope(act, a, u2);
        sum.mean += f1 / SAMPLES;
        sum.square += f1 * f1 / SAMPLES;
        sum.slope += d1 / SAMPLES;
        sum.slope_square += d1 * d1 / SAMPLES;
        sum.slope_fourth += d1 * d1 * d1 * d1 / SAMPLES;
        sum.aligned += u1 * u1 * d1 * d1 / SAMPLES;
        sum.difference += 0.5 * (f1 - f2) * (f1 - f2) / SAMPLES;
        sum.slope_cross += d1 * d2 / SAMPLES;
        sum.aligned_cross += u1 * d1 * u2 * d2 / SAMPLES;
    }
    return sum;
}

static void quadrature_agrees_with_sampling_for_every_activation(void **state) {
    (void)state;
    static const double where[][3] = {{0, 1, 1.0 / 7 + 1}, {0, 4, 0.1}, {0.5, 0.3, 0.5}, {-1, 2, 0.9}};
    double worst = 0;
    for (int act = ACT_IDENTITY; act < ACT_COUNT; act++) {
        double a = act == ACT_LEAKY_RELU ? 0.2 : 1;
        for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
            Response seen = response_of((Act)act, a, where[i][0], where[i][1], where[i][2]);
            Response expected = sampled_response((Act)act, a, where[i][0], where[i][1], where[i][2]);
            const double *s = (const double *)&seen, *e = (const double *)&expected;
            for (size_t j = 0; j < sizeof seen / sizeof *s; j++) {
                double error = fabs(s[j] - e[j]) / (fabs(e[j]) + 0.05 * fabs(seen.square));
                worst = fmax(worst, error);
                if (!(error < 0.02)) {
                    fail_msg("activation %d at mean %g variance %g gap %g, figure %zu: seen %.6g, sampled %.6g", act,
                             where[i][0], where[i][1], where[i][2], j, s[j], e[j]);
                }
            }
        }
    }
    print_message("# quadrature against %d samples: at most %.2g off\n", SAMPLES, worst);
}

/* The smallest differences: linear in the gap, slope by slope (sum of k f_k^2 = variance E phi'^2). */
static void close_rows_come_closer_by_the_slope(void **state) {
    (void)state;
    for (int act = ACT_SIGMOID; act < ACT_COUNT; act++) {
        Response r = response_of((Act)act, 1, 0, 2, 1e-30);
        assert_digits("E (phi(u1) - phi(u2))^2 / 2 over gap variance E phi'^2", r.difference / (2e-30 * r.slope_square),
                      1, 6);
    }
}

/* sigma_w^2 where chi_1 = sigma_w^2 V'(q) = 1 at the fixed point q = sigma_w^2 V(q) + sigma_b^2: Schoenholz et al.
 * 2017. */
static double critical_weight_variance(double bias) {
    double low = 1, high = 4, q = 1;
    for (int i = 0; i < 30; i++) {
        double middle = 0.5 * (low + high);
        for (int j = 0; j < 100; j++) {
            q = middle * response_of(ACT_TANH, 0, 0, q, 0).square + bias;
        }
        bool ordered = middle * response_of(ACT_TANH, 0, 0, q, 0).slope_square < 1;
        low = ordered ? middle : low;
        high = ordered ? high : middle;
    }
    return low;
}

static void tanh_has_the_known_critical_line(void **state) {
    (void)state;
    assert_digits("sigma_b^2 = .01", critical_weight_variance(0.01), 1.424205, 6);
    assert_digits("sigma_b^2 = .1", critical_weight_variance(0.1), 1.986073, 6);
    assert_digits("sigma_b^2 = 1", critical_weight_variance(1), 3.443211, 6);
}

static void quadrature_gives_the_known_values_of_erf(void **state) {
    (void)state;
    Rule rule;
    double value[RULE_MAX], slope[RULE_MAX];
    rule_make(&rule, 0, 1);
    for (int i = 0; i < rule.count; i++) {
        value[i] = erf(rule.u[i]);
        slope[i] = M_2_SQRTPI * exp(-rule.u[i] * rule.u[i]);
    }
    assert_digits("E erf^2", rule_product(&rule, value, value), 0.464559, 6);
    assert_digits("E erf'^2", rule_product(&rule, slope, slope), 0.569410, 6);
}

/* ---- nets -------------------------------------------------------------------------------------------------------- */

/* `head`, then `body` `depth` times, then `tail`. In the body # is the number of the repetition, @ the one before. */
static PlumbNet *deep_net(Kit *kit, const char *head, int depth, const char *body, const char *tail) {
    size_t size = strlen(head) + (size_t)depth * 2 * strlen(body) + strlen(tail) + 1;
    char *text = kit_alloc(kit, size);
    size_t length = (size_t)sprintf(text, "%s", head);
    for (int i = 1; i <= depth; i++) {
        for (const char *at = body; *at; at++) {
            length += (size_t)(*at == '#' || *at == '@' ? sprintf(text + length, "%d", i - (*at == '@'))
                                                        : sprintf(text + length, "%c", *at));
        }
    }
    strcpy(text + length, tail);
    return net_of(kit, text);
}

static PlumbForecast *forecast_of(Kit *kit, const PlumbNet *net, const PlumbData *data, const char *recipe) {
    PlumbForecast *forecast = plumb_forecast(net, data, recipe ? call_of(kit, recipe) : NULL, &kit->error);
    if (!forecast) {
        fail_msg("%s", kit->error.what);
    }
    return forecast;
}

/* From the median over draws back to the mean of the square: log10 of its root. */
static double mean_decades(const PlumbForecastNode *node) {
    double deviation = 0.25 * (node->high - node->low) * 2 * M_LN10;
    return node->decades + deviation * deviation / (4 * M_LN10);
}

static double decades_over(Kit *kit, const char *head, const char *body, const char *tail, int depth) {
    PlumbNet *net = deep_net(kit, head, depth, body, tail);
    PlumbForecast *forecast = forecast_of(kit, net, NULL, NULL);
    double decades = mean_decades(&forecast->node[1]);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
    return decades;
}

static void twenty_layers_lose_the_known_decades(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *name, *head, *body, *tail;
        double decades;
    } known[] = {
        {"relu, PyTorch's default", "input(64) -> dense(64, init=lecun)",
         " -> relu -> dense(64, init=lecun(gain=0.57735026919))", "", -7.782},
        {"relu, xavier", "input(64) -> dense(64, init=xavier)", " -> relu -> dense(64, init=xavier)", "", -3.010},
        {"relu, he", "input(64) -> dense(64, init=lecun)", " -> relu -> dense(64, init=he)", "", 0},
        {"tanh, xavier", "input(64) -> dense(64, init=xavier)", " -> tanh -> dense(64, init=xavier)", "", -0.722},
        {"sigmoid, xavier", "input(64) -> dense(64, init=xavier)", " -> sigmoid -> dense(64, init=xavier)", "",
         -12.589},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_digits(known[i].name, decades_over(kit, known[i].head, known[i].body, known[i].tail, 20),
                      known[i].decades, 3);
    }
}

static void batchnorm_explodes_by_the_known_factor(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *recipe;
        double factor;
        int digits;
    } known[] = {{NULL, 1.466942, 6},
                 {"recipe(batch=8)", 1.78819, 5},
                 {"recipe(batch=32)", 1.52195, 5},
                 {"recipe(batch=128)", 1.47968, 5}};
    PlumbNet *net = deep_net(kit, "input(64)", 30, " -> dense(64, init=he) -> batchnorm(eps=1e-12) -> relu", "");
    int lower = plumb_net_find(net, "dense14"), upper = plumb_net_find(net, "dense15");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        PlumbForecast *forecast = forecast_of(kit, net, NULL, known[i].recipe);
        double factor = pow(10, 2 * (mean_decades(&forecast->node[lower]) - mean_decades(&forecast->node[upper])));
        plumb_forecast_free(forecast);
        assert_digits(known[i].recipe ? known[i].recipe : "wide batch", factor, known[i].factor, known[i].digits);
    }
    plumb_net_free(net);
}

/* ---- against what is measured ------------------------------------------------------------------------------------ */

typedef struct Errors {
    double *error; /* decades, of each layer */
    int count, outside;
} Errors;

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What measuring adds to the band of one draw: rows of a batch, values of a layer. */
static const double measuring = 0.02;

static void compare(Kit *kit, const char *head, const char *body, int depth, const char *tail, Errors *errors) {
    enum { ROWS = 64 };
    const char *recipe = "recipe(batch=64)";
    PlumbNet *net = deep_net(kit, head, depth, body, tail);
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, ROWS, 3);
    PlumbForecast *forecast = forecast_of(kit, net, NULL, recipe);
    PlumbProbe *probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *probe);
    PlumbConfig config = {.threads = 1, .shards = 1, .seed = 5};
    double loss, worst = 0, total = 0;
    int outside = 0, layers = 0;
    if (!plumb_measure(net, data, call_of(kit, recipe), &config, probe, &loss, &kit->error)) {
        fail_msg("%s", kit->error.what);
    }
    for (int i = 1; i < plumb_net_size(net) - 1; i++) {
        const PlumbForecastNode *told = &forecast->node[i];
        double seen = log10(probe[i].output_grad / probe[forecast->start].output_grad), error = seen - told->decades;
        if (told->refused || isnan(error)) {
            fail_msg("%s -> %s: %s: no forecast (%s)", head, body, plumb_net_node(net, i)->name, told->refused);
        }
        errors->error[errors->count++] = fabs(error);
        outside += seen < told->low - measuring || seen > told->high + measuring;
        worst = fabs(error) > fabs(worst) ? error : worst;
        total += error;
        layers++;
    }
    errors->outside += outside;
    print_message("# %-70.70s x%-3d slope %+7.2f mean error %+.3f worst %+.3f outside %d of %d\n", body, depth,
                  forecast->slope, total / layers, worst, outside, layers);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

static void judge(Errors *errors, const char *which) {
    qsort(errors->error, (size_t)errors->count, sizeof *errors->error, ascending);
    double median = errors->error[errors->count / 2], inside = 1 - (double)errors->outside / errors->count;
    print_message("# %d layers of nets %s: median error %.3f decades, 95 %% within %.3f, in the band %.1f %%\n",
                  errors->count, which, median, errors->error[errors->count * 95 / 100], 100 * inside);
    assert_true(median <= 0.1);
    assert_true(inside >= 0.95);
}

static void forecasts_are_what_is_measured(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *body;
        int depth;
    } nets[] = {
        {" -> relu -> dense(256) -> relu -> dense(256) -> s#: add & s@", 8},
        {" -> layernorm -> relu -> dense(256) -> s#: add & s@", 12},
        {" -> batchnorm -> relu -> dense(256) -> s#: add & s@", 12},
        {" -> tanh -> dense(256) -> scale(0.5) -> s#: add & s@", 12},
        {" -> dense(256) -> tanh -> s#: add & s@", 10},
        {" -> dense(256) -> relu -> dense(256) -> add & s@ -> s#: relu", 8},
        {" -> dense(256) -> relu -> dense(256) -> add & s@ -> s#: layernorm", 8},
        {" -> dense(128) -> relu -> s#: concat & s@ -> dense(256) -> gelu", 6},
        {" -> dense(256) -> g#: sigmoid -> dense(256) < s@ -> multiply & g# -> s#: dense(256)", 4},
        {" -> dense(512, init=he) -> relu -> dense(256, init=he) -> relu", 6},
        {" -> b#: relu -> scale(-1) -> add & s@ -> dense(256) -> s#: tanh", 6},
        {" -> b#: dense(256) -> g#: tanh -> add & b# -> s#: dense(256, init=lecun(gain=0.6))", 8},
        /* highway: x + T (body - x) */
        {" -> b#: dense(256) -> c#: tanh -> scale(-1) < s@ -> d#: add & c# -> dense(256, bias_init=constant(-1)) < s@ "
         "-> sigmoid"
         " -> multiply & d# -> s#: add & s@",
         10},
        {" -> dense(256, init=he) -> relu", 20},
        {" -> dense(256, init=xavier) -> relu", 20},
        {" -> dense(256, init=orthogonal) -> relu", 10},
        {" -> dense(256, init=lsuv) -> relu", 10},
        {" -> dense(256, init=he_normal) -> leaky_relu(0.2)", 16},
        {" -> dense(256, init=xavier) -> tanh", 20},
        {" -> dense(256, init=orthogonal(gain=1.1)) -> tanh", 20},
        {" -> dense(256, init=lecun(gain=1.6)) -> tanh", 12},
        {" -> dense(256, init=xavier) -> sigmoid", 10},
        {" -> dense(256, init=lecun(gain=4)) -> sigmoid", 10},
        {" -> dense(256, init=he) -> elu", 12},
        {" -> dense(256, init=lecun) -> selu", 20},
        {" -> dense(256, init=he) -> gelu", 12},
        {" -> dense(256, init=he) -> silu", 12},
        {" -> dense(256, init=he) -> mish", 8},
        {" -> dense(256, init=xavier) -> softplus", 6},
        {" -> dense(256, init=xavier) -> softsign", 12},
        {" -> dense(256, init=xavier) -> hard_sigmoid", 6},
        {" -> dense(256, init=lecun(gain=1.2), bias_init=normal(0.3)) -> hard_tanh", 12},
        {" -> dense(256, init=he) -> relu6", 8},
        {" -> dense(256) -> prelu", 10},
        {" -> dense(256, init=he) -> batchnorm -> relu", 20},
        {" -> dense(256, init=he) -> relu -> batchnorm", 10},
        {" -> dense(256, init=xavier) -> batchnorm -> tanh", 20},
        {" -> dense(256, init=xavier) -> batchnorm -> sigmoid", 10},
        {" -> dense(256, init=xavier) -> layernorm -> relu", 16},
        {" -> dense(256, init=xavier) -> layernorm -> sigmoid", 10},
        {" -> dense(256) -> gelu -> layernorm", 10},
        {" -> dense(256, init=he) -> rmsnorm -> silu", 10},
        {" -> dense(256, init=he) -> relu -> dropout(0.3)", 10},
        {" -> dense(256) -> dropout(0.2) -> tanh", 10},
    };
    Errors errors = {.error = kit_alloc(kit, 4096 * sizeof *errors.error)};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        compare(kit, "input(256) -> s0: dense(256)", nets[i].body, nets[i].depth, " -> dense(10)", &errors);
    }
    judge(&errors, "of width 256");
}

static void forecasts_of_images_and_sequences_are_what_is_measured(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *head, *body;
        int depth;
        const char *tail;
    } nets[] = {
        {"input(3, 12, 12)", " -> conv(64, 3) -> relu", 6, " -> globalavgpool -> dense(10)"},
        {"input(3, 12, 12)", " -> conv(64, 3, pad=valid) -> relu", 4, " -> flatten -> dense(10)"},
        {"input(3, 16, 16)", " -> conv(64, 3) -> relu -> maxpool(2)", 3, " -> flatten -> dense(10)"},
        {"input(3, 16, 16)", " -> conv(64, 3, init=xavier) -> tanh -> avgpool(2)", 3, " -> flatten -> dense(10)"},
        {"input(3, 12, 12)", " -> conv(64, 3) -> batchnorm -> relu", 5, " -> globalavgpool -> dense(10)"},
        {"input(3, 12, 12)", " -> conv(64, 3) -> groupnorm(4) -> relu", 5, " -> globalavgpool -> dense(10)"},
        {"input(3, 12, 12) -> s0: conv(64, 3)", " -> batchnorm -> relu -> conv(64, 3) -> s#: add & s@", 5,
         " -> globalavgpool -> dense(10)"},
        {"input(4, 8, 8)", " -> conv(128, 3, stride=2) -> relu -> upsample(2)", 3, " -> flatten -> dense(10)"},
        {"input(3, 8, 8) -> conv(64, 3)", " -> conv(64, 3) -> instancenorm -> relu", 3,
         " -> globalavgpool -> dense(10)"},
        {"input(3, 12, 12)", " -> conv(64, 3) -> instancenorm -> gelu", 3, " -> flatten -> dense(10)"},
        {"input(3, 12, 12)", " -> conv(64, 3) -> relu -> conv(64, 3) -> layernorm -> relu", 2,
         " -> globalavgpool -> dense(10)"},
        {"input(3, 8, 8) -> conv(64, 3, stride=2)", " -> sigmoid -> upsample(2)", 1, " -> globalavgpool -> dense(10)"},
        {"input(20, 32)", " -> dense(256) -> glu", 4, " -> mean_over_time -> dense(10)"},
        {"input(20, 32)", " -> conv(128, 3) -> relu -> noise(0.3)", 4, " -> last -> dense(10)"},
        {"input(30, 32) -> dense(128)", " -> lstm(256)", 1, " -> mean_over_time -> dense(10)"},
        {"input(20, 32) -> dense(128)", " -> lstm(256, layers=2)", 1, " -> mean_over_time -> dense(10)"},
        {"input(20, 32) -> dense(128)", " -> gru(256) -> layernorm", 2, " -> mean_over_time -> dense(10)"},
        {"input(24, 128)", " -> attention(4)", 1, " -> flatten -> dense(10)"},
        {"input(24, 128)", " -> attention(4)", 3, " -> flatten -> dense(10)"},
        {"input(24, 128)", " -> attention(4)", 3, " -> mean_over_time -> dense(10)"},
        {"input(24, 128)", " -> layernorm -> attention(4)", 3, " -> flatten -> dense(10)"},
        {"input(24, 128) -> s0: dense(128)", " -> layernorm -> attention(4) -> s#: add & s@", 4,
         " -> mean_over_time -> dense(10)"},
        {"input(24, 128) -> s0: dense(128)", " -> attention(2, causal=true) -> dense(128) -> s#: add & s@", 3,
         " -> flatten -> dense(10)"},
        {"input(24, 128) -> s0: dense(128)",
         " -> layernorm -> attention(4) -> t#: add & s@ -> layernorm -> dense(256) -> gelu -> dense(128) -> s#: add & "
         "t#",
         3, " -> mean_over_time -> dense(10)"},
        {"input(256)", " -> dense(256, init=lecun) -> softmax", 2, " -> dense(10)"},
    };
    Errors errors = {.error = kit_alloc(kit, 4096 * sizeof *errors.error)};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        compare(kit, nets[i].head, nets[i].body, nets[i].depth, nets[i].tail, &errors);
    }
    judge(&errors, "of images and sequences");
}

/* What a branch of few units does by chance counts by its share of the gradient, which is small beside the link. */
static void links_carry_the_gradient_past_narrow_layers(void **state) {
    Kit *kit = *state;
    Errors errors = {.error = kit_alloc(kit, 4096 * sizeof *errors.error)};
    compare(kit, "input(16) -> s0: dense(16)", " -> dense(8) -> tanh -> dense(16) -> s#: add & s@", 300,
            " -> dense(10)", &errors);
    qsort(errors.error, (size_t)errors.count, sizeof *errors.error, ascending);
    double most = errors.error[errors.count - 1];
    if (!(most < 2.5)) {
        fail_msg("300 narrow branches: the forecast is %.2f decades off, expected less than 2.5", most);
    }
}

/* Decades a step back, far from the end: by the norms of the gradient of the state at each time step, of a mean over
 * draws. */
static double measured_per_step(Kit *kit, const char *text, double *forecast_per_step) {
    enum { FIRST = 30, LAST = 60, SEEDS = 3 };
    const char *recipe = "recipe(batch=64)";
    double total = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        PlumbNet *net = net_of(kit, text);
        PlumbData *data = data_for(kit, net, TARGET_CLASSES, 64, 3);
        PlumbProbe *probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *probe);
        PlumbConfig config = {.threads = 1, .shards = 1, .seed = (uint64_t)seed};
        double loss;
        const double *norms;
        assert_true(plumb_measure(net, data, call_of(kit, recipe), &config, probe, &loss, &kit->error));
        assert_int_equal(plumb_net_through_time(net, 1, &norms), LAST + 10);
        total += log10(norms[FIRST] / norms[LAST]) / (LAST - FIRST) / SEEDS;
        PlumbForecast *forecast = forecast_of(kit, net, NULL, recipe);
        *forecast_per_step = log10(forecast->node[1].time_gain);
        plumb_forecast_free(forecast);
        plumb_net_free(net);
    }
    return total;
}

/* A step back in time, and where the design says what it is: PyTorch's first weights (uniform within 1 / sqrt(128)),
 * but for the recurrent ones of the second, which are orthogonal. */
static void gradients_through_time_are_what_is_measured(void **state) {
    Kit *kit = *state;
#define TORCH "init=uniform(0.08838835), recurrent_init=uniform(0.08838835)"
    static const struct {
        const char *layer;
        double known; /* NAN: not */
    } rows[] = {
        {"rnn(128, " TORCH ", return=last)", -0.26},
        {"rnn(128, return=last)", -0.14},
        {"rnn(128, init=uniform(0.08838835), return=last)", NAN},
        {"rnn(128, act=relu, recurrent_init=lecun, return=last)", NAN},
        {"lstm(128, " TORCH ", forget_bias=0, return=last)", -0.20},
        {"lstm(128, " TORCH ", forget_bias=1, return=last)", -0.08},
        {"lstm(128, " TORCH ", forget_bias=3, return=last)", 0},
        {"lstm(128, return=last)", NAN},
        {"gru(128, return=last)", NAN},
        {"gru(128, update_bias=2, recurrent_init=xavier, return=last)", NAN},
        {"rnn(128, norm=layernorm, return=last)", NAN},
        {"lstm(128, norm=layernorm, return=last)", NAN},
        {"gru(128, norm=layernorm, return=last)", NAN},
    };
#undef TORCH
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        double told;
        snprintf(text, sizeof text, "input(70, 32) -> %s -> dense(10)", rows[i].layer);
        double seen = measured_per_step(kit, text, &told);
        print_message("# %-95.95s %+.3f a step, measured %+.3f\n", rows[i].layer, told, seen);
        if (!(fabs(told - seen) < 0.025) || fabs(seen - rows[i].known) > 0.02) {
            fail_msg("%s: forecast %+.3f decades a step, measured %+.3f, known %+.2f", rows[i].layer, told, seen,
                     rows[i].known);
        }
    }
}

/* ---- where theory ends ------------------------------------------------------------------------------------------- */

static void expect_refused(Kit *kit, const char *text, const char *name, const char *why) {
    PlumbNet *net = net_of(kit, text);
    PlumbForecast *forecast = forecast_of(kit, net, NULL, NULL);
    const char *seen = forecast->node[plumb_net_find(net, name)].refused;
    if (!seen || !strstr(seen, why)) {
        fail_msg("%s: %s is refused because %s, expected %s", text, name, seen ? seen : "(not refused)", why);
    }
    assert_int_equal(forecast->verdict, PLUMB_UNFORESEEN);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

static void where_there_is_no_theory_it_says_so(void **state) {
    Kit *kit = *state;
    expect_refused(kit, "input(8) -> dense(8, init=ones) -> tanh -> dense(3)", "dense1", "not drawn");
    expect_refused(kit, "input(8) -> a: dense(8) -> sigmoid -> m: multiply & a -> dense(3)", "m", "not independent");
    expect_refused(kit, "input(4, 8) -> attention(2, init=lsuv) -> flatten -> dense(3)", "attention1", "lsuv");
}

/* Every node is tied to every earlier one by twice as many paths as the one before: no hour of work, but a plain
 * answer.
 */
static void many_ties_are_refused_soon(void **state) {
    Kit *kit = *state;
    PlumbNet *net = deep_net(kit, "input(8) -> s0: dense(8) -> t0: tanh", 40,
                             " -> a#: tanh < s@ -> softsign < t@ -> s#: add & a# -> c#: sigmoid < s@ -> softsign < t@"
                             " -> t#: add & c#",
                             "");
    PlumbForecast *forecast = forecast_of(kit, net, NULL, NULL);
    const char *why = NULL;
    for (int i = 0; i < forecast->count && !why; i++) {
        why = forecast->node[i].refused;
    }
    if (!why || !strstr(why, "too many ways")) {
        fail_msg("refused because %s, expected too many ways", why ? why : "(not refused)");
    }
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

/* A softmax at the end is left out, and the causes always add up to the slope. */
static void causes_add_up_to_the_slope(void **state) {
    Kit *kit = *state;
    static const char *const text[] = {
        "input(32) -> a: dense(64, init=he) -> relu -> dropout(0.3) -> dense(64) -> add & a -> layernorm -> softmax",
        "input(32) -> a: dense(64, init=normal(0.3)) -> g: sigmoid -> dense(64) < a -> multiply & g -> dense(8)",
        "input(3, 8, 8) -> conv(16, 3) -> batchnorm -> relu -> maxpool(2) -> flatten -> dense(10)",
        "input(10, 8) -> gru(16) -> last -> dense(3)",
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        PlumbNet *net = net_of(kit, text[i]);
        PlumbForecast *forecast = forecast_of(kit, net, NULL, "recipe(batch=32)");
        double sum = 0;
        for (int cause = 0; cause < PLUMB_CAUSES; cause++) {
            sum += forecast->cause[cause];
        }
        if (!(fabs(sum - forecast->slope) < 1e-9)) {
            fail_msg("%s: causes add up to %.12g, the slope is %.12g", text[i], sum, forecast->slope);
        }
        plumb_forecast_free(forecast);
        plumb_net_free(net);
    }
}

/* 3,000 layers fall to 1e-1800, which no double holds. */
static void a_forecast_does_not_underflow_itself(void **state) {
    Kit *kit = *state;
    PlumbNet *net = deep_net(kit, "input(64)", 1500, " -> dense(64) -> sigmoid", " -> dense(10)");
    PlumbForecast *forecast = forecast_of(kit, net, NULL, NULL);
    assert_true(forecast->slope < -900 && forecast->slope > -1100);
    assert_true(forecast->underflow_depth > 50 && forecast->underflow_depth < 70);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variance_maps_have_the_known_values),
        cmocka_unit_test(quadrature_gives_the_known_values_of_erf),
        cmocka_unit_test(quadrature_agrees_with_sampling_for_every_activation),
        cmocka_unit_test(close_rows_come_closer_by_the_slope),
        cmocka_unit_test(tanh_has_the_known_critical_line),
        kit_test(twenty_layers_lose_the_known_decades),
        kit_test(batchnorm_explodes_by_the_known_factor),
        kit_test(forecasts_are_what_is_measured),
        kit_test(links_carry_the_gradient_past_narrow_layers),
        kit_test(forecasts_of_images_and_sequences_are_what_is_measured),
        kit_test(gradients_through_time_are_what_is_measured),
        kit_test(where_there_is_no_theory_it_says_so),
        kit_test(many_ties_are_refused_soon),
        kit_test(causes_add_up_to_the_slope),
        kit_test(a_forecast_does_not_underflow_itself),
    };
    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
