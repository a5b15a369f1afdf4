/* Random nets over the whole registry, with links, branches, shared weights and ends that lead nowhere: all gradients
 * against finite differences. A net that fails is printed as text that nets.h reads. */
#include "gradients.h"
#include "layer_cases.h"

enum { NETS = 300, STAGES_MAX = 16, TEXT_MAX = 4096, TRIES = 60 };

typedef struct Writer { /* draws a net, stage by stage, and keeps its text */
    Kit *kit;
    PlumbNet *net;
    uint64_t seed, drawn;
    char text[TEXT_MAX];
} Writer;

static int below(Writer *writer, int bound) {
    return (int)draw_below((Draw){writer->seed, DRAW_SAMPLE, 0}, writer->drawn++, (uint64_t)bound);
}

static bool chance(Writer *writer, int percent) {
    return below(writer, 100) < percent;
}

/* Adds a stage, or leaves net and text as they were. Every stage is labelled n1, n2 ... */
static bool write_stage(Writer *writer, const char *text) {
    Stage stage;
    char *end = writer->text + strlen(writer->text);
    size_t left = TEXT_MAX - (size_t)(end - writer->text);
    int size = plumb_net_size(writer->net);
    snprintf(end, left, "%sn%d: %s", size ? " -> " : "", size, text);
    read_stage(size ? end + strlen(" -> ") : end, &stage);
    if (add_stage(writer->kit, writer->net, &stage) < 0) {
        *end = '\0';
        return false;
    }
    return true;
}

static PlumbShape shape_at(const Writer *writer, int node) {
    return plumb_net_node(writer->net, node)->shape;
}

/* A node of the shape of `like`, at random; `like` itself when there is no other. */
static int equal_node(Writer *writer, int like) {
    for (int i = 0; i < TRIES; i++) {
        int node = below(writer, plumb_net_size(writer->net));
        if (plumb_shape_equal(shape_at(writer, node), shape_at(writer, like))) {
            return node;
        }
    }
    return like;
}

/* A case's call, its links drawn anew; now and then behind an earlier node, or with an earlier layer's weights. */
static void draw_stage(Writer *writer, char text[256]) {
    Stage stage;
    int size = plumb_net_size(writer->net), from = chance(writer, 20) ? below(writer, size) : size - 1;
    const LayerCase *drawn;
    do {
        drawn = &layer_cases[below(writer, LAYER_CASES)];
    } while (drawn->where == ON_INDICES); /* outputs of other layers are none */
    read_stage(drawn->stage, &stage);
    int length = snprintf(text, 256, "%s", stage.call);
    for (int i = 0; i < stage.links; i++) {
        length += snprintf(text + length, 256 - (size_t)length, " & n%d", equal_node(writer, from));
    }
    if (from != size - 1) {
        length += snprintf(text + length, 256 - (size_t)length, " < n%d", from);
    }
    for (int node = 1; node < size && chance(writer, 50); node++) {
        const PlumbNode *about = plumb_net_node(writer->net, node);
        if (about->weight_count && !strcmp(about->call->entry->name, call_of(writer->kit, stage.call)->entry->name)) {
            snprintf(text + length, 256 - (size_t)length, " = n%d", node);
            return;
        }
    }
}

/* Small enough that hundreds of nets can be checked. */
static bool small(const PlumbNet *net) {
    return net->parameter_count <= 500 && plumb_shape_size(net->node[net->node_count - 1].about.shape) <= 40;
}

static PlumbNet *draw_net(Writer *writer, int outputs) {
    static const char *const inputs[] = {"input(5)", "input(1)", "input(6)", "input(4, 4)", "input(4, 3, 3)"};
    static const char *const first[] = {"dense(6)", "dense(6)", "dense(4)", "dense(5)", "prelu"};
    int which = below(writer, sizeof inputs / sizeof *inputs), stages = 2 + below(writer, STAGES_MAX - 1);
    char text[256];
    *writer->text = '\0';
    writer->net = plumb_net_new("random", &writer->kit->error);
    assert_true(write_stage(writer, inputs[which]) && write_stage(writer, first[which]));
    for (int done = 0, tries = 0; done < stages && tries < TRIES && small(writer->net); tries++) {
        draw_stage(writer, text);
        done += write_stage(writer, text);
    }
    if (!chance(writer, 20) || outputs == 1) {
        snprintf(text, sizeof text, "dense(%d)", outputs);
        assert_true(write_stage(writer, "flatten") && write_stage(writer, text));
    }
    return writer->net;
}

/* How often each layer was drawn into a net that was compared. */
static void count_layers(const PlumbNet *net, int *count) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        for (int node = 0; node < plumb_net_size(net); node++) {
            count[i] += plumb_net_node(net, node)->call->entry == entry;
        }
    }
}

static const struct {
    const char *loss;
    Target target;
    int outputs;
} tasks[] = {{"mse", TARGET_VALUES, 3},
             {"huber(delta=0.7)", TARGET_VALUES, 2},
             {"cross_entropy", TARGET_CLASSES, 4},
             {"binary_cross_entropy", TARGET_YES_NO, 1}};

static bool compare_drawn(Kit *kit, uint64_t seed, int *count, Compared *compared) {
    Writer writer = {.kit = kit, .seed = seed};
    int task = below(&writer, sizeof tasks / sizeof *tasks);
    PlumbNet *net = draw_net(&writer, tasks[task].outputs);
    Trial trial = {.net = writer.text,
                   .loss = tasks[task].loss,
                   .target = tasks[task].target,
                   .rows = 2 + below(&writer, 7),
                   .shards = 1 + below(&writer, 4),
                   .seed = seed};
    assert_true(plumb_net_make(net, seed, &kit->error));
    stir(net, 0.2, seed);
    net_refresh(net, kernels_portable());
    bool fit = compare_net(kit, net, trial, compared);
    if (fit) {
        count_layers(net, count);
    }
    plumb_net_free(net);
    return fit;
}

static void gradients_of_random_nets_are_slopes(void **state) {
    Kit *kit = *state;
    Compared compared = {0};
    int done = 0, count[1024] = {0};
    const PlumbEntry *entry;
    for (uint64_t seed = 1; done < NETS; seed++) {
        assert_true(seed < 2 * NETS); /* few are too large to compare */
        done += compare_drawn(kit, seed, count, &compared);
    }
    print_message("# %d nets, %lld weights, %lld at kinks\n", done, (long long)compared.weights,
                  (long long)compared.kinks);
    assert_true(compared.kinks * 100 <= compared.weights);
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        if (entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION) && !((const Layer *)entry)->accepts && count[i] < 3) {
            fail_msg("%s was drawn %d times only", entry->name, count[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {kit_test(gradients_of_random_nets_are_slopes)};
    return cmocka_run_group_tests_name("random nets", tests, NULL, NULL);
}
