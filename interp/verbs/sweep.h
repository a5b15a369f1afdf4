/* A sweep: what varies, the trainings of all combinations, and how their results are shown. */
#ifndef PLUMB_SWEEP_H
#define PLUMB_SWEEP_H
#include "../variants.h"
#include "../verb.h"

enum { SEEDS_MOST = 100 };

/* The call of the trainings. Its operands are the nets; each that is done makes room for the list of its results, so
 * that a thousand of them need little memory, and a pause keeps all. The recipe changes fastest but for the seed. */
typedef struct Sweep {
    Variants variants;
    RecipeVariants recipes;
    VerbCall call;
    int seeds;
} Sweep;

int sweep_combinations(const Sweep *sweep);
int sweep_dimensions(const Sweep *sweep);
const Dimension *sweep_dimension(const Sweep *sweep, int at);
Value *sweep_item(const Sweep *sweep, int combination, int at); /* borrowed */
/* ", lr=0.1" of a combination, what it takes of the recipe. malloc'd; NULL: no memory. */
char *sweep_settings(const Sweep *sweep, int combination);

/* ---- sweep_results.c ---------------------------------------------------------------------------------------- */
/* What is kept of a net that was trained: a list of numbers. NULL: no memory. */
Value *sweep_results(const NetValue *net, const PlumbData *data);
/* The table, the map of two lists, and --json, of results in place of all nets. */
bool sweep_show(Session *session, const Sweep *sweep);
#endif
