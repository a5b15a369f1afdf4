/* The layer table of a net. */
#include "number.h"
#include "pictures.h"
#include <stdlib.h>
#include <string.h>

static bool follows_the_last(const PlumbNode *node, int index) {
    return node->input_count == 0 ? index == 0 : node->input_count == 1 && node->input[0] == index - 1;
}

void node_links(const PlumbNet *net, int node, char *text, size_t size) {
    const PlumbNode *about = plumb_net_node(net, node);
    size_t used = 0;
    text[0] = '\0';
    if (follows_the_last(about, node)) {
        return;
    }
    for (int i = 0; i < about->input_count && used < size; i++) {
        const char *name = plumb_net_node(net, about->input[i])->name;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
    }
}

static void add_layer(Grid *grid, const PlumbNet *net, int index) {
    const PlumbNode *node = plumb_net_node(net, index);
    char shape[64], count[32], links[160];
    char *source = plumb_call_text(node->call);
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", node->name);
    grid_cell(grid, STATE_PLAIN, "%s", source ? source : node->call->entry->name);
    grid_cell(grid, STATE_PLAIN, "%s", plumb_shape_text(node->shape, shape));
    grid_cell(grid, STATE_PLAIN, "%s", node->parameters ? number_grouped(node->parameters, count) : "-");
    grid_cell(grid, STATE_PLAIN, "%s", node->flops > 0 ? number_grouped((int64_t)node->flops, count) : "-");
    grid_cell(grid, STATE_PLAIN, "%s", *node->init ? node->init : "-");
    node_links(net, index, links, sizeof links);
    grid_cell(grid, STATE_PLAIN, "%s", *links ? links : "-");
    free(source);
}

static void add_total(Grid *grid, const PlumbNet *net) {
    int64_t parameters = 0;
    double flops = 0;
    char count[32];
    for (int i = 0; i < plumb_net_size(net); i++) {
        parameters += plumb_net_node(net, i)->parameters;
        flops += plumb_net_node(net, i)->flops;
    }
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "total");
    grid_cell(grid, STATE_PLAIN, "%s", "");
    grid_cell(grid, STATE_PLAIN, "%s", "");
    grid_cell(grid, STATE_PLAIN, "%s", number_grouped(parameters, count));
    grid_cell(grid, STATE_PLAIN, "%s", number_grouped((int64_t)flops, count));
}

Grid *grid_of_net(const PlumbNet *net) {
    static const Column column[] = {
        {.title = "layer", .align = ALIGN_LEFT},
        {.title = "as written", .align = ALIGN_LEFT, .rank = 4, .most = 28},
        {.title = "shape", .align = ALIGN_LEFT},
        {.title = "parameters", .align = ALIGN_RIGHT, .rank = 1},
        {.over = "FLOPs", .title = "a row", .align = ALIGN_RIGHT, .rank = 3},
        {.title = "init", .align = ALIGN_LEFT, .rank = 2},
        {.title = "input from", .align = ALIGN_LEFT, .rank = 2, .most = 28},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    for (int i = 0; grid && i < plumb_net_size(net); i++) {
        add_layer(grid, net, i);
    }
    if (grid) {
        add_total(grid, net);
    }
    return grid;
}

void picture_net(const Canvas *canvas, const PlumbNet *net) {
    Grid *grid = grid_of_net(net);
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
}
