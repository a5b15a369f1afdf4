/* The matrix products and convolutions of a training step, from a net's layers. */
#include "bench.h"
#include <string.h>

typedef struct List {
    const PlumbNet *net;
    Product *product;
    int count, batch;
} List;

/* Equal ones are one, counted. */
static void add(List *list, Product product) {
    for (int i = 0; i < list->count; i++) {
        Product other = list->product[i];
        other.count = product.count;
        if (!memcmp(&other, &product, sizeof product)) {
            list->product[i].count += product.count;
            return;
        }
    }
    if (list->count < PRODUCTS_MAX) {
        list->product[list->count++] = product;
    }
}

/* Is something learned before this node? Else nobody asks for dL/dx. */
static bool goes_back(const PlumbNet *net, int node) {
    const PlumbNode *about = plumb_net_node(net, node);
    for (int i = 0; i < about->input_count; i++) {
        int from = about->input[i];
        if (plumb_net_node(net, from)->parameters > 0 || goes_back(net, from)) {
            return true;
        }
    }
    return false;
}

/* y[rows, out] = x[rows, in] W^T. */
static void add_linear(List *list, int count, int rows, int in, int out, bool back) {
    add(list, (Product){PRODUCT_FORWARD, count, rows, out, in, {0}, {0}, {0}, {0}});
    add(list, (Product){PRODUCT_WEIGHTS, count, out, in, rows, {0}, {0}, {0}, {0}});
    if (back) {
        add(list, (Product){PRODUCT_INPUT, count, rows, in, out, {0}, {0}, {0}, {0}});
    }
}

static void add_dense(List *list, const PlumbNode *node, PlumbShape in, bool back) {
    int inputs = in.dim[in.rank - 1], outputs = node->shape.dim[node->shape.rank - 1];
    add_linear(list, 1, list->batch * (int)(plumb_shape_size(node->shape) / outputs), inputs, outputs, back);
}

/* All inputs at once; the state step by step; its dL/dW at once too. */
static void add_recurrent(List *list, const PlumbNode *node, PlumbShape in, bool back) {
    const char *kind = node->call->entry->name;
    int units = (int)plumb_call_number(node->call, "units"), layers = (int)plumb_call_number(node->call, "layers");
    int gates = !strcmp(kind, "lstm") ? 4 : !strcmp(kind, "gru") ? 3 : 1, steps = in.dim[0], rows = list->batch;
    for (int i = 0; i < layers; i++) {
        add_linear(list, 1, steps * rows, i ? units : in.dim[1], gates * units, back || i);
        add(list, (Product){PRODUCT_FORWARD, steps, rows, gates * units, units, {0}, {0}, {0}, {0}});
        add(list, (Product){PRODUCT_INPUT, steps, rows, units, gates * units, {0}, {0}, {0}, {0}});
        add(list, (Product){PRODUCT_WEIGHTS, 1, gates * units, units, steps * rows, {0}, {0}, {0}, {0}});
    }
}

/* A number, or [height, width]. */
static void take_pair(const PlumbCall *call, const char *name, int pair[2]) {
    const PlumbValue *value = plumb_call_value(call, name);
    for (int i = 0; i < 2; i++) {
        pair[i] = (int)(value->type == PLUMB_V_LIST ? value->item[i].number : value->number);
    }
}

/* Of images, as a product of the places' patches. */
static void add_conv(List *list, const PlumbNode *node, PlumbShape in, bool back) {
    Product product = {.count = 1};
    memcpy(product.in, in.dim, sizeof product.in);
    memcpy(product.out, node->shape.dim, sizeof product.out);
    take_pair(node->call, "kernel", product.kernel);
    take_pair(node->call, "stride", product.stride);
    product.m = list->batch * product.out[1] * product.out[2];
    product.n = product.out[0];
    product.k = product.in[0] * product.kernel[0] * product.kernel[1];
    for (product.of = PRODUCT_FORWARD; product.of <= PRODUCT_WEIGHTS; product.of++) {
        if (product.of != PRODUCT_INPUT || back) {
            add(list, product);
        }
    }
}

int products_of(const PlumbNet *net, int batch, Product product[PRODUCTS_MAX]) {
    static const struct {
        const char *kind;
        void (*add)(List *list, const PlumbNode *node, PlumbShape in, bool back);
        int rank; /* of its input; 0: any */
    } kinds[] = {{"dense", add_dense, 0},
                 {"rnn", add_recurrent, 2},
                 {"lstm", add_recurrent, 2},
                 {"gru", add_recurrent, 2},
                 {"conv", add_conv, 3}};
    List list = {net, product, 0, batch};
    for (int i = 1; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        PlumbShape in = node->input_count ? plumb_net_node(net, node->input[0])->shape : node->shape;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (!strcmp(node->call->entry->name, kinds[k].kind) && (!kinds[k].rank || kinds[k].rank == in.rank)) {
                kinds[k].add(&list, node, in, goes_back(net, i));
            }
        }
    }
    return list.count;
}

double product_flops(const Product *product) {
    return 2.0 * product->count * product->m * product->n * product->k;
}
