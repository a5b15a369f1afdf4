/* PNG, two points a unit; lines by the share of each point that they cover. */
#include "font.h"
#include "surface.h"
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

enum {
    POINTS = 2 /* a unit */,
    CHANNELS = 3,
    ADVANCE = CHARACTER_WIDTH * POINTS,
    LETTER = 2 /* points of one of the font's */
};

typedef struct Raster {
    Surface surface;
    int width, height; /* points */
    unsigned char *at; /* rows of red, green, blue */
} Raster;

/* ---- points ------------------------------------------------------------------------------------------------------ */

static void paint(Raster *raster, int x, int y, unsigned color, double share) {
    if (x < 0 || y < 0 || x >= raster->width || y >= raster->height || share <= 0) {
        return;
    }
    unsigned char *at = raster->at + ((size_t)y * (size_t)raster->width + (size_t)x) * CHANNELS;
    for (int i = 0; i < CHANNELS; i++) {
        double wanted = (color >> (8 * (CHANNELS - 1 - i))) & 255;
        at[i] = (unsigned char)rint(at[i] + (wanted - at[i]) * fmin(share, 1));
    }
}

static void box(Surface *surface, double x, double y, double width, double height, unsigned color) {
    int right = (int)rint((x + width) * POINTS), bottom = (int)rint((y + height) * POINTS);
    for (int j = (int)rint(y * POINTS); j < bottom; j++) {
        for (int i = (int)rint(x * POINTS); i < right; i++) {
            paint((Raster *)surface, i, j, color, 1);
        }
    }
}

/* Distance of a point from a stretch of line. */
static double distance(Point p, Point a, Point b) {
    double dx = b.x - a.x, dy = b.y - a.y, squares = dx * dx + dy * dy;
    double t = squares > 0 ? fmin(fmax(((p.x - a.x) * dx + (p.y - a.y) * dy) / squares, 0), 1) : 0;
    return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

static void stretch(Raster *raster, Point a, Point b, double thickness, unsigned color) {
    double reach = thickness / 2 + 1;
    for (int y = (int)floor(fmin(a.y, b.y) - reach); y <= (int)ceil(fmax(a.y, b.y) + reach); y++) {
        for (int x = (int)floor(fmin(a.x, b.x) - reach); x <= (int)ceil(fmax(a.x, b.x) + reach); x++) {
            paint(raster, x, y, color, thickness / 2 + 0.5 - distance((Point){x + 0.5, y + 0.5}, a, b));
        }
    }
}

static void line(Surface *surface, const Point *point, int count, double thickness, unsigned color) {
    for (int i = 1; i < count; i++) {
        Point a = {point[i - 1].x * POINTS, point[i - 1].y * POINTS}, b = {point[i].x * POINTS, point[i].y * POINTS};
        stretch((Raster *)surface, a, b, thickness * POINTS, color);
    }
}

/* ---- letters ----------------------------------------------------------------------------------------------------- */

static void letter(Raster *raster, int x, int y, unsigned char character, unsigned color) {
    bool known = character >= FONT_FIRST && character < FONT_FIRST + FONT_CHARACTERS;
    const unsigned char *column = font[known ? character - FONT_FIRST : '?' - FONT_FIRST];
    for (int i = 0; i < FONT_COLUMNS * LETTER; i++) {
        for (int j = 0; j < FONT_ROWS * LETTER; j++) {
            if (column[i / LETTER] >> (j / LETTER) & 1) {
                paint(raster, x + i, y + j, color, 1);
            }
        }
    }
}

/* A character of several bytes is shown as one `?`. */
static void text(Surface *surface, double x, double y, Anchor anchor, unsigned color, const char *text) {
    int length = (int)utf8_count(text, strlen(text));
    int left = (int)rint(x * POINTS) - length * ADVANCE * (int)anchor / 2,
        top = (int)rint(y * POINTS) - FONT_ABOVE * LETTER;
    for (; *text; left += ADVANCE) {
        int bytes = utf8_length(text, strlen(text));
        letter((Raster *)surface, left, top, bytes > 1 ? '?' : (unsigned char)*text, color);
        text += bytes > 1 ? bytes : 1;
    }
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static void put_bytes(png_structp png, png_bytep bytes, size_t size) {
    text_add(png_get_io_ptr(png), (const char *)bytes, size);
}

static void flush_nothing(png_structp png) {
    (void)png;
}

/* libpng comes back here by longjmp when it fails. */
static bool encode(png_structp png, png_infop info, const Raster *raster, Text *out) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_write_fn(png, out, put_bytes, flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)raster->width, (png_uint_32)raster->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < raster->height; y++) {
        png_write_row(png, raster->at + (size_t)y * (size_t)raster->width * CHANNELS);
    }
    png_write_end(png, NULL);
    return !out->failed;
}

static bool write_png(const Raster *raster, Text *out) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool done = info && encode(png, info, raster, out);
    png_destroy_write_struct(png ? &png : NULL, info ? &info : NULL);
    return done;
}

bool plot_png(const Plot *plot, Text *out) {
    Raster raster = {.surface = {.box = box, .line = line, .text = text}};
    plot_size(plot, &raster.surface.width, &raster.surface.height);
    raster.width = (int)raster.surface.width * POINTS;
    raster.height = (int)raster.surface.height * POINTS;
    raster.at = calloc((size_t)raster.width * (size_t)raster.height, CHANNELS);
    bool done = raster.at && plot_draw(plot, &raster.surface) && write_png(&raster, out);
    free(raster.at);
    return done;
}
