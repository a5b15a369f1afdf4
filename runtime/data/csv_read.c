/* Records of a CSV file by RFC 4180, through libcsv. */
#include "csv.h"
#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18, MARK = 3 };

typedef struct Parse {
    const CsvReader *reader;
    int64_t row; /* rows read */
    bool stopped;
} Parse;

/* libcsv cannot be stopped: after an error its calls do nothing. */
static void on_field(void *text, size_t length, void *self) {
    Parse *parse = self;
    parse->stopped = parse->stopped || !parse->reader->field(parse->reader->self, text, length);
}

static void on_row(int end, void *self) {
    (void)end;
    Parse *parse = self;
    parse->stopped = parse->stopped || !parse->reader->row(parse->reader->self);
    parse->row++;
}

/* Pure ASCII, so that a message stays valid wherever it is printed. */
char *csv_brief(const char *text, size_t length, char brief[CSV_BRIEF]) {
    size_t used = 0;
    for (; used < length && used < CSV_BRIEF - 8; used++) {
        unsigned char c = (unsigned char)text[used];
        brief[used] = c < 32 || c > 126 ? '?' : (char)c;
    }
    strcpy(brief + used, used < length ? "..." : "");
    return brief;
}

/* The one of , ; tab | that stands most often in the first line, outside quotes. */
static char guess_separator(const char *text, size_t length) {
    static const char candidate[] = ",;\t|";
    int count[sizeof candidate] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < length && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        const char *found = text[i] && !quoted ? strchr(candidate, text[i]) : NULL;
        quoted ^= text[i] == '"';
        if (found) {
            count[found - candidate]++;
        }
    }
    for (int i = 1; candidate[i]; i++) {
        best = count[i] > count[best] ? i : best;
    }
    return candidate[best];
}

/* The only thing that can be wrong with a CSV file as such. */
static bool bad_quotes(struct csv_parser *csv, const char *path, const Parse *parse, PlumbError *error) {
    if (csv_error(csv) != CSV_EPARSE) {
        return error_memory(error);
    }
    plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\", record %lld: its quotes do not match", path,
               (long long)parse->row + 1);
    return error_expected(error, "a field in quotes as a whole, with quotes inside it doubled");
}

/* A zero byte tells binary files, and UTF-16, before they are taken for one odd column. */
static bool parse_block(struct csv_parser *csv, const char *path, Parse *parse, const char *text, size_t length,
                        PlumbError *error) {
    if (memchr(text, '\0', length)) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no text file", path);
        error_found(error, "a zero byte");
        return error_hint(error, "save it as UTF-8 text");
    }
    size_t done = csv_parse(csv, text, length, on_field, on_row, parse);
    if (parse->stopped) {
        return false;
    }
    return done == length || bad_quotes(csv, path, parse, error);
}

/* The separator is looked for in the first block only. */
static bool parse_file(struct csv_parser *csv, InFile *file, char separator, Parse *parse, char *block,
                       PlumbError *error) {
    int64_t count = infile_read(file, block, BLOCK, error);
    size_t skip = count >= MARK && !memcmp(block, "\xEF\xBB\xBF", MARK) ? MARK : 0; /* UTF-8's byte order mark */
    if (count >= 0) {
        csv_set_delim(csv,
                      (unsigned char)(separator ? separator : guess_separator(block + skip, (size_t)count - skip)));
    }
    while (count > 0) {
        if (!parse_block(csv, file->path, parse, block + skip, (size_t)count - skip, error)) {
            return false;
        }
        skip = 0;
        count = infile_read(file, block, BLOCK, error);
    }
    if (count < 0) {
        return false;
    }
    bool ended = csv_fini(csv, on_field, on_row, parse) == 0;
    return !parse->stopped && (ended || bad_quotes(csv, file->path, parse, error));
}

bool csv_records(const char *path, char separator, const CsvReader *reader, const PlumbFiles *files,
                 PlumbError *error) {
    InFile file;
    struct csv_parser csv;
    Parse parse = {.reader = reader};
    if (!infile_open(&file, path, files, error)) {
        return false;
    }
    char *block = malloc(BLOCK);
    bool ready = block && csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) == 0;
    bool done = ready ? parse_file(&csv, &file, separator, &parse, block, error) : error_memory(error);
    if (ready) {
        csv_free(&csv);
    }
    free(block);
    infile_close(&file);
    return done;
}
