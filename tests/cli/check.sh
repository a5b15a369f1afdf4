# Checked, not run.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}

cd "$T"
echo 'print 1; save_me = 2' >good.plumb
printf 'net n { input(2); dens(3) }\nx = relu(\n' >bad.plumb
printf 'net n { input(2); dense(3) }\nd = xor()\ntrain n on d with { epochs = 1e9 }\nsave n to "weights.safetensors"\n' >shapes.plumb
run check good.plumb
run check bad.plumb good.plumb
run check shapes.plumb
run --json check bad.plumb
run check - <bad.plumb
ls
