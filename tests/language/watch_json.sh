# --json: watchpoints and alerts. The last bits of trained numbers depend on the machine: they are printed as N.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=40, test=0.5)
net tiny { input(2) -> dense(2) }
watch tiny.loss < 100 and tiny.steps == 2
watch not (tiny.dense1.grad.norm < 0)
train tiny on dots with { steps = 3; batch = 20 }
watch
train tiny on dots with { steps = 3; batch = 20; optimizer = sgd(lr=1e9, decay=1e9) }
watch none, 3
END
cd "$T" && plumb --json -q script.plumb | grep -o '"alerts".*\|"watchpoints".*\|"error".*' |
    sed -E 's/-?[0-9]+\.[0-9]+(e[+-]?[0-9]+)?/N/g'
