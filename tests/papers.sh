#!/bin/bash
# The results of papers at their own size, minutes in all, through the `expect` lines of tests/papers/*.plumb.
#     tests/papers.sh [BUILD [NAME...]]        prints TAP lines, with the seconds taken
# Those that need MNIST are skipped, saying so, where ../shared/data/mnist is absent.
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
shift
mnist=../shared/data/mnist
failed=0

check() { # NAME FILE
    local begin=$SECONDS output
    if grep -q "$mnist" "$2" && [ ! -d $mnist ]; then
        echo "ok $1 # SKIP no $mnist"
    elif output=$(timeout 900 "$plumb" --allow-read $mnist "$2" 2>&1 </dev/null); then
        echo "ok $1 # $((SECONDS - begin)) s"
    else
        echo "not ok $1 (exit status $?)"
        tail -n 40 <<<"$output" | sed 's/^/    /'
        failed=1
    fi
}

for script in tests/papers/*.plumb; do
    name=$(basename "$script" .plumb)
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    check "$name" "$script"
done
exit $failed
