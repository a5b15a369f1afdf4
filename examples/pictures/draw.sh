#!/bin/bash
# The pictures of the lesson, examples/README.md, each by plumb from the script of its name: `make pictures`.
#     examples/pictures/draw.sh [BUILD]
cd "$(dirname "$0")/../.." || exit 1
plumb=${1:-build}/plumb

draw() { # SCRIPT PICTURE PLOT
    printf 'use "examples/%s.plumb"\nplot %s to "examples/pictures/%s.svg"\n' "$1" "$3" "$2" | "$plumb" -q --threads 1 - >/dev/null ||
        { echo "$2.svg was not drawn" >&2; exit 1; }
}

draw vanishing vanishing 'gradients(plain, cure1, cure2, cure3) on digits'
draw saturation saturation 'activations(squashed)'
draw xavier_or_he he 'loss(stalls, converges)'
draw glorot standard \
    'curves("standard weights, dense2 to dense5", activations=signal, gradients=back, of_weights=weight)'
draw glorot normalised \
    'curves("normalised weights, dense2 to dense5", activations=signal_n, gradients=back_n, of_weights=weight_n)'
draw batchnorm right 'curves("told right, every 4 epochs", plain=plain_right, normed=normed_right)'
input="input of the last sigmoid every 4 epochs: 15, 50 and 85 % lie below"
draw batchnorm without_norm "curves(\"$input; without batch norm\", plain_low, plain_middle, plain_high)"
draw batchnorm with_norm "curves(\"$input; with batch norm\", normed_low, normed_middle, normed_high)"
losses=
for net in plain4 plain16 plain32 linked4 linked16 linked32; do
    losses+=", $net=$net.history.loss"
done
draw depth depth "curves(\"loss on the train part, by epoch\"$losses)"
draw adding adding 'through_time(plain, memory, gates) on pairs'
draw clipping clipping \
    'curves("told right, by epoch", free=free.history.test_metric, clipped=clipped.history.test_metric)'
