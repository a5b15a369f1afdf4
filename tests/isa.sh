#!/bin/bash
# The native backend as it runs on older processors: ONEDNN_MAX_CPU_ISA limits oneDNN and our own loops, LIBXSMM_TARGET libxsmm.
#     tests/isa.sh [BUILD]        prints a TAP line a program and generation
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
failed=0

check() { # NAME ONEDNN XSMM
    local output
    if output=$(ONEDNN_MAX_CPU_ISA=$2 LIBXSMM_TARGET=$3 "$build/tests/unit/test_$1" 2>&1); then
        echo "ok $1, $2"
    else
        echo "not ok $1, $2 (exit status $?)"
        grep -v '^ok' <<<"$output" | sed 's/^/    /'
        failed=1
    fi
}

for name in kernels reference vision recurrent planes sequence; do
    check $name AVX2 hsw
done
for name in reference recurrent; do
    check $name SSE41 wsm
done
exit $failed
