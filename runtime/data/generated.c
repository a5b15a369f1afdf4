/* Generated data: points in the plane, or in space, of a few classes. Row i is of class i mod classes, and all its
 * random numbers are draws at places that depend on i alone, so that more samples only add rows. */
#include "table.h"
#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846
enum { STREAM_PLACE, STREAM_NOISE, STREAM_CENTRE };

typedef struct Points {
    int64_t samples;
    int classes, features;
    double noise;  /* standard deviation */
    double factor; /* radius of a circle, or angle of a whole arm */
    uint64_t seed;
} Points;

/* Writes the features of row i, without noise. t: uniform in (0,1). */
typedef void (*PointAt)(const Points *points, int64_t i, int of_class, double t, double *x);

/* Place and noise come from streams of their own, so that changing the noise moves no point. */
static void fill(const Points *points, PointAt at, double *row, Table *table) {
    Draw place = {points->seed, DRAW_DATA, STREAM_PLACE}, noise = {points->seed, DRAW_DATA, STREAM_NOISE};
    for (int64_t i = 0; i < points->samples; i++) {
        int of_class = (int)(i % points->classes);
        at(points, i, of_class, draw_uniform(place, (uint64_t)i), row);
        for (int f = 0; f < points->features; f++) {
            int64_t index = i * points->features + f;
            table->x[index] = (plumb_real)(row[f] + points->noise * draw_normal(noise, (uint64_t)index));
        }
        table->y[i] = of_class;
    }
}

/* Draws all rows, then treats them as if they had been read. */
static PlumbData *generate(Points points, PointAt at, const PlumbCall *call, uint64_t seed, PlumbError *error) {
    points.samples = (int64_t)plumb_call_number(call, "samples");
    points.seed = seed;
    Table table = {.rows = points.samples, .x_shape = {1, {points.features}}, .y_shape = {1, {1}}};
    size_t values = (size_t)points.samples * (size_t)points.features;
    table.x = malloc(values * sizeof *table.x);
    table.y = malloc((size_t)points.samples * sizeof *table.y);
    double *row = malloc((size_t)points.features * sizeof *row);
    bool done = table.x && table.y && row;
    if (done) {
        fill(&points, at, row, &table);
    }
    free(row);
    if (!done) {
        table_free(&table);
        error_memory(error);
        return NULL;
    }
    return table_finish(&table, call, seed, error);
}

#define SAMPLES(text)                                                                                                  \
    { .name = "samples", .accepts = PLUMB_A_INT, .fallback = text, .min = 2, .max = 1e8, .help = "rows, all classes" }
#define NOISE(text)                                                                                                    \
    {                                                                                                                  \
        .name = "noise", .accepts = PLUMB_A_NUMBER, .fallback = text, .max = 1e6,                                      \
        .help = "standard deviation of the noise on each feature"                                                      \
    }
#define CLASSES                                                                                                        \
    { .name = "classes", .accepts = PLUMB_A_INT, .fallback = "3", .min = 2, .max = 100, .help = "number of classes" }

/* ---- xor -------------------------------------------------------------------------------------------------- */

/* The four corners in turn: class 0 on one diagonal, 1 on the other. */
static void xor_at(const Points *points, int64_t i, int of_class, double t, double *x) {
    (void)points;
    (void)t;
    x[0] = i / 2 % 2 ? 1 : -1;
    x[1] = of_class ? -x[0] : x[0];
}

static PlumbData *load_xor(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    Points points = {.classes = 2, .features = 2, .noise = plumb_call_number(call, "noise")};
    return generate(points, xor_at, call, seed, error);
}

static const PlumbArg xor_args[] = {SAMPLES("400"), NOISE("0.1"), TABLE_ARGS};

const Source source_xor = {
    .entry = {.name = "xor",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = xor_args,
              .summary = "the corners of a square, classes on the diagonals: no straight line separates them",
              .formula = "x in {-1, 1}^2, class 1 where the signs differ",
              .source = "Minsky & Papert 1969; Rumelhart, Hinton, Williams 1986",
              .example = "d = xor(samples=400, noise=0.1)"},
    .load = load_xor,
};

/* ---- spirals ---------------------------------------------------------------------------------------------- */

/* Radius t; the angle grows with it from the class's own start. */
static void spiral_at(const Points *points, int64_t i, int of_class, double t, double *x) {
    (void)i;
    double angle = 2 * PI * of_class / points->classes + points->factor * t;
    x[0] = t * sin(angle);
    x[1] = t * cos(angle);
}

static PlumbData *load_spirals(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    Points points = {.classes = (int)plumb_call_number(call, "classes"),
                     .features = 2,
                     .noise = plumb_call_number(call, "noise"),
                     .factor = 2 * PI * plumb_call_number(call, "turns")};
    return generate(points, spiral_at, call, seed, error);
}

static const PlumbArg spirals_args[] = {CLASSES,
                                        NOISE("0.02"),
                                        SAMPLES("600"),
                                        {.name = "turns",
                                         .accepts = PLUMB_A_NUMBER,
                                         .fallback = "0.75",
                                         .max = 10,
                                         .help = "how often an arm winds around the middle"},
                                        TABLE_ARGS};

const Source source_spirals = {
    .entry = {.name = "spirals",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = spirals_args,
              .summary = "arms wound around each other, one a class",
              .formula = "x = t (sin a, cos a), a = 2 pi (class / classes + turns t), t in (0, 1)",
              .source = "Lang & Witbrock 1988",
              .example = "d = spirals(classes=3, noise=0.02, samples=600)"},
    .load = load_spirals,
};

/* ---- moons ------------------------------------------------------------------------------------------------ */

/* Half circles of radius 1; the second is turned and moved by (1, 1/2). */
static void moon_at(const Points *points, int64_t i, int of_class, double t, double *x) {
    (void)points;
    (void)i;
    x[0] = of_class ? 1 - cos(PI * t) : cos(PI * t);
    x[1] = of_class ? 0.5 - sin(PI * t) : sin(PI * t);
}

static PlumbData *load_moons(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    Points points = {.classes = 2, .features = 2, .noise = plumb_call_number(call, "noise")};
    return generate(points, moon_at, call, seed, error);
}

static const PlumbArg moons_args[] = {SAMPLES("400"), NOISE("0.1"), TABLE_ARGS};

const Source source_moons = {
    .entry = {.name = "moons",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = moons_args,
              .summary = "two half circles that reach into each other",
              .formula = "(cos a, sin a) and (1 - cos a, 1/2 - sin a), a in (0, pi)",
              .source = "scikit-learn, make_moons",
              .example = "d = moons(samples=400, noise=0.1)"},
    .load = load_moons,
};

/* ---- circles ---------------------------------------------------------------------------------------------- */

/* Radius 1, or factor for the inner class. */
static void circle_at(const Points *points, int64_t i, int of_class, double t, double *x) {
    (void)i;
    double radius = of_class ? points->factor : 1;
    x[0] = radius * cos(2 * PI * t);
    x[1] = radius * sin(2 * PI * t);
}

static PlumbData *load_circles(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    Points points = {.classes = 2,
                     .features = 2,
                     .noise = plumb_call_number(call, "noise"),
                     .factor = plumb_call_number(call, "factor")};
    return generate(points, circle_at, call, seed, error);
}

static const PlumbArg circles_args[] = {
    SAMPLES("400"),
    NOISE("0.05"),
    {.name = "factor", .accepts = PLUMB_A_NUMBER, .fallback = "0.5", .max = 1, .help = "radius of the inner circle"},
    TABLE_ARGS};

const Source source_circles = {
    .entry = {.name = "circles",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = circles_args,
              .summary = "a circle within a circle",
              .formula = "r (cos a, sin a), r = 1 for class 0 and factor for class 1",
              .source = "scikit-learn, make_circles",
              .example = "d = circles(samples=400, noise=0.05, factor=0.5)"},
    .load = load_circles,
};

/* ---- blobs ------------------------------------------------------------------------------------------------ */

/* The centre of the class, uniform in [-10, 10]; the noise does the rest. */
static void blob_at(const Points *points, int64_t i, int of_class, double t, double *x) {
    (void)i;
    (void)t;
    Draw centre = {points->seed, DRAW_DATA, STREAM_CENTRE};
    for (int f = 0; f < points->features; f++) {
        x[f] = 20 * draw_uniform(centre, (uint64_t)of_class * (uint64_t)points->features + (uint64_t)f) - 10;
    }
}

static PlumbData *load_blobs(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    Points points = {.classes = (int)plumb_call_number(call, "classes"),
                     .features = (int)plumb_call_number(call, "features"),
                     .noise = plumb_call_number(call, "spread")};
    return generate(points, blob_at, call, seed, error);
}

static const PlumbArg blobs_args[] = {
    CLASSES,
    {.name = "features", .accepts = PLUMB_A_INT, .fallback = "2", .min = 1, .max = 1e6, .help = "size of the input"},
    {.name = "spread",
     .accepts = PLUMB_A_NUMBER,
     .fallback = "1",
     .max = 1e6,
     .help = "standard deviation around the centre"},
    SAMPLES("300"),
    TABLE_ARGS};

const Source source_blobs = {
    .entry = {.name = "blobs",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = blobs_args,
              .summary = "clouds of points, one a class",
              .formula = "x = centre of the class + spread z, z ~ N(0, 1), centres uniform in [-10, 10]",
              .source = "scikit-learn, make_blobs",
              .example = "d = blobs(classes=3, features=2, spread=1)"},
    .load = load_blobs,
};
