/* Where pictures go: a stream, its width, and the colours of states. */
#ifndef PLUMB_RENDER_CANVAS_H
#define PLUMB_RENDER_CANVAS_H
#include <stdbool.h>
#include <stdio.h>

typedef struct Canvas {
    FILE *out;
    int width;  /* no line is wider */
    bool color;
    bool unicode; /* else ASCII only */
} Canvas;

typedef enum { STATE_PLAIN, STATE_HEALTHY /* dim */, STATE_DOUBTFUL /* yellow */, STATE_BROKEN /* red */ } State;
void canvas_text(const Canvas *canvas, State state, const char *text, int bytes);
/* A paragraph, broken at spaces; every line but the first starts with `indent` spaces. Ends with a newline. */
void canvas_wrap(const Canvas *canvas, State state, int indent, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Doubtful above 1e-1, the limit of the rule stagnant_update, broken above 1 and where nothing moves. A small one says nothing by
 * itself: schedules end near 0. NaN: plain. */
State state_of_update(double ratio);
/* Doubtful above 50 %, the threshold of saturated_activation and dead_units; broken above 90 %. */
State state_of_share(double share);
/* Of a gradient, `decades` above (+) or below (-) the one at the last layer: doubtful from 3 below or 1.5 above on, the
 * thresholds of vanishing_gradient and exploding_gradient; broken at twice that. */
State state_of_decades(double decades);
#endif
