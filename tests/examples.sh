#!/bin/bash
# Every script of examples/ through its own `expect` lines, and the formatter on each: canonical as it stands.
#     tests/examples.sh [BUILD]        prints TAP lines
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
failed=0

check() { # NAME COMMAND...
    local name=$1 output
    shift
    if output=$(timeout 120 "$@" 2>&1 </dev/null); then
        echo "ok $name"
    else
        echo "not ok $name (exit status $?)"
        tail -n 40 <<<"$output" | sed 's/^/    /'
        failed=1
    fi
}

for example in examples/*.plumb; do
    check "$example" "$plumb" -q "$example"
    check "fmt --check $example" "$plumb" fmt --check "$example"
    check "check $example" "$plumb" check "$example"
done
exit $failed
