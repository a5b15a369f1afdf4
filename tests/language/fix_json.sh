# --json: findings and repairs. The last bits of trained numbers depend on the machine: they are printed as N.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=120, test=0.25)
net deep(act=sigmoid, init=xavier) {
    input(2)
    repeat(12) { dense(32, init=init) -> act }
    dense(2)
}
diagnose deep
diagnose deep on dots
fix deep as better on dots with { epochs = 8; batch = 10; optimizer = adam(lr=0.003) }
fix deep(init=normal(std=0.03)) as other on dots with { epochs = 8; batch = 10; optimizer = sgd(lr=0.05) }
END
cd "$T" && plumb --json script.plumb 2>text | sed -E 's/-?[0-9]+\.[0-9]+(e[+-]?[0-9]+)?/N/g'
test -s text && echo "tables are on standard error"
