#!/bin/bash
# Every script of examples/ through its own `expect` lines, and the formatter on each: canonical as it stands. They run in an empty
# folder, for some write files.
#     tests/examples.sh [BUILD]        prints TAP lines
# On one thread: the bits are the same on any number, and a machine that is busy otherwise does not make threads wait.
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
examples=$(realpath examples)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

check() { # NAME COMMAND...
    local name=$1 output
    shift
    if output=$(timeout 300 "$@" 2>&1 </dev/null); then
        echo "ok $name"
    else
        echo "not ok $name (exit status $?)"
        tail -n 40 <<<"$output" | sed 's/^/    /'
        failed=1
    fi
}

for example in "$examples"/*.plumb; do
    name=examples/${example##*/}
    check "$name" "$plumb" -q --threads 1 "$example"
    check "fmt --check $name" "$plumb" fmt --check "$example"
    check "check $name" "$plumb" check "$example"
done
exit $failed
