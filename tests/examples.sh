#!/bin/bash
# Every script of examples/ through its own `expect` lines, and the formatter on each: canonical as it stands. They run in an empty
# folder, for some write files. What examples/README.md, the lesson, shows of their output has to be what they print; it names every
# script, and pictures that are there. README's session the same.
#     tests/examples.sh [BUILD]        prints TAP lines
# On one thread: the bits are the same on any number, and a machine that is busy otherwise does not make threads wait.
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
examples=$(realpath examples)
lesson=$examples/README.md
shown=$(realpath tests/lesson.awk)
export NO_COLOR=1 COLUMNS=80
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

check() { # NAME COMMAND... what it printed is left in $output
    local name=$1
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
    check "$name" "$plumb" --threads 1 "$example"
    printf '%s\n' "$output" >printed
    check "the lesson on $name" awk -v script="${example##*/}" -f "$shown" printed "$lesson"
    check "the lesson names $name" grep -qF "\`${example##*/}\`" "$lesson"
    check "fmt --check $name" "$plumb" fmt --check "$example"
    check "check $name" "$plumb" check "$example"
done

# README's session: what stands behind its prompts is run, the other lines are what it has to print. A script has a blank line
# between two results.
cd "$examples/.." || exit 1
sed -n '/^    plumb> /,/^$/s/^    //p' README.md >"$folder/session"
{ echo 'set shards = 2'; sed -nE 's/^(plumb|   \.\.\.)> //p' "$folder/session"; } >"$folder/session.plumb"
{ echo '$ build/plumb examples/session'; sed -E '/^(plumb|   \.\.\.)> /d; s/^ *\.\.\.$/.../' "$folder/session"; } >"$folder/shown"
check "README's session" "$plumb" --threads 1 "$folder/session.plumb"
sed '/^$/d' <<<"$output" >"$folder/printed"
check "what README shows of it" awk -v script=session -f "$shown" "$folder/printed" "$folder/shown"

for picture in $(grep -o 'pictures/[a-z_]*\.svg' "$lesson"); do
    check "$picture" grep -q '</svg>' "$examples/$picture"
    check "draw.sh draws $picture" grep -qE "^draw [a-z_]+ $(basename "$picture" .svg) " "$examples/pictures/draw.sh"
done
exit $failed
