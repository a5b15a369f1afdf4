#!/bin/bash
# The prompt in a pseudo-terminal, which script(1) makes: what is typed, and what a person sees. Nothing sleeps: each step
# waits for the text that it expects, at most 20 seconds.
#     tests/prompt.sh [BUILD]        prints TAP lines
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export TERM=dumb INPUTRC=/dev/null COLUMNS=80 NO_COLOR=1 HOME=$folder PLUMB_HISTORY=$folder/state/history
failed=0
seen=

if ! command -v script >/dev/null; then
    echo "# script(1) is missing: the prompt is not tested"
    exit 0
fi
if ! script -qefc true /dev/null </dev/null >/dev/null 2>&1; then
    echo "# no pseudo-terminal can be had here: the prompt is not tested"
    exit 0
fi
if ! ldd "$plumb" | grep -q readline; then
    echo "# built without readline: the prompt is not tested"
    exit 0
fi

start() { # ARGUMENTS of plumb
    coproc TERMINAL { exec script -qefc "exec $plumb --threads 1 --shards 1 $*" /dev/null 2>&1; }
    terminal=$TERMINAL_PID
    exec {keys}>&"${TERMINAL[1]}" {screen}<&"${TERMINAL[0]}"
    seen=
}

type_in() { # TEXT with escapes as printf '%b' knows them
    printf '%b' "$1" >&"$keys"
}

wait_for() { # TEXT: reads until it is seen; what was read is in $seen
    local byte
    seen=
    while [[ $seen != *"$1"* ]]; do
        IFS= read -r -t 20 -n 1 -d '' -u "$screen" byte || return 1
        [ "$byte" = $'\r' ] || seen+=$byte
    done
}

result() { # NAME STATUS
    if [ "$2" = 0 ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        sed 's/^/    /' <<<"${seen: -2000}"
        failed=1
    fi
}

step() { # NAME KEYS TEXT: types, and waits
    type_in "$2"
    wait_for "$3"
    result "$1" $?
}

leave() { # NAME KEYS: the program has to end well
    type_in "$2"
    exec {keys}>&-
    while IFS= read -r -t 20 -n 1 -d '' -u "$screen"; do :; done
    wait "$terminal"
    result "$1" $?
    exec {screen}<&-
}

# ---- a session ----
start -n
step "it starts with its prompt" '' 'plumb> '
step "an open bracket goes on on the next line" 'x = [1,\n' '   ...> '
step "and ends where it is closed" '2]\n' 'plumb> '
step "what was bound is there" 'print x\n' $'\n[1, 2]\nplumb> '
step "an error is shown with its line" 'print y\n' 'prompt:4:7: error: there is no `y`'
wait_for 'plumb> '
step "and loses nothing" 'print x\n' $'\n[1, 2]\nplumb> '
step "a wrong line does not wait for more" 'x = )\n' 'error: found `)`'
wait_for 'plumb> '
step "ctrl-C clears the line" 'print 777\003' $'plumb> '
step "and stays" 'print 40 + 2\n' $'\n42\nplumb> '
step "ctrl-C leaves an open statement" 'y = [1,\n' '   ...> '
step "and asks anew" '\003' 'plumb> '
step "nothing of it is left" 'print y\n' 'there is no `y`'
wait_for 'plumb> '
step "Tab completes a verb" 'eval\t' 'evaluate '
step "an argument" '\025net n { dense(8, bias_i\t' 'bias_init='
step "and a file" '\025d = csv("sta\t' 'state/'
step "nothing was run by it" '\025print d\n' 'there is no `d`'
wait_for 'plumb> '
type_in 'print 20 *\n'
wait_for '   ...> '
step "a statement of two lines" '1.5\n' $'\n30\nplumb> '
step "is recalled whole" '\020\n' $'\n30\nplumb> '
leave "ctrl-D on an empty line leaves" '\004'

# ---- the next session ----
printf 'from_rc = 11\nprint wrong\n' >.plumbrc
start
wait_for 'plumb> '
step "history outlives the session" '\020\n' $'\n30\nplumb> '
leave "quit leaves" 'quit\n'
: >.plumbrc
printf 'from_rc = 11\n' >.plumbrc
start
wait_for 'plumb> '
step "~/.plumbrc was run" 'print from_rc\n' $'\n11\nplumb> '
leave "ctrl-D leaves again" '\004'
start -n
wait_for 'plumb> '
step "but not with -n" 'print from_rc\n' 'there is no `from_rc`'
wait_for 'plumb> '
leave "and again" '\004'

# ---- training ----
cat >train.plumb <<'END'
d = spirals(samples=2000)
net n { input(2); dense(64) -> tanh; dense(64) -> tanh; dense(3) }
recipe r { epochs = 1000; batch = 32 }
END
{ cat train.plumb; echo 'train n on d with r
save n to "whole.safetensors"'; } >whole.plumb
"$plumb" -q --threads 1 --shards 1 whole.plumb >/dev/null
start -n -i train.plumb
wait_for 'plumb> '
type_in 'train n on d with r\n'
wait_for 'epoch' && wait_for '    1 '
step "ctrl-C pauses the training" '\003' 'aused'
wait_for 'plumb> '
step "with its values there to look at" 'print n.steps < 51000\n' $'\ntrue\nplumb> '
step "continue goes on to the end" 'continue\n' '1000 '
wait_for 'plumb> '
step "with all its steps" 'print n.steps\n' $'\n51000\nplumb> '
type_in 'save n to "paused.safetensors"\n'
wait_for 'plumb> '
cmp whole.safetensors paused.safetensors
result "the bits are those of a training that was never paused" $?
leave "ctrl-D leaves after training" '\004'

start -n -i train.plumb
wait_for 'plumb> '
type_in 'watch n.steps == 7 or n.steps == 12\n'
wait_for 'plumb> '
step "a watchpoint pauses the training" 'train n on d with r\n' $'\n  step 6: 6\n  step 7: 7\n'
step "and says where" '' 'paused at step 7 of 51,000.  continue | step 10 | gradients n'
wait_for 'plumb> '
step "with the figures of that step" 'print n.steps\n' $'\n7\nplumb> '
step "step goes on" 'step 2\n' 'paused at step 9 of 51,000'
wait_for 'plumb> '
step "continue up to the next time" 'continue\n' 'paused at step 12 of 51,000'
wait_for 'plumb> '
step "and they can be taken away" 'watch none; watch\n' $'\nnothing is watched\nplumb> '
wait_for 'plumb> '
type_in 'net m(act=tanh) { input(2); dense(16) -> act; dense(16) -> act; dense(3) }\n'
wait_for 'plumb> '
type_in 'train m(act=relu) on d with { epochs = 9; optimizer = sgd(lr=1e9) }\n'
wait_for 'paused before step' && wait_for 'plumb> ' && [[ $seen != *"| gradients"* ]]
result "a net without a name is not offered to be looked at" $?
leave "ctrl-D leaves with a training paused" '\004'

cat >broken.plumb <<'END'
d = blobs(classes=3, samples=90, test=0)
net b { input(2); dense(16) -> relu -> batchnorm; dense(16) -> relu; dense(3) }
END
start -n -i broken.plumb
wait_for 'plumb> '
step "the first values that are not finite are told with layer and direction" \
    'train b on d with { epochs = 9; batch = 30; optimizer = sgd(lr=1e6) }\n' \
    '! step 3: first values that are not finite: the output of dense'
step "the training pauses before that step" '' 'paused before step 3 of 27'
wait_for 'plumb> '
step "with the weights before it" 'print isnan(sum(b.dense2.weight)), isnan(b.loss), b.steps\n' $'\nfalse true 2\n'
wait_for 'plumb> '
step "step tries the very step again" 'step\n' '! step 3: first values that are not finite: the output of dense'
wait_for 'paused before step 3 of 27' && wait_for 'plumb> '
step "and leaves all as it was" 'print isnan(sum(b.dense2.weight)), b.steps, b.alerts\n' $'\nfalse 2 1\n'
wait_for 'plumb> '
step "continue takes it" 'continue\n' $'\n     9  nan'
wait_for 'plumb> '
step "with all that follows" 'print isnan(sum(b.dense2.weight)), b.steps\n' $'\ntrue 27\n'
wait_for 'plumb> '
leave "ctrl-D leaves after values that were not finite" '\004'

start -n -i train.plumb
wait_for 'plumb> '
type_in 'net wide(width=8) { input(2); dense(width) -> tanh; dense(3) }\n'
wait_for 'plumb> '
type_in 'sweep wide(width=[16, 32, 24]) on d with r { epochs = 100 }\n'
wait_for '3 nets on d'
step "ctrl-C pauses a sweep" '\003' 'aused'
wait_for 'plumb> '
step "which goes on to its end" 'continue\n' $'best\n'
wait_for 'plumb> '
leave "ctrl-D leaves after a sweep" '\004'
exit $failed
