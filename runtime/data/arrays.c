/* The data sources whose files hold arrays: idx, npy, npz, safetensors. */
#include "table.h"

/* Reads one array; `name` is used where a file holds several. */
typedef bool (*ReadArray)(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error);

typedef struct Place { /* of an array: a file, and a name in it */
    const char *path, *name;
} Place;

/* Reads inputs and labels and adds their rows; what was read is freed in any case. */
static bool append_pair(Table *table, ReadArray read, Place x_at, Place y_at, const PlumbFiles *files,
                        PlumbError *error) {
    Array x = {0}, y = {0};
    bool done = read(&x, x_at.path, x_at.name, files, error) && read(&y, y_at.path, y_at.name, files, error) &&
                table_append(table, &x, &y, x_at.path, error);
    array_free(&x);
    array_free(&y);
    return done;
}

/* After an error the table is freed, not finished. */
static PlumbData *finish(Table *table, bool done, const PlumbCall *call, uint64_t seed, PlumbError *error) {
    if (!done) {
        table_free(table);
        return NULL;
    }
    return table_finish(table, call, seed, error);
}

/* ---- arrays by name in one file --------------------------------------------------------------------------- */

static PlumbData *load_named(ReadArray read, const PlumbCall *call, const PlumbFiles *files, uint64_t seed,
                             PlumbError *error) {
    Table table = {0};
    const char *path = plumb_call_string(call, "path");
    Place x = {path, plumb_call_string(call, "x")}, y = {path, plumb_call_string(call, "y")};
    return finish(&table, append_pair(&table, read, x, y, files, error), call, seed, error);
}

static PlumbData *load_npz(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    return load_named(npz_read, call, files, seed, error);
}

static PlumbData *load_safetensors(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    return load_named(safetensors_read, call, files, seed, error);
}

static const PlumbArg named_args[] = {
    {.name = "path", .accepts = PLUMB_A_STRING, .help = "the file"},
    {.name = "x", .accepts = PLUMB_A_STRING, .fallback = "\"x\"", .help = "name of the inputs, one row each"},
    {.name = "y", .accepts = PLUMB_A_STRING, .fallback = "\"y\"", .help = "name of the labels or targets"},
    TABLE_ARGS};

const Source source_npz = {
    .entry = {.name = "npz",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = named_args,
              .summary = "two arrays of a NumPy archive: inputs and labels",
              .formula = "x: rows x shape, y: rows or rows x shape",
              .source = "numpy.savez, numpy.lib.format",
              .example = "d = npz(\"train.npz\", x=\"images\", y=\"labels\", scale=255)"},
    .load = load_npz,
};

const Source source_safetensors = {
    .entry = {.name = "safetensors",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = named_args,
              .summary = "two tensors of a safetensors file: inputs and labels",
              .formula = "x: rows x shape, y: rows or rows x shape",
              .source = "https://github.com/huggingface/safetensors",
              .example = "d = safetensors(\"train.safetensors\", x=\"images\", y=\"labels\")"},
    .load = load_safetensors,
};

/* ---- one array a file ------------------------------------------------------------------------------------- */

static bool read_npy(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error) {
    (void)name;
    return npy_read(array, path, files, error);
}

static PlumbData *load_npy(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table table = {0};
    Place x = {.path = plumb_call_string(call, "x")}, y = {.path = plumb_call_string(call, "y")};
    return finish(&table, append_pair(&table, read_npy, x, y, files, error), call, seed, error);
}

static const PlumbArg npy_args[] = {
    {.name = "x", .accepts = PLUMB_A_STRING, .help = "file of the inputs, one row each"},
    {.name = "y", .accepts = PLUMB_A_STRING, .help = "file of the labels or targets"},
    TABLE_ARGS};

const Source source_npy = {
    .entry = {.name = "npy",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = npy_args,
              .summary = "inputs and labels from two files of NumPy arrays",
              .formula = "x: rows x shape, y: rows or rows x shape",
              .source = "numpy.save, numpy.lib.format",
              .example = "d = npy(x=\"x.npy\", y=\"y.npy\", scale=standard)"},
    .load = load_npy,
};

/* Images without a channel axis get one: rows x height x width becomes rows x 1 x height x width. */
static bool read_idx(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error) {
    (void)name;
    if (!idx_read(array, path, files, error)) {
        return false;
    }
    if (array->rank == 3) {
        array->rank = 4;
        array->dim[3] = array->dim[2];
        array->dim[2] = array->dim[1];
        array->dim[1] = 1;
    }
    return true;
}

/* With files of a test part, test= has nothing to split. */
static PlumbData *load_idx(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table table = {0};
    Place images = {.path = plumb_call_string(call, "images")}, labels = {.path = plumb_call_string(call, "labels")};
    Place test_images = {.path = plumb_call_string(call, "test_images")};
    Place test_labels = {.path = plumb_call_string(call, "test_labels")};
    if (!test_images.path != !test_labels.path) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "idx takes test_images and test_labels together or neither");
        return NULL;
    }
    bool done = append_pair(&table, read_idx, images, labels, files, error);
    int64_t train = table.rows;
    if (done && test_images.path) {
        done = append_pair(&table, read_idx, test_images, test_labels, files, error);
        table.given_test = table.rows - train;
    }
    return finish(&table, done, call, seed, error);
}

static const PlumbArg idx_args[] = {
    {.name = "images", .accepts = PLUMB_A_STRING, .help = "file of the inputs; .gz is unpacked on the way"},
    {.name = "labels", .accepts = PLUMB_A_STRING, .help = "file of the labels"},
    {.name = "test_images",
     .accepts = PLUMB_A_STRING | PLUMB_A_NONE,
     .fallback = "none",
     .help = "inputs of the test part; none: split by test="},
    {.name = "test_labels", .accepts = PLUMB_A_STRING | PLUMB_A_NONE, .fallback = "none", .help = "their labels"},
    TABLE_ARGS};

const Source source_idx = {
    .entry = {.name = "idx",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = idx_args,
              .summary = "images and labels in the format of MNIST",
              .formula = "rows x height x width becomes input 1 x height x width",
              .source = "LeCun, Cortes, Burges: The MNIST database",
              .example = "mnist = idx(images=\"train-images-idx3-ubyte.gz\", labels=\"train-labels-idx1-ubyte.gz\", "
                         "scale=255)"},
    .load = load_idx,
};
