# Grids: a table, for two arguments a map, with seeds medians and the range; the same net trained alone gives the same figures.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = moons(samples=60, noise=0.2, test=0.5)
net mlp(depth=2, act=tanh, width=4, norm=none) {
    input(2)
    repeat(depth) { dense(width) -> norm -> act }
    dense(2)
}
recipe quick { epochs = 3; batch = 10; optimizer = adam(lr=0.01) }
depths = [1, 3]
sweep mlp(depth=depths) on dots with quick
sweep mlp(depths, [tanh, leaky_relu(slope=0.2), sigmoid]) on dots with quick
sweep mlp(norm=[none, layernorm], width=6, act=[relu]), seeds=3 on dots with quick
sweep mlp(width=[4, 5]), seeds=2 on dots with quick { log = "run.csv" }
sweep mlp(act=[tanh, relu]), lr=[0.1, 0.001], seeds=2 on dots with quick
sweep mlp, optimizer=[adam, sgd(lr=1)], batch=[5, 10], lr=[0.01] on dots with quick
END
cat >"$T/same.plumb" <<'END'
use "script.plumb"
train mlp(depth=3, act=sigmoid) on dots with quick
train mlp on dots with quick { batch = 5; optimizer = sgd(lr=0.01) }
END
cat >"$T/wrong.plumb" <<'END'
dots = moons(samples=60)
net mlp(depth=2, act=tanh, width=4) { input(2); repeat(depth) { dense(width) -> act }; dense(2) }
net fixed { input(2) -> dense(2) }
sweep mlp on dots
sweep mlp(depth=3) on dots
sweep mlp(dept=[3, 4]) on dots
sweep mlp(depth=[]) on dots
sweep mlp(depth=[1, 2.5]) on dots
sweep mlp(depth=[1, 2]), seeds=0 on dots
sweep mlp(depth=[1, 2]), mlp on dots
sweep mlp(depth=range(1, 200), width=range(1, 200)) on dots
sweep mlp(depth=range(1, 30), width=range(1, 30)), seeds=9 on dots
sweep dots(3) on dots
sweep fixed([3]) on dots
sweep mlp(depth=[1, 2])
sweep mlp([1, 2], depth=3) on dots
sweep mlp, lr=0.1 on dots
sweep mlp, lr=[0.1, tanh] on dots
sweep mlp, momentum=[0.9] on dots
sweep mlp, batch=[16, 0.5] on dots
sweep mlp, optimizer=[relu] on dots
sweep mlp, lr=[0.1], seeds=2, seeds=3 on dots
END
cd "$T"
plumb script.plumb
ls *.csv
plumb --json -q script.plumb | sed -E 's/-?[0-9]+\.[0-9]+(e[+-]?[0-9]+)?/N/g' | sed -n 3p
same() { # number of the training alone, of the sweep, its run
    alone=$(plumb --json -q same.plumb | tail -n 2 | sed -n "$1p" | grep -o '"epoch":3,"step":[0-9]*,"loss":[^,]*' | cut -d : -f 4)
    swept=$(plumb --json -q script.plumb | sed -n "$2p" | grep -o "\"name\":\"$3\",\"arguments\":{[^}]*},\"loss\":[^,]*" | sed 's/.*://')
    [ -n "$alone" ] && [ "$alone" = "$swept" ] && echo "the same loss" || echo "alone $alone, swept $swept"
}
same 1 2 'mlp(3, sigmoid)'
same 2 6 'mlp, optimizer=sgd(lr=1), batch=5, lr=0.01'
plumb wrong.plumb
plumb -q -e 'dots = moons(samples=60)
net mlp(depth=2) { input(2); repeat(depth) { dense(4) }; dense(2) }
sweep mlp(depth=[1, 2]) on dots with { checkpoint = every(3, "x.ckpt") }'
