/* Embedding, positions, attention, glu, noise and weight normalisation in double precision: gradients of weights and
 * inputs against central differences, below 1e-6. */
#include "given.h"
#include "runtime/core/net.h"
#include <math.h>
#include <stdlib.h>

enum { ROWS = 3 };
static const double STEP = 1e-5, LIMIT = 1e-6;

typedef struct Bench { /* one layer behind an input, and all that a pass needs */
    PlumbArena *arena;
    PlumbNet *net;
    const NetNode *node;
    int64_t in_size, out_size;
    real *in, *out, *d_out, *d_in, *dw_all;
    real *w[LAYER_WEIGHTS_MAX], *wt[LAYER_WEIGHTS_MAX], *dw[LAYER_WEIGHTS_MAX];
    void *save, *scratch;
    const real *in_list[1];
    real *d_in_list[1];
    Pass pass;
} Bench;

static int add(Bench *bench, const char *name, const PlumbGiven *given, int count, int before) {
    PlumbError error = {0};
    PlumbCall *call = plumb_call(bench->arena, plumb_entry_find(name), given, count, &error);
    int node = call ? plumb_net_add(bench->net, call, &before, before >= 0, "", NULL, -1, (PlumbPlace){0}, &error) : -1;
    if (node < 0) {
        fail_msg("%s: %s | %s", name, error.what, error.found);
    }
    return node;
}

static void add_input(Bench *bench, PlumbShape shape) {
    PlumbGiven size[PLUMB_RANK_MAX];
    for (int i = 0; i < shape.rank; i++) {
        size[i] = (PlumbGiven)NUMBER(NULL, shape.dim[i]);
    }
    add(bench, "input", size, shape.rank, -1);
}

/* Weights that no initialiser gives: biases are no zeros, lengths not those of the directions. */
static void draw_weights(Bench *bench) {
    const PlumbNode *about = &bench->node->about;
    bench->dw_all = aligned_zeroed((size_t)(bench->net->parameter_count + 1) * sizeof(real));
    for (int i = 0; i < about->weight_count; i++) {
        NetWeight *weight = &bench->net->weight[about->first_weight + i];
        bench->w[i] = weight->about.value;
        bench->wt[i] = weight->transposed;
        bench->dw[i] = bench->dw_all + weight->offset;
        for (int64_t j = 0; j < weight->size; j++) {
            bench->w[i][j] = 0.7 * draw_normal((Draw){3, DRAW_INIT, (uint32_t)i}, (uint64_t)j) + 0.1;
        }
    }
}

static void draw(real *value, int64_t count, uint32_t stream) {
    for (int64_t i = 0; i < count; i++) {
        value[i] = draw_normal((Draw){5, DRAW_DATA, stream}, (uint64_t)i);
    }
}

static Bench open_bench(PlumbShape shape, const char *layer, const PlumbGiven *given, int count) {
    PlumbError error = {0};
    Bench bench = {.arena = plumb_arena_new(), .net = plumb_net_new("n", &error)};
    add_input(&bench, shape);
    add(&bench, layer, given, count, 0);
    assert_true(plumb_net_make(bench.net, 1, &error));
    bench.node = &bench.net->node[1];
    bench.in_size = ROWS * plumb_shape_size(shape);
    bench.out_size = ROWS * plumb_shape_size(bench.node->about.shape);
    const Layer *about = bench.node->layer;
    bench.in = aligned_zeroed((size_t)bench.in_size * sizeof(real));
    bench.d_in = aligned_zeroed((size_t)bench.in_size * sizeof(real));
    bench.out = aligned_zeroed((size_t)bench.out_size * sizeof(real));
    bench.d_out = aligned_zeroed((size_t)bench.out_size * sizeof(real));
    bench.save = aligned_zeroed(about->save_bytes ? about->save_bytes(&bench.node->site, ROWS) : 0);
    bench.scratch = aligned_zeroed(about->scratch_bytes ? about->scratch_bytes(&bench.node->site, ROWS) : 0);
    draw_weights(&bench);
    draw(bench.in, bench.in_size, 1);
    draw(bench.d_out, bench.out_size, 2);
    return bench;
}

static void close_bench(Bench *bench) {
    free(bench->in);
    free(bench->d_in);
    free(bench->out);
    free(bench->d_out);
    free(bench->dw_all);
    free(bench->save);
    free(bench->scratch);
    plumb_net_free(bench->net);
    plumb_arena_free(bench->arena);
}

static Pass pass_of(Bench *bench, bool adds) {
    bench->in_list[0] = bench->in;
    bench->d_in_list[0] = bench->d_in;
    return (Pass){.k = kernels_portable(),
                  .site = &bench->node->site,
                  .rows = ROWS,
                  .shards = 1,
                  .batch = ROWS,
                  .training = true,
                  .seed = 9,
                  .node = 1,
                  .in = bench->in_list,
                  .out = bench->out,
                  .d_out = bench->d_out,
                  .d_in = bench->d_in_list,
                  .outputs = {0, bench->node->site.shape.dim[bench->node->site.shape.rank - 1]},
                  .w = bench->w,
                  .wt = bench->wt,
                  .dw = bench->dw,
                  .adds = adds,
                  .save = bench->save,
                  .scratch = bench->scratch};
}

/* sum(d_out out) */
static double value_of(Bench *bench) {
    Pass pass = pass_of(bench, false);
    net_refresh(bench->net, pass.k);
    bench->node->layer->forward(&pass);
    return pass.k->dot(bench->out_size, bench->out, bench->d_out);
}

/* Each of `count` values moved both ways; `base` was in the gradient before. */
static void agrees(Bench *bench, const char *what, real *value, const real *gradient, int64_t count, double base) {
    for (int64_t i = 0; i < count; i++) {
        real kept = value[i];
        value[i] = kept + STEP;
        double high = value_of(bench);
        value[i] = kept - STEP;
        double seen = gradient[i] - base, expected = (high - value_of(bench)) / (2 * STEP);
        value[i] = kept;
        if (fabs(seen - expected) > LIMIT * fmax(1, fabs(expected))) {
            fail_msg("%s, gradient of %s[%lld]: %.9g, by differences %.9g", bench->node->layer->entry.name, what,
                     (long long)i, seen, expected);
        }
    }
}

/* `indices`: the inputs are whole numbers below it, which have no gradient; 0: any numbers. */
static void check(PlumbShape shape, const char *layer, const PlumbGiven *given, int count, int indices) {
    for (int adds = 0; adds < 2; adds++) {
        Bench bench = open_bench(shape, layer, given, count);
        for (int64_t i = 0; indices && i < bench.in_size; i++) {
            bench.in[i] = (real)(i * 7 % indices);
        }
        for (int64_t i = 0; i < bench.net->parameter_count; i++) {
            bench.dw_all[i] = adds ? 4 : NAN; /* written over, unless it is added to */
        }
        value_of(&bench);
        Pass pass = pass_of(&bench, adds);
        bench.node->layer->backward(&pass);
        for (int i = 0; i < bench.node->about.weight_count; i++) {
            const NetWeight *weight = &bench.net->weight[bench.node->about.first_weight + i];
            agrees(&bench, weight->about.name, bench.w[i], bench.dw[i], weight->size, adds ? 4 : 0);
        }
        for (int64_t i = 0; indices && i < bench.in_size; i++) {
            assert_true(bench.d_in[i] == 0);
        }
        agrees(&bench, "input", bench.in, bench.d_in, indices ? 0 : bench.in_size, 0);
        close_bench(&bench);
    }
}

static void embedding_has_its_gradient(void **state) {
    (void)state;
    check((PlumbShape){1, {4}}, "embedding", GIVEN(NUMBER(NULL, 5), NUMBER(NULL, 3)), 5);
}

static void positions_have_their_gradient(void **state) {
    (void)state;
    check((PlumbShape){2, {4, 3}}, "positional", GIVEN(WORD(NULL, "sinusoidal")), 0);
    check((PlumbShape){2, {4, 3}}, "positional", GIVEN(WORD(NULL, "learned")), 0);
}

static void attention_has_its_gradient(void **state) {
    (void)state;
    check((PlumbShape){2, {4, 6}}, "attention", GIVEN(NUMBER(NULL, 1)), 0);
    check((PlumbShape){2, {4, 6}}, "attention", GIVEN(NUMBER(NULL, 3)), 0);
    check((PlumbShape){2, {5, 6}}, "attention", GIVEN(NUMBER(NULL, 2), BOOL("causal", true)), 0);
    check((PlumbShape){2, {5, 6}}, "attention", GIVEN(NUMBER(NULL, 2), BOOL("bias", false)), 0);
    check((PlumbShape){2, {1, 4}}, "attention", GIVEN(NUMBER(NULL, 4), BOOL("causal", true)), 0);
}

static void glu_has_its_gradient(void **state) {
    (void)state;
    check((PlumbShape){1, {6}}, "glu", NULL, 0, 0);
    check((PlumbShape){2, {3, 4}}, "glu", NULL, 0, 0);
    check((PlumbShape){3, {4, 2, 3}}, "glu", NULL, 0, 0);
}

static void noise_has_its_gradient(void **state) {
    (void)state;
    check((PlumbShape){1, {6}}, "noise", GIVEN(NUMBER(NULL, 0.5)), 0);
}

static void weightnorm_has_its_gradient(void **state) {
    (void)state;
    check((PlumbShape){1, {5}}, "dense", GIVEN(NUMBER(NULL, 4), WORD("weight", "weightnorm")), 0);
    check((PlumbShape){2, {3, 5}}, "dense", GIVEN(NUMBER(NULL, 4), BOOL("bias", false), WORD("weight", "weightnorm")),
          0);
}

/* The first product is that of the drawn weights: |g v / |v|| = |v|. */
static void weightnorm_begins_as_drawn(void **state) {
    (void)state;
    PlumbError error = {0};
    Bench bench = {.arena = plumb_arena_new(), .net = plumb_net_new("n", &error)};
    add_input(&bench, (PlumbShape){1, {5}});
    add(&bench, "dense", GIVEN(NUMBER(NULL, 4), WORD("weight", "weightnorm")), 0);
    assert_true(plumb_net_make(bench.net, 1, &error));
    const real *v = bench.net->weight[0].about.value, *g = bench.net->weight[1].about.value;
    assert_string_equal(bench.net->weight[1].about.name, "dense1.weight_g");
    for (int row = 0; row < 4; row++) {
        double squares = 0;
        for (int i = 0; i < 5; i++) {
            squares += v[row * 5 + i] * v[row * 5 + i];
        }
        assert_true(squares > 0 && fabs(g[row] - sqrt(squares)) < 1e-12);
    }
    plumb_net_free(bench.net);
    plumb_arena_free(bench.arena);
}

/* Two halves of a batch draw what the whole draws; another step draws anew; without training nothing moves. */
static void noise_depends_on_its_place_alone(void **state) {
    (void)state;
    Bench bench = open_bench((PlumbShape){1, {5}}, "noise", GIVEN(NUMBER(NULL, 0.5)));
    real whole[ROWS * 5], *out = bench.out;
    Pass pass = pass_of(&bench, false);
    bench.node->layer->forward(&pass);
    memcpy(whole, bench.out, sizeof whole);
    pass.rows = 1;
    for (int row = 0; row < ROWS; row++) {
        bench.in_list[0] = bench.in + row * 5;
        pass.out = out + row * 5;
        pass.first_row = row;
        bench.node->layer->forward(&pass);
    }
    assert_memory_equal(whole, out, sizeof whole);
    pass = pass_of(&bench, false);
    pass.step = 1;
    bench.node->layer->forward(&pass);
    assert_memory_not_equal(whole, out, sizeof whole);
    pass.training = false;
    bench.node->layer->forward(&pass);
    assert_memory_equal(bench.in, out, sizeof whole);
    close_bench(&bench);
}

static void noise_is_gaussian(void **state) {
    (void)state;
    enum { MANY = 20000 };
    Bench bench = open_bench((PlumbShape){1, {MANY}}, "noise", GIVEN(NUMBER(NULL, 0.5)));
    value_of(&bench);
    double sum = 0, squares = 0, fourth = 0, n = (double)bench.out_size;
    for (int64_t i = 0; i < bench.out_size; i++) {
        double e = bench.out[i] - bench.in[i];
        sum += e;
        squares += e * e;
        fourth += e * e * e * e;
    }
    assert_true(fabs(sum / n) < 0.01);
    assert_true(fabs(sqrt(squares / n) - 0.5) < 0.01);
    assert_true(fabs(fourth / n / (squares / n * squares / n) - 3) < 0.15); /* the fourth moment of a Gaussian */
    close_bench(&bench);
}

/* Nothing that comes later reaches an earlier step. */
static void causal_attention_sees_no_future(void **state) {
    (void)state;
    Bench bench = open_bench((PlumbShape){2, {5, 4}}, "attention", GIVEN(NUMBER(NULL, 2), BOOL("causal", true)));
    value_of(&bench);
    real before[20];
    memcpy(before, bench.out, sizeof before);
    for (int i = 12; i < 20; i++) { /* steps 4 and 5 of the first row */
        bench.in[i] += 1;
    }
    value_of(&bench);
    assert_memory_equal(before, bench.out, 12 * sizeof *before);
    assert_memory_not_equal(before + 12, bench.out + 12, 8 * sizeof *before);
    close_bench(&bench);
}

static void no_index_gives_no_number(void **state) {
    (void)state;
    static const double bad[] = {-1, 5, 0.5, NAN, INFINITY, 1e300};
    Bench bench = open_bench((PlumbShape){1, {2}}, "embedding", GIVEN(NUMBER(NULL, 5), NUMBER(NULL, 3)));
    PlumbError error = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int64_t j = 0; j < bench.in_size; j++) {
            bench.in[j] = 4;
        }
        bench.in[1] = bad[i];
        value_of(&bench);
        assert_true(isnan(bench.out[3]) && bench.out[0] == bench.w[0][12] && bench.out[6] == bench.w[0][12]);
        Pass pass = pass_of(&bench, false);
        bench.node->layer->backward(&pass);
        assert_false(bench.node->layer->accepts(&bench.node->site, bench.in, ROWS, &error));
        assert_says(&error, "value 2 of row 1 is no index");
        assert_says(&error, "from 0 to 4");
    }
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedding_has_its_gradient), cmocka_unit_test(positions_have_their_gradient),
        cmocka_unit_test(attention_has_its_gradient), cmocka_unit_test(glu_has_its_gradient),
        cmocka_unit_test(noise_has_its_gradient),     cmocka_unit_test(weightnorm_has_its_gradient),
        cmocka_unit_test(weightnorm_begins_as_drawn), cmocka_unit_test(noise_depends_on_its_place_alone),
        cmocka_unit_test(noise_is_gaussian),          cmocka_unit_test(causal_attention_sees_no_future),
        cmocka_unit_test(no_index_gives_no_number),
    };
    return cmocka_run_group_tests_name("sequence", tests, NULL, NULL);
}
