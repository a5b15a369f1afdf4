/* Files of weights for a net: what is wrong is named, with what was expected and found, and nothing is changed. */
#include "loading.h"
#include "nets.h"

static void write_file(const char *header, size_t values) {
    unsigned char bytes[1024] = {0};
    uint64_t length = strlen(header);
    assert_true(8 + length + values <= sizeof bytes);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, length);
    put("w.safetensors", (char *)bytes, 8 + length + values);
}

#define WEIGHT "\"dense1.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}"
#define BIAS "\"dense1.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]}"

static void wrong_files_change_nothing(void **state) {
    static const struct {
        const char *header;
        size_t values;
        const char *says[3];
    } bad[] = {
        {"{\"dense1.weight\":{\"dtype\":\"I32\",\"shape\":[2,3],\"data_offsets\":[0,24]}," BIAS "}",
         32,
         {"dense1.weight in \"w.safetensors\" has another type", "I32", "F32"}},
        {"{" WEIGHT ",\"dense1.bias\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[24,26]}}",
         26,
         {"dense1.bias in \"w.safetensors\" has another type", "BOOL", "F32"}},
        {"{\"dense1.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}," BIAS "}",
         32,
         {"dense1.weight in \"w.safetensors\" has another shape", "3 x 2", "2 x 3"}},
        {"{\"dense1.weight\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}," BIAS "}",
         32,
         {"another shape", "6", "2 x 3"}},
        {"{\"dense1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2,3,1,1],\"data_offsets\":[0,24]}," BIAS "}",
         32,
         {"another shape", "1 x 2 x 3 x 1 x 1", "2 x 3"}},
        {"{" WEIGHT "}", 24, {"has no \"dense1.bias\"", "same layers", ""}},
        {"{" WEIGHT "," BIAS ",\"dense2.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}}",
         40,
         {"holds \"dense2.bias\"", "net n", ""}},
        {"{" WEIGHT "," BIAS "," BIAS "}", 32, {"JSON", "duplicate", ""}},
        {"{" WEIGHT ",\"dense1.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}",
         24,
         {"overlaps", "dense1.bias", ""}},
    };
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(3) -> dense(2)");
    assert_true(plumb_net_make(net, 1, NULL));
    const PlumbWeight *weight = plumb_net_weight(net, 0), *bias = plumb_net_weight(net, 1);
    plumb_real before[8];
    memcpy(before, weight->value, 6 * sizeof *before);
    memcpy(before + 6, bias->value, 2 * sizeof *before);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kit->error = (PlumbError){0};
        write_file(bad[i].header, bad[i].values);
        assert_false(plumb_net_load(net, "w.safetensors", NULL, &kit->error));
        for (int j = 0; j < 3; j++) {
            assert_says(&kit->error, bad[i].says[j]);
        }
        assert_memory_equal(before, weight->value, 6 * sizeof *before);
        assert_memory_equal(before + 6, bias->value, 2 * sizeof *before);
    }
    plumb_net_free(net);
}

static void other_floating_types_are_converted(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(3) -> dense(2)");
    assert_true(plumb_net_make(net, 1, NULL));
    write_file("{\"dense1.weight\":{\"dtype\":\"F64\",\"shape\":[2,3],\"data_offsets\":[0,48]},"
               "\"dense1.bias\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[48,52]}}",
               52);
    if (!plumb_net_load(net, "w.safetensors", NULL, &kit->error)) {
        fail_msg("%s", kit->error.what);
    }
    assert_true(plumb_net_weight(net, 0)->value[5] == 0);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(wrong_files_change_nothing),
        kit_test(other_floating_types_are_converted),
    };
    return cmocka_run_group_tests_name("weights", tests, enter_folder, leave_folder);
}
