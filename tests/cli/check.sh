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
# Files that cannot be read as they are now; no word where the script writes files itself.
printf 'a,b\n1,2\n3,x\n' >bad.csv
printf 'd = csv("missing.csv", label="a")\ne = csv("bad.csv", label="a")\nuse "missing.plumb"\nnet n { input(d); dense(3) }\n' >reads.plumb
run check reads.plumb
printf 'net n { input(2) -> dense(2) }\npredict n on [1, 2] to "made.npy"\nd = npy(x="made.npy", y="made.npy")\n' >writes.plumb
run check writes.plumb
