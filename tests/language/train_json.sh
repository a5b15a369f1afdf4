# --json: one object a result, stable names. The last bits of trained numbers depend on the machine: they are printed as N.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=40, test=0.5)
net tiny {
    input(2)
    dense(2) -> relu
    dense(2)
}
net other = tiny
recipe quick {
    steps = 2
    batch = 20
}
show tiny
show quick
show dots
show tiny.dense1
gradients tiny on dots
train tiny on dots with quick
evaluate tiny on dots
predict tiny on [0, 0]
compare tiny, other on dots with quick
train other on dots with { steps = 3; batch = 20; optimizer = sgd(lr=1e9, decay=1e9); diagnostics = off }
save tiny to "tiny.safetensors"
load other from "tiny.safetensors"
END
cd "$T" && plumb --json script.plumb 2>text | sed -E 's/-?[0-9]+\.[0-9]+(e[+-]?[0-9]+)?/N/g'
test -s text && echo "tables are on standard error"
