/* The data source images: a folder with one folder of PNG files a class. */
#include "table.h"
#include <dirent.h>
#include <limits.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE_MOST = 1 << 14, PIXELS_MOST = 1 << 26, CLASSES_MOST = 1 << 16 };

typedef struct Names { /* of a folder's entries, in the order of their bytes */
    char **name;
    int count, room;
} Names;

typedef struct Images {
    const char *dir;
    const PlumbFiles *files;
    Table *table;
    int channels, height, width; /* height 0: no image has been read */
    bool any;                    /* grey images may stand among coloured ones and the other way round */
    int64_t left;                /* images that are still to come */
    PlumbError *error;
} Images;

/* ---- folders ----------------------------------------------------------------------------------------------------- */

static int compare_names(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void names_free(Names *names) {
    for (int i = 0; i < names->count; i++) {
        free(names->name[i]);
    }
    free(names->name);
    *names = (Names){0};
}

static bool names_add(Names *names, const char *name) {
    if (names->count == names->room) {
        int room = names->room ? 2 * names->room : 64;
        char **more = realloc(names->name, (size_t)room * sizeof *more);
        if (!more) {
            return false;
        }
        names->name = more;
        names->room = room;
    }
    names->name[names->count] = strdup(name);
    return names->name[names->count++];
}

static bool is_png(const char *name) {
    size_t length = strlen(name);
    return length > 4 && !strcasecmp(name + length - 4, ".png");
}

static bool is_folder(DIR *parent, const char *name) {
    struct stat status;
    return fstatat(dirfd(parent), name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

static bool join(const char *folder, const char *name, char path[PATH_MAX], PlumbError *error) {
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ||
           plumb_fail(error, PLUMB_FILE_ERROR, "\"%.120s...\" is too long a path", folder);
}

/* Hidden entries are skipped; of files only PNGs count. Links are followed and judged by where they lead. */
static bool read_names(const char *path, bool folders, Names *names, const PlumbFiles *files, PlumbError *error) {
    char *real = files_resolve(path, false, files, error);
    DIR *folder = real ? opendir(real) : NULL;
    bool done = folder || (real && plumb_fail(error, PLUMB_FILE_ERROR, "\"%.160s\" is no folder to read", path));
    free(real);
    for (struct dirent *entry; done && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        bool wanted = name[0] != '.' && (folders ? is_folder(folder, name) : is_png(name));
        done = !wanted || names_add(names, name) || error_memory(error);
    }
    if (folder) {
        closedir(folder);
    }
    if (done && names->count == 0) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.160s\" holds no %s", path, folders ? "folders" : "PNG files");
        error_expected(error, folders ? "one folder a class, of PNG files" : "at least one file named *.png");
        return false;
    }
    if (done) {
        qsort(names->name, (size_t)names->count, sizeof *names->name, compare_names);
    }
    return done;
}

/* ---- one image, through libpng's simplified interface ------------------------------------------------------------ */

static bool bad_png(const Images *images, const char *path, const char *message) {
    plumb_fail(images->error, PLUMB_FORMAT_ERROR, "\"%.160s\" is no PNG that can be read", path);
    return error_found(images->error, "%.100s", message);
}

/* What the file declares, before anything is allocated for it. */
static bool check_size(const Images *images, const char *path, const png_image *image) {
    if (image->width == 0 || image->height == 0 || image->width > SIDE_MOST || image->height > SIDE_MOST ||
        (int64_t)image->width * image->height > PIXELS_MOST) {
        plumb_fail(images->error, PLUMB_UNSUPPORTED, "\"%.160s\" is too large an image", path);
        error_found(images->error, "%u x %u", image->width, image->height);
        return error_expected(images->error, "sides of at most %d, at most %d pixels", SIDE_MOST, PIXELS_MOST);
    }
    return true;
}

/* The first image decides the size, and whether there are colours. */
static bool check_alike(Images *images, const char *path, const png_image *image) {
    bool colour = image->format & PNG_FORMAT_FLAG_COLOR;
    int height = (int)image->height, width = (int)image->width;
    if (images->height == 0) {
        images->height = height;
        images->width = width;
        images->channels = images->channels ? images->channels : colour ? 3 : 1;
        images->table->x_shape = (PlumbShape){3, {images->channels, height, width}};
        images->table->y_shape = (PlumbShape){1, {1}};
        return table_grow(images->table, images->left, images->error);
    }
    if (height != images->height || width != images->width) {
        plumb_fail(images->error, PLUMB_SHAPE_ERROR, "\"%.160s\" has another size than the images before it", path);
        error_found(images->error, "%d x %d", height, width);
        return error_expected(images->error, "%d x %d", images->height, images->width);
    }
    if (!images->any && colour != (images->channels == 3)) {
        plumb_fail(images->error, PLUMB_SHAPE_ERROR, "\"%.160s\" is %s, the images before it are not", path,
                   colour ? "coloured" : "grey");
        return error_hint(images->error, "color=rgb or color=grey takes both");
    }
    return true;
}

/* Pixels (height, width, channels) of bytes to channels x height x width in 0 ... 1. */
static void spread(const Images *images, const png_byte *pixel, plumb_real *x) {
    int64_t area = (int64_t)images->height * images->width;
    for (int64_t i = 0; i < area; i++) {
        for (int c = 0; c < images->channels; c++) {
            x[c * area + i] = (plumb_real)(*pixel++ / 255.0);
        }
    }
}

/* What is transparent lies on black. */
static bool read_pixels(Images *images, const char *path, png_image *image) {
    static const png_color black = {0, 0, 0};
    if (!check_size(images, path, image) || !check_alike(images, path, image)) {
        return false;
    }
    image->format = images->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    png_byte *pixel = calloc(PNG_IMAGE_SIZE(*image), 1);
    if (!pixel) {
        return error_memory(images->error);
    }
    bool done = png_image_finish_read(image, &black, pixel, 0, NULL) || bad_png(images, path, image->message);
    if (done) {
        spread(images, pixel, images->table->x + images->table->rows * plumb_shape_size(images->table->x_shape));
    }
    free(pixel);
    return done;
}

static bool read_image(Images *images, const char *path, int class) {
    int descriptor = files_open(path, images->files, images->error);
    FILE *stream = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
    if (!stream) {
        if (descriptor >= 0) {
            close(descriptor);
            error_memory(images->error);
        }
        return false;
    }
    png_image image = {.version = PNG_IMAGE_VERSION};
    bool done = (png_image_begin_read_from_stdio(&image, stream) || bad_png(images, path, image.message)) &&
                read_pixels(images, path, &image);
    png_image_free(&image);
    fclose(stream);
    if (done) {
        images->table->y[images->table->rows++] = class;
        images->left--;
    }
    return done;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* class < 0: only counts. */
static bool read_class(Images *images, const char *name, int class) {
    char folder[PATH_MAX], path[PATH_MAX];
    Names names = {0};
    bool done = join(images->dir, name, folder, images->error) &&
                read_names(folder, false, &names, images->files, images->error);
    if (class < 0) {
        images->left += names.count;
    }
    for (int i = 0; done && class >= 0 && i < names.count; i++) {
        done = images->left > 0
                   ? join(folder, names.name[i], path, images->error) && read_image(images, path, class)
                   : plumb_fail(images->error, PLUMB_FILE_ERROR, "\"%.160s\" changes while it is read", images->dir);
    }
    names_free(&names);
    return done;
}

static bool read_classes(Images *images, const Names *classes) {
    bool done = table_name_classes(images->table, (const char *const *)classes->name, classes->count, images->error);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; done && i < classes->count; i++) {
            done = read_class(images, classes->name[i], pass ? i : -1);
        }
    }
    return done;
}

static PlumbData *load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table table = {0};
    Names classes = {0};
    const char *color = plumb_call_string(call, "color");
    Images images = {.dir = plumb_call_string(call, "dir"),
                     .files = files,
                     .table = &table,
                     .channels = !strcmp(color, "rgb")    ? 3
                                 : !strcmp(color, "grey") ? 1
                                                          : 0,
                     .any = strcmp(color, "auto"),
                     .error = error};
    bool done = read_names(images.dir, true, &classes, files, error);
    if (done && classes.count > CLASSES_MOST) {
        done = plumb_fail(error, PLUMB_UNSUPPORTED, "\"%.160s\" holds more than %d folders", images.dir, CLASSES_MOST);
    }
    done = done && read_classes(&images, &classes);
    names_free(&classes);
    if (!done) {
        table_free(&table);
        return NULL;
    }
    return table_finish(&table, call, seed, error);
}

static const PlumbArg args[] = {
    {.name = "dir", .accepts = PLUMB_A_STRING, .help = "a folder that holds one folder of PNG files a class"},
    {.name = "color",
     .accepts = PLUMB_A_WORD,
     .words = "auto grey rgb",
     .fallback = "auto",
     .help = "one channel or three; auto: as the first image, and all must be alike"},
    TABLE_ARGS};

const Source source_images = {
    .entry = {.name = "images",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = args,
              .summary = "PNG files of one size, a folder for each class, as (channels, height, width) in 0 ... 1",
              .formula = "x = pixel / 255, label = the folder",
              .source = "PNG (ISO/IEC 15948), through libpng",
              .example = "d = images(\"faces\", test=0.2)"},
    .load = load,
};
