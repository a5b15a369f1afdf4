/* Which table to use. */
#include "kernels.h"
#include <string.h>

const Kernels *kernels_find(const char *name, PlumbError *error) {
    const Kernels *native = kernels_native();
    if (!name) {
        return native ? native : kernels_portable();
    }
    if (!strcmp(name, "portable")) {
        return kernels_portable();
    }
    if (!strcmp(name, "native") && native) {
        return native;
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "no backend \"%.40s\" in this build", name);
    return NULL;
}
