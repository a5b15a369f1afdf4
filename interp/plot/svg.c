/* SVG 1.1, fit to be pasted into a page. */
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

/* Names of nets are source text: < > & " have to be written otherwise. */
static void escaped(Text *out, const char *text) {
    for (; *text; text++) {
        const char *name = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
        if (name) {
            text_printf(out, "%s", name);
        } else if ((unsigned char)*text >= ' ') {
            text_char(out, *text);
        }
    }
}

static void text(Surface *surface, double x, double y, Anchor anchor, unsigned color, const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    Text *out = ((Svg *)surface)->out;
    text_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#%06x\">", x, y, anchors[anchor], color);
    escaped(out, text);
    text_printf(out, "</text>\n");
}

bool plot_svg(const Plot *plot, Text *out) {
    Svg svg = {{.box = box, .line = line, .text = text}, out};
    plot_size(plot, &svg.surface.width, &svg.surface.height);
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
                "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"%d\">\n<title>",
                svg.surface.width, svg.surface.height, svg.surface.width, svg.surface.height, FONT_SIZE);
    escaped(out, plot->title);
    text_printf(out, "</title>\n");
    bool done = plot_draw(plot, &svg.surface);
    text_printf(out, "</svg>\n");
    return done && !out->failed;
}
