/* The weights' part of a step, in blocks: the same bits for any number of threads, and the transposed copies are those
 * of the weights. */
#include "nets.h"
#include "runtime/train/trainer.h"

enum { STEPS = 12 /* a trial of one thread against all among them */, NETS = 6, DEEP = NETS - 1, RECIPES = 6 };

/* Matrices of several blocks and of less than one; gradients taken late, by the shards (more rows than inputs), shared
 * ones, and weights that are no matrices; layers split by outputs, one behind the other and with a link. The deep one
 * has its turns in several stages on one thread, in one on more; weights shared over stages, a link over them, an
 * output that backward does not read. */
static const char *const nets[NETS] = {
    "input(200) -> dense(96) -> tanh -> dense(17) -> relu -> dense(3)",
    "input(5) -> dense(1700) -> relu -> dense(3)",
    "input(40) -> a: dense(40) -> tanh -> b: dense(40) = a -> relu -> dense(3)",
    "input(33) -> dense(20) -> batchnorm -> relu -> dense(20, weight=weightnorm) -> layernorm -> dense(3)",
    "input(50) -> dense(260) -> a: relu -> dense(270) -> tanh -> dense(260) -> add & a -> dense(280)",
    "input(160) -> a: dense(160) -> b: relu -> dense(160) -> batchnorm -> tanh -> dense(160) -> gelu -> scale -> c: "
    "add & b"
    " -> dense(160) -> relu -> dense(160) = a -> dropout(0.1) -> dense(160) -> tanh -> dense(160) -> add & c -> "
    "dense(160)"
    " -> relu -> dense(160) -> sigmoid -> dense(3)",
};
static const char *const recipes[RECIPES] = {
    "recipe(steps=1e9, batch=24, optimizer=adam(lr=0.01))",
    "recipe(steps=1e9, batch=24, optimizer=sgd(lr=0.1, momentum=0.9), clip=by_norm(0.1))",
    "recipe(steps=1e9, batch=7, accumulate=3, optimizer=rmsprop(lr=0.01), clip=by_layer(0.1))",
    "recipe(steps=1e9, batch=24, optimizer=lars(lr=0.1), ema=0.9)",
    "recipe(steps=1e9, batch=24, optimizer=sgd(lr=0.1), clip=adaptive(0.01))",
    "recipe(steps=1e9, batch=24, optimizer=sgd(lr=0.1), clip=by_value(0.001), diagnostics=off)",
};

static void check_transposes(const PlumbNet *net) {
    for (int i = 0; i < net->weight_count; i++) {
        const NetWeight *weight = &net->weight[i];
        int64_t rows = weight->spec.shape.dim[0], columns = weight->size / rows;
        for (int64_t j = 0; weight->transposed && j < weight->size; j++) {
            if (weight->transposed[j % columns * rows + j / columns] != weight->about.value[j]) {
                fail_msg("%s: value %lld is not in the transposed copy", weight->about.name, (long long)j);
            }
        }
    }
}

static PlumbNet *trained(Kit *kit, const char *text, const char *recipe, int threads) {
    PlumbNet *net = net_of(kit, text);
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 60, 1);
    PlumbConfig config = {.threads = threads, .shards = 3, .seed = 1};
    PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, recipe), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s: %s %s", recipe, kit->error.what, kit->error.found);
    }
    assert_int_equal(plumb_trainer_run(trainer, STEPS, &kit->error), PLUMB_PAUSED);
    plumb_trainer_free(trainer);
    check_transposes(net);
    return net;
}

static void bits_do_not_depend_on_threads(void **state) {
    Kit *kit = *state;
    for (int i = 0; i < NETS * RECIPES; i++) {
        const char *text = nets[i % NETS], *recipe = recipes[i / NETS];
        PlumbNet *one = trained(kit, text, recipe, 1);
        for (int threads = 2; threads <= 4; threads++) {
            PlumbNet *many = trained(kit, text, recipe, threads);
            if (memcmp(one->parameters, many->parameters, (size_t)one->parameter_count * sizeof(real))) {
                fail_msg("%s by %s: one thread and %d give different weights", text, recipe, threads);
            }
            plumb_net_free(many);
        }
        plumb_net_free(one);
    }
}

static void one_thread_updates_a_deep_net_in_stages(void **state) {
    Kit *kit = *state;
    for (int threads = 1; threads <= 2; threads++) {
        PlumbNet *net = net_of(kit, nets[DEEP]);
        PlumbData *data = data_for(kit, net, TARGET_CLASSES, 60, 1);
        PlumbConfig config = {.threads = threads, .shards = 3, .seed = 1};
        PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, recipes[0]), &config, &kit->error);
        assert_non_null(trainer);
        int stages = trainer->stepper.plan->stage_count;
        if (threads == 1 ? stages < 3 : stages != 1) {
            fail_msg("%d threads: found %d stages, expected %s", threads, stages, threads == 1 ? "3 or more" : "1");
        }
        plumb_trainer_free(trainer);
        plumb_net_free(net);
    }
}

/* What pays, by sizes: many weights for few rows, in parts that a cache holds; not with one shard, nor where outputs
 * are fewer than a line for each. */
static void wide_layers_are_split_by_outputs(void **state) {
    static const struct {
        const char *net;
        int batch, shards;
        bool wide;
    } rows[] = {
        {"input(784) -> dense(512) -> relu", 128, 2, true},
        {"input(784) -> dense(512) -> relu", 128, 1, false},
        {"input(784) -> dense(512) -> relu", 1, 4, true},
        {"input(784) -> dense(512) -> relu", 600, 2, false},
        {"input(8, 512) -> dense(512) -> relu", 128, 2, false},
        {"input(8, 512) -> dense(512) -> relu", 8, 2, true},
        {"input(64) -> dense(64) -> tanh", 1, 2, false},
        {"input(9000) -> dense(16) -> tanh", 1, 2, false},
        {"input(1024) -> dense(1024)", 256, 2, false},
        {"input(1024) -> dense(1024)", 8, 2, true},
        {"input(1024) -> dense(1024)", 256, 4, true},
        {"input(512) -> dense(512, weight=weightnorm)", 1, 2, false},
    };
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = net_of(kit, rows[i].net);
        Pool *pool = pool_new(1);
        assert_true(plumb_net_make(net, 1, &kit->error));
        Plan *plan = plan_new(net, kernels_portable(), pool, rows[i].batch, rows[i].shards, true, &kit->error);
        assert_non_null(plan);
        if (plan->by_outputs[1] != rows[i].wide) {
            fail_msg("%s, batch %d on %d shards: split by %s", rows[i].net, rows[i].batch, rows[i].shards,
                     rows[i].wide ? "rows" : "outputs");
        }
        plan_free(plan);
        pool_free(pool);
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(bits_do_not_depend_on_threads),
        kit_test(one_thread_updates_a_deep_net_in_stages),
        kit_test(wide_layers_are_split_by_outputs),
    };
    return cmocka_run_group_tests_name("blocks", tests, NULL, NULL);
}
