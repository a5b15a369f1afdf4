#!/bin/bash
# Text tests: tests/DIRECTORY/NAME.plumb is run (its arguments: a first line "# run: --json"), tests/DIRECTORY/NAME.sh
# is run by sh, with plumb on the PATH and $T as an empty folder. Standard output, standard error and then the line
# "exit N" have to be as in NAME.out. Seconds are printed as "T s", since no test may depend on them.
#     tests/golden.sh [--update] [BUILD [FILE...]]        prints a line a test: "ok NAME" or "not ok NAME"
cd "$(dirname "$0")/.." || exit 1
update=
[ "$1" = --update ] && update=yes && shift
build=$(realpath "${1:-build}")
shift
[ $# -gt 0 ] || set -- tests/language/*.plumb tests/language/*.sh tests/cli/*.plumb tests/cli/*.sh
export PATH="$build:$PATH" NO_COLOR=1 COLUMNS=80 LC_ALL=C.UTF-8
export HOME=/nonexistent
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

run_one() { # FILE: its output, and how it ended
    cd "$(dirname "$1")" || return
    mkdir "$T"
    case $1 in
    *.sh) timeout 60 sh "$(basename "$1")" ;;
    *) timeout 60 plumb $(sed -n '1s/^# run: //p' "$(basename "$1")") "$(basename "$1")" ;;
    esac 2>&1 </dev/null
    echo "exit $?"
}

failed=0
for file; do
    [ -f "$file" ] || continue
    want=${file%.*}.out
    export T="$temporary/$(basename "${file%.*}")"
    (run_one "$file") 2>&1 | sed -E 's/\b[0-9]+(\.[0-9]+)? s\b/T s/g' >"$temporary/seen"
    [ -n "$update" ] && cp "$temporary/seen" "$want"
    if diff -u --label expected --label seen "$want" "$temporary/seen" >"$temporary/diff" 2>&1; then
        echo "ok $file"
    else
        echo "not ok $file"
        sed 's/^/    /' "$temporary/diff" >&2
        failed=1
    fi
done
exit $failed
