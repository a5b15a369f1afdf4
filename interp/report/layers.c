/* The layers as declared, and how they are linked. */
#include "../render/pictures.h"
#include "report.h"

static bool has_links(const PlumbNet *net) {
    bool any = false;
    for (int i = 0; i < plumb_net_size(net); i++) {
        any = any || plumb_net_node(net, i)->skip;
    }
    return any;
}

static void write(Page *page, const About *about) {
    page_fold_begin(page, plumb_net_size(about->net) <= ROWS_OPEN, "Every layer");
    page_table(page, grid_of_net(about->net), "Layers from the input on");
    page_fold_end(page);
    if (has_links(about->net)) {
        page_fold_begin(page, false, "How the layers are linked");
        page_figure(page, picture_of("graph", about, 1), "The table's last column says the same in words.");
        page_fold_end(page);
    }
}

const Section section_layers = {.id = "layers", .heading = "Layers", .write = write};
