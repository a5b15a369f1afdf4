/* SVG 1.1, as a file and as part of a page. */
#include "../markup.h"
#include "surface.h"

typedef struct Svg {
    Surface surface;
    Text *out;
} Svg;

static void box(Surface *surface, double x, double y, double width, double height, unsigned color) {
    text_printf(((Svg *)surface)->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#%06x\"/>\n",
                x, y, width, height, color);
}

static void line(Surface *surface, const Point *point, int count, double thickness, unsigned color) {
    Text *out = ((Svg *)surface)->out;
    text_printf(out, "<polyline fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.1f\" points=\"", color, thickness);
    for (int i = 0; i < count; i++) {
        text_printf(out, "%s%.1f,%.1f", i ? " " : "", point[i].x, point[i].y);
    }
    text_printf(out, "\"/>\n");
}

static void text(Surface *surface, double x, double y, Anchor anchor, unsigned color, const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    Text *out = ((Svg *)surface)->out;
    text_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#%06x\">", x, y, anchors[anchor], color);
    markup_text(out, text);
    text_printf(out, "</text>\n");
}

static void frame(Surface *surface, int index, bool shown) {
    Text *out = ((Svg *)surface)->out;
    text_printf(out, index < 0 ? "</g>\n" : "<g data-frame=\"%d\"%s>\n", index, shown ? "" : " hidden");
}

static bool write(const Plot *plot, const char *attributes, Text *out) {
    Svg svg = {{.box = box, .line = line, .text = text, .frame = frame}, out};
    plot_size(plot, &svg.surface.width, &svg.surface.height);
    text_printf(out,
                "<svg %s viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
                "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"%d\">\n<title>",
                attributes, svg.surface.width, svg.surface.height, svg.surface.width, svg.surface.height, FONT_SIZE);
    markup_text(out, plot->title);
    text_printf(out, "</title>\n");
    bool done = plot_draw(plot, &svg.surface);
    text_printf(out, "</svg>\n");
    return done && !out->failed;
}

bool plot_svg(const Plot *plot, Text *out) {
    return write(plot, "xmlns=\"http://www.w3.org/2000/svg\"", out);
}

bool plot_svg_inside(const Plot *plot, Text *out) {
    return write(plot, "role=\"img\"", out);
}
