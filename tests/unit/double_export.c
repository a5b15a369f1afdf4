/* Export, with every allocation failing once: in double precision, whose library has no kernels that allocate by
 * themselves. */
#include "failing.h"
#include "nets.h"
#include <unistd.h>

static PlumbNet *net;

static bool export_to(const char *path, PlumbError *error) {
    int node;
    return plumb_net_export(net, path, NULL, &node, error);
}

static bool write_onnx(PlumbError *error) {
    return export_to("m.onnx", error);
}
static bool write_torch(PlumbError *error) {
    return export_to("m.py", error);
}
static bool write_dot(PlumbError *error) {
    return export_to("m.dot", error);
}

static void export_survives_every_failing_allocation(void **state) {
    Kit *kit = *state;
    static const Deed deeds[] = {write_onnx, write_torch, write_dot};
    char folder[] = "/tmp/plumb-memory-XXXXXX";
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    net = net_of(kit, "input(4, 6) -> conv(4, 3) -> a: rmsnorm -> attention(2, causal=true) -> add & a -> "
                      "lstm(3, norm=layernorm, layers=2) -> gru(3, reverse=true) -> groupnorm(1) -> dense(2)");
    assert_true(plumb_net_make(net, 1, &kit->error));
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        assert_survives(deeds[i]);
    }
    plumb_net_free(net);
    assert_int_equal(system("rm m.onnx m.py m.dot") || chdir("/") || rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {kit_test(export_survives_every_failing_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
