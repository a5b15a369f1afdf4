/* Files: allowed folders, writing whole or not at all, array formats, and hostile content. */
#include "loading.h"
#include "runtime/files/array.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static size_t size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

/* ---- folders ---------------------------------------------------------------------------------------------- */

static const char *const here[] = {".", NULL}, *const nowhere[] = {NULL};
static const PlumbFiles only_here = {here, here, NULL}, nothing = {nowhere, nowhere, NULL};

static void assert_resolves(const char *path, bool write, const PlumbFiles *files, bool expected) {
    PlumbError error = {0};
    char *real = files_resolve(path, write, files, &error);
    if (!real != !expected) {
        fail_msg("%s: %s", path, error.what);
    }
    if (!real) {
        assert_int_equal(error.status, PLUMB_FILE_ERROR);
    }
    free(real);
}

static void only_allowed_folders_are_reached(void **state) {
    (void)state;
    put("a.txt", "a", 1);
    assert_int_equal(mkdir("sub", 0755), 0);
    assert_int_equal(symlink("/etc/passwd", "leak"), 0);
    assert_int_equal(symlink("/tmp/plumb-not-there", "dangling"), 0);
    assert_int_equal(symlink("a.txt", "inside"), 0);
    assert_resolves("a.txt", false, &only_here, true);
    assert_resolves("sub/../a.txt", false, &only_here, true);
    assert_resolves("inside", false, &only_here, true);
    assert_resolves("/etc/passwd", false, &only_here, false);
    assert_resolves("../outside.txt", false, &only_here, false);
    assert_resolves("leak", false, &only_here, false);
    assert_resolves("/etc/passwd", false, NULL, true);
    assert_resolves("a.txt", false, &nothing, false);
    assert_resolves("sub/new.txt", true, &only_here, true);
    assert_resolves("../new.txt", true, &only_here, false);
    assert_resolves("leak", true, &only_here, false);
    assert_resolves("dangling", true, &only_here, false);
    assert_resolves("no/folder.txt", true, &only_here, false);
    assert_resolves("", true, &only_here, false);
}

static void refusal_says_how_to_allow(void **state) {
    (void)state;
    PlumbError error = {0};
    assert_null(files_resolve("/etc/passwd", false, &only_here, &error));
    assert_says(&error, "outside the folders this script may read");
    assert_says(&error, "--allow-read DIR");
    assert_null(files_resolve("/etc/not-there", true, &only_here, &error));
    assert_says(&error, "--allow-write DIR");
    assert_null(files_resolve("/etc/not-there", false, &only_here, &error)); /* not even whether it is there */
    assert_says(&error, "outside the folders");
}

static void only_regular_files_are_opened(void **state) {
    (void)state;
    PlumbError error = {0};
    assert_int_equal(files_open(".", NULL, &error), -1);
    assert_says(&error, "a folder");
    assert_int_equal(files_open("/dev/zero", NULL, &error), -1);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(files_open("pipe", NULL, &error), -1);
    assert_says(&error, "not a regular file");
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

static void commit_replaces_and_discard_does_not(void **state) {
    (void)state;
    OutFile file;
    put("out.txt", "old", 3);
    assert_int_equal(chmod("out.txt", 0640), 0);
    assert_true(outfile_open(&file, "out.txt", &only_here, NULL));
    fputs("newer", file.stream);
    assert_int_equal(size_of("out.txt"), 3);
    assert_true(outfile_commit(&file, NULL));
    assert_int_equal(size_of("out.txt"), 5);
    struct stat status;
    assert_int_equal(stat("out.txt", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_true(outfile_open(&file, "out.txt", &only_here, NULL));
    outfile_discard(&file);
    assert_int_equal(size_of("out.txt"), 5);
    assert_int_equal(system("test -z \"$(ls *.tmp 2>/dev/null)\""), 0);
}

/* Both may write at once: the file of the one is no leftover to the other. */
static void leftovers_go_and_files_in_use_stay(void **state) {
    (void)state;
    OutFile one, other;
    put("out.txt.0.tmp", "half", 4);
    put("out.txt.1.tmp", "a half", 6);
    assert_true(outfile_open(&one, "out.txt", &only_here, NULL));
    assert_true(outfile_open(&other, "out.txt", &only_here, NULL));
    assert_string_not_equal(one.temporary, other.temporary);
    fputs("one", one.stream);
    fputs("other", other.stream);
    assert_true(outfile_commit(&one, NULL));
    assert_int_equal(size_of("out.txt"), 3);
    assert_true(outfile_commit(&other, NULL));
    assert_int_equal(size_of("out.txt"), 5);
    assert_int_equal(system("test -z \"$(ls *.tmp 2>/dev/null)\""), 0);
}

/* A full disk, by way of a limit on the size of files. */
static void failed_write_leaves_the_old_file(void **state) {
    (void)state;
    PlumbError error = {0};
    struct rlimit limit, small;
    static plumb_real value[4096];
    put("w.npy", "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    small = limit;
    small.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &small);
    bool saved = plumb_npy_save("w.npy", (PlumbShape){1, {4}}, 1024, value, NULL, &error);
    PlumbError large = {0}; /* written at once, past the buffer */
    bool saved_at_once = plumb_file_save("w.npy", value, sizeof value, NULL, &large);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_false(saved || saved_at_once);
    assert_says(&error, "cannot write \"w.npy\": File too large");
    assert_says(&large, "cannot write \"w.npy\": File too large");
    assert_int_equal(size_of("w.npy"), 3);
    assert_int_equal(system("test -z \"$(ls *.tmp 2>/dev/null)\""), 0);
}

static void special_files_are_not_replaced(void **state) {
    (void)state;
    OutFile file;
    PlumbError error = {0};
    assert_false(outfile_open(&file, ".", NULL, &error));
    assert_false(outfile_open(&file, "/dev/null", NULL, &error));
    assert_false(outfile_open(&file, "sub/", NULL, &error));
}

/* ---- npy -------------------------------------------------------------------------------------------------- */

static void npy_reads_what_it_wrote(void **state) {
    (void)state;
    const plumb_real value[6] = {1, -2, 0.5, 1e30f, 0, 3};
    plumb_real back[6];
    Array array;
    assert_true(plumb_npy_save("v.npy", (PlumbShape){1, {3}}, 2, value, &only_here, NULL));
    assert_int_equal(size_of("v.npy"), 128 + 24);
    assert_true(npy_read(&array, "v.npy", &only_here, NULL));
    assert_int_equal(array.rank, 2);
    assert_int_equal(array.dim[1], 3);
    array_reals(&array, back);
    assert_memory_equal(value, back, sizeof value);
    array_free(&array);
}

/* An .npy of the given dictionary and values. */
static bool decode(Array *array, const char *header, const void *values, size_t size, PlumbError *error) {
    unsigned char bytes[512] = "\x93NUMPY\x01";
    size_t length = strlen(header);
    bytes[7] = 0;
    bytes[8] = (unsigned char)length;
    bytes[9] = 0;
    memcpy(bytes + 10, header, length);
    if (size) {
        memcpy(bytes + 10 + length, values, size);
    }
    return npy_decode(array, "t.npy", bytes, 10 + length + size, error);
}

static void npy_reads_orders_and_types(void **state) {
    (void)state;
    Array array;
    double value[6];
    const unsigned char big[] = {0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0xff, 0xfa}; /* columns of [[1,2,3],[4,5,-6]] */
    assert_true(decode(&array, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", big, sizeof big, NULL));
    array_numbers(&array, 0, 6, value);
    for (int i = 0; i < 6; i++) {
        assert_true(value[i] == (i < 5 ? i + 1 : -6));
    }
    array_free(&array);
    const unsigned char half[] = {0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00}; /* 1, -2, the smallest */
    assert_true(decode(&array, "{'descr': '<f2', 'fortran_order': False, 'shape': (3,)}", half, sizeof half, NULL));
    array_numbers(&array, 0, 3, value);
    assert_true(value[0] == 1 && value[1] == -2 && value[2] == 0x1p-24);
    array_free(&array);
}

static void bad_npy_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *header, *says;
    } bad[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "cut short"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", "too large"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "too large"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "cannot be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "too many axes"},
        {"{'descr': '<f4', 'fortran_order': False}", "no shape"},
        {"{'descr': [('a', '<f4')], 'shape': (1,)}", "several fields"},
        {"{'descr': '<U8', 'fortran_order': False, 'shape': (1,)}", "type cannot be read"},
        {"", "no descr"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PlumbError error = {0};
        Array array;
        assert_false(decode(&array, bad[i].header, "1234", 4, &error));
        assert_says(&error, bad[i].says);
    }
    PlumbError error = {0};
    Array array;
    assert_false(npy_decode(&array, "t.npy", (const unsigned char *)"\x93NUMPY\x02\0\xff\xff\xff\xff", 12, &error));
    assert_says(&error, "header is cut short");
    assert_false(npy_decode(&array, "t.npy", (const unsigned char *)"", 0, &error));
}

/* ---- npz -------------------------------------------------------------------------------------------------- */

/* One stored entry "x.npy", written by hand: 4 bytes of 7.0 behind a header of 70 bytes; the CRC is that of the bytes.
 */
static void write_npz(const char *path, unsigned declared, bool damaged) {
    char npy[80];
    memset(npy, ' ', sizeof npy);
    memcpy(npy, "\x93NUMPY\x01\0\x42\0", 10);
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
    memcpy(npy + 10, header, strlen(header));
    memcpy(npy + 76, "\0\0\xe0\x40", 4);
    uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)npy, sizeof npy);
    npy[79] = damaged ? 1 : npy[79];
    uint32_t common[] = {0, crc, sizeof npy, declared};
    unsigned char file[256], *at = file;
    memcpy(at, "PK\3\4\x14\0\0\0\0\0", 10);
    memcpy(at + 10, common, 16);
    memcpy(at + 26, "\5\0\0\0x.npy", 9);
    memcpy(at + 35, npy, sizeof npy);
    at += 35 + sizeof npy;
    memset(at, 0, 74);
    memcpy(at, "PK\1\2\x14\0\x14\0", 8);
    memcpy(at + 12, common, 16);
    at[28] = 5;
    memcpy(at + 46, "x.npy", 5);
    memcpy(at + 51, "PK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0\x73\0\0\0\0\0", 22);
    put(path, file, (size_t)(at + 73 - file));
}

static void npz_reads_by_name(void **state) {
    (void)state;
    Array array;
    PlumbError error = {0};
    double value;
    write_npz("a.npz", 80, false);
    if (!npz_read(&array, "a.npz", "x", &only_here, &error)) {
        fail_msg("%s", error.what);
    }
    array_numbers(&array, 0, 1, &value);
    assert_true(value == 7);
    array_free(&array);
    assert_false(npz_read(&array, "a.npz", "y", &only_here, &error));
    assert_says(&error, "has no array \"y\"");
    assert_says(&error, "one of x");
}

static void bad_npz_is_refused(void **state) {
    (void)state;
    Array array;
    PlumbError error = {0};
    write_npz("bad.npz", 80, true);
    assert_false(npz_read(&array, "bad.npz", "x", NULL, &error));
    write_npz("huge.npz", 0xfffffff0, false);
    assert_false(npz_read(&array, "huge.npz", "x", NULL, &error));
    put("text.npz", "hello", 5);
    assert_false(npz_read(&array, "text.npz", "x", NULL, &error));
    assert_says(&error, "no .npz archive");
    put("empty.npz", "", 0);
    assert_false(npz_read(&array, "empty.npz", "x", NULL, &error));
}

/* ---- safetensors ------------------------------------------------------------------------------------------ */

static void write_safetensors(const char *header, size_t values) {
    unsigned char bytes[1024] = {0};
    uint64_t length = strlen(header);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, length);
    put("t.safetensors", bytes, 8 + length + values);
}

static void safetensors_reads_what_it_wrote(void **state) {
    (void)state;
    plumb_real a[4] = {1, 2, 3, 4}, b[1] = {-0.5};
    PlumbTensor tensor[] = {{"z.weight", {2, {2, 2}}, a}, {"a.bias", {1, {1}}, b}};
    Array *array;
    int count;
    double value[4];
    assert_true(plumb_safetensors_save("s.safetensors", tensor, 2, &only_here, NULL));
    assert_true(safetensors_read_all(&array, &count, "s.safetensors", &only_here, NULL));
    assert_int_equal(count, 2);
    assert_string_equal(array[0].name, "a.bias"); /* sorted by name */
    array_numbers(&array[1], 0, 4, value);
    assert_true(value[3] == 4);
    assert_int_equal(array[1].rank, 2);
    array_free(&array[0]);
    array_free(&array[1]);
    free(array);
    assert_int_equal(size_of("s.safetensors") % 4, 0);
    assert_true(safetensors_read(&(Array){0}, "s.safetensors", "none", NULL, NULL) == false);
}

static void safetensors_converts_bfloat16(void **state) {
    (void)state;
    const char *header = "{\"x\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    unsigned char bytes[128] = {0};
    uint64_t length = strlen(header);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, "\x80\x3f\x00\xc0", 4);
    put("bf.safetensors", bytes, 8 + length + 4);
    Array array;
    double value[2];
    assert_true(safetensors_read(&array, "bf.safetensors", "x", NULL, NULL));
    array_numbers(&array, 0, 2, value);
    assert_true(value[0] == 1 && value[1] == -2);
    array_free(&array);
}

static void hostile_safetensors_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t values;
        const char *says;
    } bad[] = {
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "outside the file"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 12, "left behind"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "outside"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "outside"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "gap"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "does not fit its bytes"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "no whole number"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 8, "does not fit"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8, "JSON"},
        {"{\"x\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "F99"},
        {"{\"x\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "type"},
        {"{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "no shape"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets"},
        {"{\"x\":3}", 0, "data_offsets"},
        {"[1]", 0, "JSON object"},
        {"{\"x\":", 0, "JSON object"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
         6, "overlaps"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, "duplicate"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PlumbError error = {0};
        Array array = {0};
        write_safetensors(bad[i].header, bad[i].values);
        assert_false(safetensors_read(&array, "t.safetensors", "x", NULL, &error));
        assert_says(&error, bad[i].says);
    }
    PlumbError error = {0};
    put("t.safetensors", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    assert_false(safetensors_read(&(Array){0}, "t.safetensors", "x", NULL, &error));
    assert_says(&error, "header is longer than the file");
    put("t.safetensors", "", 0);
    assert_false(safetensors_read(&(Array){0}, "t.safetensors", "x", NULL, &error));
}

/* ---- idx -------------------------------------------------------------------------------------------------- */

static void bad_idx_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } bad[] = {
        {"\0\0\x08\1\xff\xff\xff\xff\1\2", 10, "declares more values"},
        {"\0\0\x0e\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, "declares more values"},
        {"\0\0\x08\1\0\0\0\3\1\2", 10, "cut short"},
        {"\0\0\x08\1\0\0\0\2\1\2\3", 11, "longer than its header"},
        {"\0\0\x08\2\0\0\0\2", 8, "header is cut short"},
        {"\0\0\x77\1\0\0\0\2\1\2", 10, "does not start with"},
        {"\0\0\x08\0", 4, "does not start with"},
        {"", 0, "does not start with"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PlumbError error = {0};
        Array array;
        put("t.idx", bad[i].bytes, bad[i].size);
        assert_false(idx_read(&array, "t.idx", NULL, &error));
        assert_int_equal(error.status, PLUMB_FORMAT_ERROR);
        assert_says(&error, bad[i].says);
    }
}

static void packed_files_are_unpacked(void **state) {
    (void)state;
    static const char bytes[] = "\0\0\x0b\1\0\0\0\2\0\1\xff\xff";
    Array array;
    double value[2];
    gzFile packed = gzopen("t.idx.gz", "wb");
    assert_int_equal(gzwrite(packed, bytes, 12), 12);
    gzclose(packed);
    assert_true(idx_read(&array, "t.idx.gz", NULL, NULL));
    array_numbers(&array, 0, 2, value);
    assert_true(value[0] == 1 && value[1] == -1);
    array_free(&array);
    PlumbError error = {0};
    assert_int_equal(truncate("t.idx.gz", 20), 0);
    assert_false(idx_read(&array, "t.idx.gz", NULL, &error));
    assert_says(&error, "cut short");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_allowed_folders_are_reached),
        cmocka_unit_test(refusal_says_how_to_allow),
        cmocka_unit_test(only_regular_files_are_opened),
        cmocka_unit_test(commit_replaces_and_discard_does_not),
        cmocka_unit_test(leftovers_go_and_files_in_use_stay),
        cmocka_unit_test(failed_write_leaves_the_old_file),
        cmocka_unit_test(special_files_are_not_replaced),
        cmocka_unit_test(npy_reads_what_it_wrote),
        cmocka_unit_test(npy_reads_orders_and_types),
        cmocka_unit_test(bad_npy_is_refused),
        cmocka_unit_test(npz_reads_by_name),
        cmocka_unit_test(bad_npz_is_refused),
        cmocka_unit_test(safetensors_reads_what_it_wrote),
        cmocka_unit_test(safetensors_converts_bfloat16),
        cmocka_unit_test(hostile_safetensors_is_refused),
        cmocka_unit_test(bad_idx_is_refused),
        cmocka_unit_test(packed_files_are_unpacked),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
