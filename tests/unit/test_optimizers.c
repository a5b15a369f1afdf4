/* The update of every optimizer on every table of kernels against its formula in double, over ten steps; clipping,
 * schedules and stopping. That the formulas are PyTorch's is test_reference's to show. */
#include "kernel_tables.h"
#include "nets.h"
#include "runtime/train/parts.h"

#define EPS ((double)FLT_EPSILON)
enum { STEPS = 10 };

/* ---- one weight in double, as the papers have it ----------------------------------------------------------------- */

typedef struct One {
    double w, m, v;
} One;

typedef void (*Formula)(One *one, double g, const Update *u, int t);

/* Sutskever et al. 2013 in PyTorch's form: v = momentum v + g, w = w - lr v, or lr (g + momentum v) with nesterov. */
static void sgd(One *one, double g, const Update *u, int t) {
    g += u->decay * one->w;
    one->m = (t > 1 ? u->momentum * one->m : 0) + g;
    one->w -= u->lr * (u->nesterov ? g + u->momentum * one->m : one->m);
}

/* Kingma & Ba 2015, algorithm 1, with both corrections. */
static double adam_step(One *one, double g, const Update *u, int t) {
    one->m = u->beta1 * one->m + (1 - u->beta1) * g;
    one->v = u->beta2 * one->v + (1 - u->beta2) * g * g;
    double m = one->m / (1 - pow(u->beta1, t)), v = one->v / (1 - pow(u->beta2, t));
    return u->lr * m / (sqrt(v) + u->eps);
}

static void adam(One *one, double g, const Update *u, int t) {
    one->w -= adam_step(one, g + u->decay * one->w, u, t);
}

/* Loshchilov & Hutter 2019, algorithm 2: the decay is apart. */
static void adamw(One *one, double g, const Update *u, int t) {
    double decay = u->lr * u->decay * one->w;
    one->w -= decay + adam_step(one, g, u, t);
}

static void rmsprop(One *one, double g, const Update *u, int t) {
    (void)t;
    g += u->decay * one->w;
    one->v = u->alpha * one->v + (1 - u->alpha) * g * g;
    one->m = u->momentum * one->m + g / (sqrt(one->v) + u->eps);
    one->w -= u->lr * one->m;
}

/* Duchi, Hazan & Singer 2011. */
static void adagrad(One *one, double g, const Update *u, int t) {
    (void)t;
    g += u->decay * one->w;
    one->v += g * g;
    one->w -= u->lr * g / (sqrt(one->v) + u->eps);
}

/* Chen et al. 2023, algorithm 2. */
static void lion(One *one, double g, const Update *u, int t) {
    (void)t;
    double along = u->beta1 * one->m + (1 - u->beta1) * g;
    one->w -= u->lr * ((along > 0) - (along < 0) + u->decay * one->w);
    one->m = u->beta2 * one->m + (1 - u->beta2) * g;
}

/* You, Gitman & Ginsburg 2017: the ratio is found by the step, for each weight. */
static void lars(One *one, double g, const Update *u, int t) {
    one->m = (t > 1 ? u->momentum * one->m : 0) + u->trust * (g + u->decay * one->w);
    one->w -= u->lr * one->m;
}

static const struct Row {
    const char *call;
    Formula formula;
    int states;
} rows[] = {
    {"sgd", sgd, 0},
    {"sgd(lr=0.1, decay=0.2)", sgd, 0},
    {"sgd(lr=0.1, momentum=0.9)", sgd, 1},
    {"sgd(lr=0.1, momentum=0.9, nesterov=true, decay=0.1)", sgd, 1},
    {"adam", adam, 2},
    {"adam(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, decay=0.1)", adam, 2},
    {"adam(lr=0.05, beta1=0)", adam, 2},
    {"adamw", adamw, 2},
    {"adamw(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-3, decay=0.3)", adamw, 2},
    {"rmsprop", rmsprop, 1},
    {"rmsprop(lr=0.02, alpha=0.9, eps=1e-3, decay=0.1)", rmsprop, 1},
    {"rmsprop(lr=0.02, momentum=0.5)", rmsprop, 2},
    {"adagrad", adagrad, 1},
    {"adagrad(lr=0.1, eps=1e-3, decay=0.1)", adagrad, 1},
    {"lion", lion, 1},
    {"lion(lr=0.01, beta1=0.8, beta2=0.95, decay=0.3)", lion, 1},
    {"lars", lars, 1},
    {"lars(lr=0.1, momentum=0, trust=0.1, decay=0.1)", lars, 0},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void every_optimizer_and_argument_has_a_row(void **state) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        for (int a = 0; entry->kind == PLUMB_OPTIMIZER && entry->args[a].name; a++) {
            bool found = false;
            for (int r = 0; r < ROWS; r++) {
                const PlumbCall *call = call_of(*state, rows[r].call);
                found |= call->entry == entry && call->given[a];
            }
            if (!found) {
                fail_msg("no row gives %s of %s", entry->args[a].name, entry->name);
            }
        }
    }
}

/* ---- ten steps --------------------------------------------------------------------------------------------------- */

typedef struct Course { /* of n weights under one optimizer */
    const Table *table;
    const struct Row *row;
    Update update;
    int n;
    real *w, *g, *state[2];
    One *one;
} Course;

static double limited(double g, double limit, double scale) {
    return (limit > 0 ? fmin(fmax(g, -limit), limit) : g) * scale;
}

/* Each step rounds w and the states, whose errors the next steps carry on: some eps of |w| and of all steps so far. */
static void take_step(Course *course, int t) {
    double norms[2] = {100, 200}, weight = 0, taken = 0;
    for (int i = 0; i < course->n; i++) {
        course->g[i] = (real)draw_normal((Draw){3, DRAW_SAMPLE, (uint32_t)t}, (uint64_t)i);
    }
    optimizer_at(&course->update, t);
    course->table->k->update(&course->update, course->n, course->w, course->g, course->state[0], course->state[1],
                             norms);
    for (int i = 0; i < course->n; i++) {
        One *one = &course->one[i];
        double before = one->w, g = limited((double)course->g[i], course->update.value_limit, course->update.scale);
        course->row->formula(one, g, &course->update, t);
        taken += (one->w - before) * (one->w - before);
        weight += one->w * one->w;
        assert_agree(course->table->name, course->row->call, i, (double)course->w[i], one->w,
                     t * EPS * (2 + fabs(one->w) + 40 * course->update.lr));
    }
    assert_agree(course->table->name, "weight norm", t, norms[0], 100 + weight, 1e-4 * weight + 1e-9);
    assert_agree(course->table->name, "update norm", t, norms[1], 200 + taken, 1e-3 * taken + 1e-9);
}

static void run_course(Kit *kit, const Table *table, const struct Row *row, int n, double scale, double limit) {
    Course course = {.table = table, .row = row, .n = n, .w = array_random(n, 1), .g = array_new(n)};
    optimizer_setup(call_of(kit, row->call), &course.update);
    course.update.scale = scale;
    course.update.value_limit = limit;
    course.update.trust = row->formula == lars ? 0.7 : 1;
    course.one = kit_alloc(kit, (size_t)n * sizeof *course.one);
    for (int i = 0; i < n; i++) {
        course.one[i].w = (double)course.w[i];
    }
    for (int s = 0; s < row->states; s++) {
        course.state[s] = array_filled(n, 0);
    }
    for (int t = 1; t <= STEPS; t++) {
        take_step(&course, t);
    }
    array_free(course.w, n);
    array_free(course.g, n);
    for (int s = 0; s < row->states; s++) {
        array_free(course.state[s], n);
    }
}

static void ten_steps_follow_the_formula(void **state) {
    static const int lengths[] = {1, 3, 17, 64, 65, 1025};
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int r = 0; r < ROWS; r++) {
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                run_course(*state, &table[t], &rows[r], lengths[i], 1, 0);
            }
            run_course(*state, &table[t], &rows[r], 65, 0.25, 0);
            run_course(*state, &table[t], &rows[r], 65, 1, 0.5);
        }
    }
}

static void states_are_as_many_as_are_used(void **state) {
    for (int r = 0; r < ROWS; r++) {
        const PlumbCall *call = call_of(*state, rows[r].call);
        assert_int_equal(((const Optimizer *)call->entry)->states(call), rows[r].states);
    }
}

/* ---- clipping, schedules ----------------------------------------------------------------------------------------- */

static Update clipped(Kit *kit, const char *source, double norm) {
    const PlumbCall *call = call_of(kit, source);
    Update update = {.scale = 1};
    ((const Clip *)call->entry)->apply(call, norm, 0, &update);
    return update;
}

static void clipping_limits_the_norm_or_the_values(void **state) {
    assert_true(clipped(*state, "by_norm(2)", 1).scale == 1);
    assert_true(fabs(clipped(*state, "by_norm(2)", 8).scale - 0.25) < 1e-6);
    assert_true(fabs(clipped(*state, "by_norm(0.5)", 1e30).scale * 1e30 - 0.5) < 1e-6);
    assert_true(clipped(*state, "by_norm(2)", 8).value_limit == 0);
    assert_true(clipped(*state, "by_value(0.5)", 8).value_limit == 0.5 &&
                clipped(*state, "by_value(0.5)", 8).scale == 1);
}

static const struct {
    const char *call;
    int64_t step, steps, epoch; /* epoch: its steps */
    double factor;
} scheduled[] = {
    {"cosine", 0, 100, 10, 1},
    {"cosine", 50, 100, 10, 0.5},
    {"cosine", 100, 100, 10, 0},
    {"cosine(warmup=4)", 0, 104, 10, 0.2},
    {"cosine(warmup=4)", 3, 104, 10, 0.8},
    {"cosine(warmup=4)", 4, 104, 10, 1},
    {"cosine(warmup=4)", 54, 104, 10, 0.5},
    {"step_decay(2)", 19, 100, 10, 1},
    {"step_decay(2)", 20, 100, 10, 0.1},
    {"step_decay(2, factor=0.5)", 79, 100, 10, 0.125},
};

static void schedules_follow_their_formulas(void **state) {
    for (size_t i = 0; i < sizeof scheduled / sizeof *scheduled; i++) {
        const PlumbCall *call = call_of(*state, scheduled[i].call);
        Progress at = {.step = scheduled[i].step, .steps = scheduled[i].steps, .steps_an_epoch = scheduled[i].epoch};
        double factor = ((const Schedule *)call->entry)->factor(call, &at);
        if (!agree(factor, scheduled[i].factor, 1e-12)) {
            fail_msg("%s at step %d is %g, expected %g", scheduled[i].call, (int)scheduled[i].step, factor,
                     scheduled[i].factor);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(every_optimizer_and_argument_has_a_row), kit_test(ten_steps_follow_the_formula),
        kit_test(states_are_as_many_as_are_used),         kit_test(clipping_limits_the_norm_or_the_values),
        kit_test(schedules_follow_their_formulas),
    };
    return cmocka_run_group_tests_name("optimizers", tests, NULL, NULL);
}
