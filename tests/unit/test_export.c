/* Exported nets give the same outputs elsewhere: every layer with every argument that changes its mathematics, run by
 * PyTorch and by ONNX Runtime (tests/export/) where these are installed. */
#include "layer_cases.h"
#include "nets.h"
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 5, SKIPPED = 77 };

/* ---- the cases as files ----------------------------------------------------------------------------------------- */

static const struct Place {
    int where;
    const char *before;
} places[] = {
    {ON_ROWS, "input(7) -> a: dense(6) -> b: tanh -> "},
    {ON_TIME, "input(3, 4) -> a: dense(6) -> b: tanh -> "},
    {ON_IMAGES, "input(4, 3, 2) -> a: prelu -> b: batchnorm -> "},
    {ON_INDICES, "input(6) -> "},
};

/* Beyond the layers: nothing at all, links, shared weights, names that are taken in Python, uneven padding. */
static const char *const nets[] = {
    "input(7)",
    "input(6) -> dense(6) -> a: tanh -> dense(6) -> b: relu -> add & a -> dense(3)",
    "input(6) -> s: dense(6) -> tanh -> dense(6) = s -> dense(3)",
    "input(6) -> class: dense(6) -> train: tanh -> layer_x: dense(6) -> concat & class & train -> __y: dense(3)",
    "input(2, 5, 6) -> conv(3, [2, 4], stride=[1, 2]) -> relu -> maxpool(2, stride=1, pad=same) -> globalavgpool",
    "input(6, 4) -> rnn(5, act=relu) -> rnn(4, act=elu, layers=2) -> lstm(3, reverse=true) -> gru(3, reverse=true)",
    "input(6, 4) -> lstm(5, layers=2, norm=layernorm, reverse=true, return=last) -> dense(2)",
    "input(6, 4) -> gru(5, layers=2, norm=layernorm, return=last) -> dense(2)",
};
enum { NETS = sizeof nets / sizeof *nets };

typedef struct Folder {
    char path[64];
    FILE *cases;
    int count;
} Folder;

static void write_bytes(const Folder *folder, const char *kind, const void *bytes, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/%d.%s", folder->path, folder->count, kind);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Random, but for an embedding: whole numbers that it takes. */
static plumb_real *input_values(Kit *kit, const PlumbNet *net, bool indices) {
    int64_t count = ROWS * plumb_shape_size(plumb_net_node(net, 0)->shape);
    plumb_real *x = random_values(kit, count, 3, 0);
    for (int64_t i = 0; indices && i < count; i++) {
        x[i] = x[i] > 0;
    }
    return x;
}

/* No weight at a special value; statistics as after a training. */
static void make_weights(Kit *kit, PlumbNet *net) {
    assert_true(plumb_net_make(net, 1, &kit->error));
    stir(net, 0.2, 2);
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        bool variance = strstr(weight->name, "running_var");
        for (int64_t j = 0; strstr(weight->name, "running_") && j < plumb_shape_size(weight->shape); j++) {
            double value = draw_normal((Draw){4, DRAW_NOISE, (uint32_t)i}, (uint64_t)j);
            weight->value[j] = (plumb_real)(variance ? 0.5 + value * value : value);
        }
    }
}

static void write_numbers(Kit *kit, const Folder *folder, PlumbNet *net, bool indices) {
    PlumbShape in = plumb_net_node(net, 0)->shape, out = plumb_net_node(net, plumb_net_size(net) - 1)->shape;
    char shape[64] = "";
    for (int i = 0; i < in.rank; i++) {
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%d ", in.dim[i]);
    }
    plumb_real *x = input_values(kit, net, indices);
    size_t size = ROWS * (size_t)plumb_shape_size(out) * sizeof(plumb_real);
    plumb_real *y = kit_alloc(kit, size);
    assert_true(plumb_predict(net, x, ROWS, y, &(PlumbConfig){.threads = 1}, &kit->error));
    write_bytes(folder, "shape", shape, strlen(shape));
    write_bytes(folder, "input", x, ROWS * (size_t)plumb_shape_size(in) * sizeof *x);
    write_bytes(folder, "output", y, size);
}

static void write_case(Kit *kit, Folder *folder, const char *text, bool indices) {
    PlumbNet *net = net_of(kit, text);
    static const char *const kinds[] = {"py", "onnx", "dot"};
    char path[128];
    int node;
    make_weights(kit, net);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "%s/%d.%s", folder->path, folder->count, kinds[i]);
        if (!plumb_net_export(net, path, NULL, &node, &kit->error)) {
            fail_msg("%s: .%s: %s", text, kinds[i], kit->error.what);
        }
    }
    snprintf(path, sizeof path, "%s/%d.safetensors", folder->path, folder->count);
    assert_true(plumb_net_save(net, path, NULL, &kit->error));
    write_numbers(kit, folder, net, indices);
    fprintf(folder->cases, "%d %d %s\n", folder->count++, ROWS, text);
    plumb_net_free(net);
}

static void write_cases(Kit *kit, Folder *folder) {
    char text[512];
    for (int i = 0; i < LAYER_CASES; i++) {
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            if (layer_cases[i].where & places[p].where) {
                snprintf(text, sizeof text, "%s%s", places[p].before, layer_cases[i].stage);
                write_case(kit, folder, text, places[p].where == ON_INDICES);
            }
        }
    }
    for (int i = 0; i < NETS; i++) {
        write_case(kit, folder, nets[i], false);
    }
}

/* ---- run elsewhere ---------------------------------------------------------------------------------------------- */

/* Written once for both programs; in memory where there is such a folder, since every file is synced to its disk. */
static int write_all(void **state) {
    static Folder folder;
    Kit kit = {.arena = plumb_arena_new()};
    char list[128];
    strcpy(folder.path, access("/dev/shm", W_OK) == 0 ? "/dev/shm/plumb-export-XXXXXX" : "/tmp/plumb-export-XXXXXX");
    assert_true(kit.arena && mkdtemp(folder.path));
    snprintf(list, sizeof list, "%s/cases.txt", folder.path);
    folder.cases = fopen(list, "w");
    assert_non_null(folder.cases);
    write_cases(&kit, &folder);
    assert_int_equal(fclose(folder.cases), 0);
    plumb_arena_free(kit.arena);
    *state = &folder;
    return 0;
}

static int remove_all(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", ((Folder *)*state)->path);
    return system(command);
}

static void run_elsewhere(void **state, const char *program) {
    char text[256];
    snprintf(text, sizeof text, "command -v %.*s >/dev/null || exit %d; %s %s", (int)strcspn(program, " "), program,
             SKIPPED, program, ((Folder *)*state)->path);
    int status = system(text), code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == SKIPPED) {
        skip();
    }
    if (code != 0) {
        fail_msg("%s: exit status %d", program, code);
    }
}

static void pytorch_gives_the_same_outputs(void **state) {
    run_elsewhere(state, "/usr/bin/python3 tests/export/check_torch.py");
}

static void onnx_runtime_gives_the_same_outputs(void **state) {
    run_elsewhere(state, "node tests/export/check_onnx.js");
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void every_layer_can_be_said_in_every_format(void **state) {
    (void)state;
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        const Layer *layer = (const Layer *)entry;
        if (entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION) && layer->inputs_max && !(layer->torch && layer->onnx)) {
            fail_msg("%s has no %s", entry->name, layer->torch ? "onnx" : "torch");
        }
    }
}

static void a_net_that_cannot_be_written_leaves_no_file(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(7) -> dense(6)");
    int node;
    assert_false(plumb_net_export(net, "/tmp/plumb-unmade.onnx", NULL, &node, &kit->error));
    assert_says(&kit->error, "has no weights yet");
    assert_int_equal(access("/tmp/plumb-unmade.onnx", F_OK), -1);
    assert_false(plumb_net_export(net, "net.txt", NULL, &node, &kit->error));
    assert_says(&kit->error, ".onnx, .py or .dot");
    assert_int_equal(node, -1);
    plumb_net_free(net);
}

/* A layer like relu that no other program knows. */
static void a_layer_that_cannot_be_said_is_named(void **state) {
    Kit *kit = *state;
    Layer mute = *(const Layer *)plumb_entry_find("relu");
    PlumbCall call = {.entry = &mute.entry};
    PlumbNet *net = net_of(kit, "input(7) -> dense(6)");
    int node, before = plumb_net_size(net) - 1;
    mute.torch = NULL;
    mute.onnx = NULL;
    assert_int_equal(plumb_net_add(net, &call, &before, 1, "", "mute", -1, (PlumbPlace){0}, &kit->error), 2);
    assert_true(plumb_net_make(net, 1, &kit->error));
    assert_false(plumb_net_export(net, "/tmp/plumb-mute.onnx", NULL, &node, &kit->error));
    assert_says(&kit->error, "ONNX has no way to say mute (relu)");
    assert_int_equal(node, 2);
    assert_false(plumb_net_export(net, "/tmp/plumb-mute.py", NULL, &node, &kit->error));
    assert_says(&kit->error, "PyTorch has no way to say mute (relu)");
    assert_int_equal(node, 2);
    assert_int_equal(access("/tmp/plumb-mute.onnx", F_OK) & access("/tmp/plumb-mute.py", F_OK), -1);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest words[] = {
        kit_test(every_layer_can_be_said_in_every_format),
        kit_test(a_net_that_cannot_be_written_leaves_no_file),
        kit_test(a_layer_that_cannot_be_said_is_named),
    };
    const struct CMUnitTest outputs[] = {
        cmocka_unit_test(pytorch_gives_the_same_outputs),
        cmocka_unit_test(onnx_runtime_gives_the_same_outputs),
    };
    int failed = cmocka_run_group_tests(words, NULL, NULL);
    return cmocka_run_group_tests(outputs, write_all, remove_all) + failed;
}
