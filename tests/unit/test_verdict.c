/* The forecast's verdict: a net that it warns of, why, and the nearest one that it spares. */
#include "nets.h"
#include <math.h>

#define SGD "recipe(optimizer=sgd(lr=0.1))"
#define SLOW "recipe(optimizer=sgd(lr=0.001))"
#define FAST "recipe(optimizer=sgd(lr=0.05, momentum=0.9))"
#define ADAM "recipe(optimizer=adam())"
#define BLOBS "blobs(classes=4, features=8, samples=200)"
#define LARGE_BLOBS "blobs(classes=4, features=8, samples=200, spread=1000)"
#define SIGMOID "dense(64) -> layernorm -> sigmoid"
#define RELU(init) "dense(256, init=" init ") -> relu"

typedef struct Row {
    const char *head, *body; /* `body` so many times */
    int depth;
    const char *data, *recipe; /* data: NULL: as theory takes them */
    PlumbVerdict verdict;
    PlumbReason reason;
} Row;

static const Row rows[] = {
    {"input(64)", RELU("xavier"), 25, NULL, SGD, PLUMB_VANISHING, PLUMB_OF_GRADIENT},
    {"input(64)", RELU("xavier"), 10, NULL, SGD, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", RELU("xavier"), 25, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", RELU("xavier"), 40, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_GRADIENT},
    {"input(64)", RELU("he"), 40, NULL, SLOW, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", RELU("he"), 40, NULL, SGD, PLUMB_EXPLODING, PLUMB_OF_CURVATURE},
    {"input(64)", RELU("normal(0.2)"), 8, NULL, SGD, PLUMB_EXPLODING, PLUMB_OF_GRADIENT},
    /* Adam undoes what is but scale, up to a point. */
    {"input(64)", RELU("normal(0.2)"), 8, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", RELU("normal(0.2)"), 20, NULL, ADAM, PLUMB_EXPLODING, PLUMB_OF_GRADIENT},
    /* The signal stays, and the gradient grows: no scale. */
    {"input(64)", "dense(256, init=normal(0.3)) -> tanh", 22, NULL, ADAM, PLUMB_EXPLODING, PLUMB_OF_GRADIENT},
    {"input(64)", "dense(256, init=normal(0.1)) -> tanh", 22, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", "dense(256) -> sigmoid", 20, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_GRADIENT},
    /* Sigmoids let two rows differ by little, and plain descent needs the square of it. */
    {"input(64) -> dense(64)", SIGMOID, 5, NULL, SGD, PLUMB_VANISHING, PLUMB_OF_DIFFERENCES},
    {"input(64) -> dense(64)", SIGMOID, 5, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64) -> dense(64)", SIGMOID, 2, NULL, SGD, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    /* Time: a plain net, gates that are half open, gates that are shut. */
    {"input(100, 2)", "rnn(64, return=last)", 1, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_TIME},
    {"input(20, 2)", "rnn(64, return=last)", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(100, 2)", "lstm(64, return=last)", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(40, 2)", "gru(64, return=last)", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(100, 2)", "gru(64, return=last)", 1, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_TIME},
    {"input(100, 2)", "lstm(64, forget_bias=3, return=last)", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(100, 2)", "lstm(64, forget_bias=-3, return=last)", 1, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_TIME},
    {"input(10, 2)", "lstm(64, forget_bias=-3, return=last)", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(100, 2)", "gru(64, update_bias=-3, return=last)", 1, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_TIME},
    {"input(10, 2)", "rnn(64, act=relu, recurrent_init=orthogonal(2), return=last)", 1, NULL, ADAM, PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    {"input(40, 2)", "rnn(64, act=relu, recurrent_init=orthogonal(2), return=last)", 1, NULL, ADAM, PLUMB_EXPLODING,
     PLUMB_OF_TIME},
    /* Units that are alike stay so; drawn weights in front of them, or behind, tell them apart. */
    {"input(64)", "dense(32, init=constant(0.1)) -> tanh", 2, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_UNITS},
    {"input(64)", "dense(32, init=zeros) -> tanh", 2, NULL, SGD, PLUMB_VANISHING, PLUMB_OF_UNITS},
    {"input(64) -> a: dense(32) -> dense(32, init=zeros) -> tanh -> b: add & a",
     "dense(32, init=zeros) -> tanh -> add & b", 1, NULL, SGD, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    /* One layer of tiny weights gets the whole gradient; of several each waits for the others. */
    {"input(64)", "dense(32) -> tanh -> dense(32, init=normal(1e-7)) -> tanh", 1, NULL, SGD, PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    {"input(64)", "dense(32, init=normal(1e-3)) -> tanh", 2, NULL, SGD, PLUMB_VANISHING, PLUMB_OF_REACH},
    {"input(64)", "dense(32, init=normal(1e-3)) -> tanh", 2, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(64)", "dense(32) -> tanh -> dense(32, init=zeros) -> tanh", 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8) -> dense(24, init=normal(1e-7))", "relu -> dense(24, init=he)", 3, BLOBS, FAST, PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    /* Too narrow for the depth; as deep, and wider. */
    {"input(64)", "dense(24) -> layernorm -> relu", 40, NULL, ADAM, PLUMB_VANISHING, PLUMB_OF_DRAWS},
    {"input(64)", "dense(96) -> layernorm -> relu", 40, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    /* All layers move at once: too far for their number, not for few, slow steps, Adam, or with norms over the batch.
     */
    {"input(8)", "dense(24, init=he) -> relu", 22, BLOBS, FAST, PLUMB_EXPLODING, PLUMB_OF_STEPS},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, FAST, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> relu", 22, BLOBS, "recipe(optimizer=sgd(lr=0.002, momentum=0.9))",
     PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> relu", 22, BLOBS,
     "recipe(optimizer=sgd(lr=0.05, momentum=0.9), clip=by_norm(1))", PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> relu", 22, BLOBS, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> batchnorm -> relu", 10, BLOBS, FAST, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    /* All steps together get nowhere; a single one goes too far: by curvature, or past the numbers that are asked. */
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=sgd(lr=1e-6))", PLUMB_VANISHING,
     PLUMB_OF_REACH},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=sgd(lr=0.01))", PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=sgd(lr=10))", PLUMB_EXPLODING,
     PLUMB_OF_CURVATURE},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=sgd(lr=10), clip=by_norm(1))", PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    {"input(1)", "dense(24, init=he(gain=1000)) -> relu", 2, "sine(samples=200)", ADAM, PLUMB_EXPLODING,
     PLUMB_OF_CURVATURE},
    {"input(1)", "dense(24, init=he) -> relu", 2, "sine(samples=200)", ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(1)", "dense(24, init=normal(1e-3)) -> relu", 2, "sine(samples=200)", ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    /* Wide nets stand more; not all. */
    {"input(8)", "dense(1024, init=he) -> relu", 2, BLOBS, "recipe(optimizer=sgd(lr=0.1))", PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    {"input(8)", "dense(1024, init=he) -> relu", 2, BLOBS, "recipe(optimizer=sgd(lr=1))", PLUMB_EXPLODING,
     PLUMB_OF_CURVATURE},
    /* What a schedule never gives is no step; lars sets its steps by other means. */
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS,
     "recipe(optimizer=sgd(lr=0.01), schedule=cosine(warmup=100000000))", PLUMB_VANISHING, PLUMB_OF_REACH},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=sgd(lr=0.01), schedule=cosine(warmup=10))",
     PLUMB_HEALTHY, PLUMB_OF_NOTHING},
    {"input(8)", "dense(24, init=he) -> relu", 3, BLOBS, "recipe(optimizer=lars(lr=1e-6))", PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    /* Large inputs do not excuse a step where a norm takes their size away. */
    {"input(8) -> layernorm", "dense(24, init=he) -> relu", 3, LARGE_BLOBS, "recipe(optimizer=sgd(lr=10))",
     PLUMB_EXPLODING, PLUMB_OF_CURVATURE},
    /* A bounded state whose gradient grows is chaos; one that grows along is not yet. */
    {"input(80, 2)", "rnn(64, recurrent_init=orthogonal(1.5), return=last)", 1, NULL, ADAM, PLUMB_EXPLODING,
     PLUMB_OF_TIME},
    {"input(10, 2)", "rnn(64, recurrent_init=orthogonal(1.5), return=last)", 1, NULL, ADAM, PLUMB_HEALTHY,
     PLUMB_OF_NOTHING},
    /* Inputs without a scale are another matter. */
    {"input(8)", "dense(24, init=he) -> relu", 3, LARGE_BLOBS, FAST, PLUMB_HEALTHY, PLUMB_OF_NOTHING},
};

static PlumbNet *net_of_row(Kit *kit, const Row *row) {
    char *text = kit_alloc(kit, strlen(row->head) + (size_t)row->depth * (strlen(row->body) + 4) + 32);
    strcpy(text, row->head);
    for (int i = 0; i < row->depth; i++) {
        strcat(strcat(text, " -> "), row->body);
    }
    return net_of(kit, strcat(text, " -> dense(4)"));
}

static void verdicts_fall_on_the_ill_and_spare_the_nearest(void **state) {
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Row *row = &rows[i];
        PlumbNet *net = net_of_row(kit, row);
        PlumbData *data = row->data ? plumb_data_load(call_of(kit, row->data), NULL, 1, &kit->error) : NULL;
        PlumbForecast *forecast = plumb_forecast(net, data, call_of(kit, row->recipe), &kit->error);
        assert_non_null(forecast);
        if (forecast->verdict != row->verdict || forecast->reason != row->reason) {
            fail_msg("%s x %d, %s: verdict %d of %d, expected %d of %d (slope %.2f, signal %.2f, time %.2f, difference "
                     "%.2g, stride %.2f)",
                     row->body, row->depth, row->recipe, forecast->verdict, forecast->reason, row->verdict, row->reason,
                     forecast->slope, forecast->signal_slope, forecast->time_slope, forecast->difference,
                     forecast->stride);
        }
        plumb_forecast_free(forecast);
        plumb_data_free(data);
        plumb_net_free(net);
    }
}

/* A forget gate that begins more open loses less. */
static void open_gates_keep_more(void **state) {
    static const char *const layer[] = {"lstm(64, forget_bias=-3, return=last)", "lstm(64, forget_bias=0, return=last)",
                                        "lstm(64, forget_bias=1, return=last)", "lstm(64, forget_bias=3, return=last)"};
    Kit *kit = *state;
    double before = -INFINITY;
    for (size_t i = 0; i < sizeof layer / sizeof *layer; i++) {
        const Row row = {"input(100, 2)", layer[i], 1, NULL, ADAM, PLUMB_HEALTHY, PLUMB_OF_NOTHING};
        PlumbNet *net = net_of_row(kit, &row);
        PlumbForecast *forecast = plumb_forecast(net, NULL, NULL, &kit->error);
        assert_non_null(forecast);
        if (!(forecast->time_slope > before + 1)) {
            fail_msg("%s: %.1f decades over time, the one before %.1f", layer[i], forecast->time_slope, before);
        }
        before = forecast->time_slope;
        plumb_forecast_free(forecast);
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(verdicts_fall_on_the_ill_and_spare_the_nearest),
        kit_test(open_gates_keep_more),
    };
    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
