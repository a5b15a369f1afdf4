# What fix tries first: what all severe findings ask for, together; edits inside nets that are used; of weights, links, gates, steps.
# Figures of trained nets depend on the machine's last bits: they are printed as N, and what is above a limit is expected.
cat >"$T/script.plumb" <<'END'
set shards = 2
arms = spirals(samples=240, turns=0.5, test=0.25)
recipe quick {
    epochs    = 20
    batch     = 20
    optimizer = adam(lr=0.003)
}

# Two causes at once, in a net that another one uses.
net block(act=sigmoid, width=24) { dense(width, init=xavier) -> act }
net double {
    input(2)
    repeat(14) { block }
    dense(3) -> softmax
}
fix double as single on arms with quick
expect single.accuracy > 0.8

# Plain descent over many layers: another optimizer goes along.
net plain(init=normal(std=0.03)) { input(2) -> repeat(12) { dense(24, init=init) -> tanh } -> dense(3) }
fix plain as drawn on arms with quick { optimizer = sgd(lr=0.05, momentum=0.9) }
expect drawn.accuracy > 0.8

# Links that add up, and very many layers without any.
net sums { input(2) -> dense(24) -> repeat(24) { residual(scale=2) { dense(24) -> relu } } -> dense(3) }
fix sums as scaled on arms with quick { optimizer = sgd(lr=0.05, momentum=0.9) }
expect scaled.accuracy > 0.8
net normed { input(2) -> repeat(30) { dense(24) -> layernorm -> relu } -> dense(3) }
fix normed as linked on arms with quick
expect linked.accuracy > 0.8

# Gates that carry nothing; a body that is handed over with an argument.
net gated(bias=6) { input(2) -> dense(24) -> repeat(20) { highway(bias=bias) { dense(24) -> tanh } } -> dense(3) }
fix gated as carried on arms with quick { optimizer = sgd(lr=0.02, momentum=0.9) }
expect carried.accuracy > 0.8
net stack(body=block(act=sigmoid)) { input(2) -> repeat(14) { body } -> dense(3) }
fix stack as handed on arms with quick
expect handed.accuracy > 0.8

# Units that no row wakes.
net dead { input(2) -> dense(24, bias_init=constant(-30)) -> relu -> dense(24) -> relu -> dense(3) }
fix dead as awake on arms with quick
expect awake.accuracy > 0.8

# Gates that begin shut.
order = temporal_order(40, samples=300, test=0.25)
net memory { input(40, 6) -> lstm(12, forget_bias=-12, return=last) -> dense(4) }
fix memory as open on order with quick { epochs = 40 }
expect open.accuracy > 0.8

# No rule fires, and the loss still falls; a limit on the gradient that no step keeps; decay that outweighs the gradient; and a net that no edit makes larger.
net small { input(2) -> repeat(3) { dense(24) -> elu } -> dense(3) }
fix small as hastened on arms with quick { optimizer = sgd(lr=0.002) }
fix small as freed on arms with quick { optimizer = sgd(lr=0.05, momentum=0.9); clip = by_norm(0.0001) }
fix small as kept on arms with quick { optimizer = adamw(lr=0.003, decay=30) }
expect kept.accuracy > 0.8
net line { input(2) -> dense(3) }
fix line as curve on arms with quick
END
cd "$T" && COLUMNS=200 plumb script.plumb 2>&1 | sed -E -e 's/-?[0-9]+\.[0-9]+ %/N %/g' -e 's/(falls|fell|grows|grew) [0-9.]+/moves N/g' -e 's/by_norm.[0-9.]+[0-9]./by_norm(N)/g' -e '/not finite/d'
