# The exported source stands alone, is in the canonical layout, and builds the same layers.
cat >"$T/net.plumb" <<'END2'
dots = blobs(classes=3, samples=60)
width = 8
slope = leaky_relu(0.2)
tail = dense(width) -> tanh
sizes = [6, 0.5, -1]
net res(n, act=relu) { residual { dense(n) -> act } }
net twice(body) { repeat(2) { body } }
net base(act=sigmoid, norm=none, depth=3, data=dots, end=dense(width) -> slope) {
    input(data)
    init = he
    repeat(depth) { dense(width) -> norm -> act }
    h: res(width)
    for (k in [1, 2]) { dense(width * k) -> slope }
    more = 0
    net own(width) { dense(width + more) }
    own(width)
    add(h)
    if (depth > 2) { res(width, act=tanh) } else { tail }
    residual(scale=learned(0)) { dense(sizes[0] + 2) }
    when(data.classes == 3) { end }
    dense(data.classes)
}
net plain = base
net deep = base(act=relu, norm=batchnorm -> dropout(0.1), depth=2, end=twice(body=res(8)))
export plain to "plain.plumb"
export deep to "deep.plumb"
export base(depth=1, act=elu(alpha=-0.0 + 0.5)) to "base.plumb"
END2
cd "$T"
plumb -q net.plumb || exit
same() { # NAME NET: its layers as declared and as exported
    { cat net.plumb; echo "show $2"; } >declared.plumb
    { cat "$1.plumb"; echo "show $1"; } >exported.plumb
    plumb --json declared.plumb 2>/dev/null | sed -n 's/.*"layers"/"layers"/p' >declared.txt
    plumb --json exported.plumb 2>/dev/null | sed -n 's/.*"layers"/"layers"/p' >exported.txt
    [ -s declared.txt ] && cmp declared.txt exported.txt && echo "$1: the same layers"
    plumb fmt --check "$1.plumb" && plumb check "$1.plumb"
}
same plain plain
same deep deep
same base "base(depth=1, act=elu(alpha=0.5))"
cat plain.plumb
tail -n 20 deep.plumb
cat >two.plumb <<'END2'
net one { dense(3) }
net hold(body) { net one { dense(4) }; input(2); one; body }
net both = hold(body=one)
export both to "both.plumb"
END2
plumb two.plumb && cat both.plumb
cat >clash.plumb <<'END2'
net one { dense(3) }
net hold(body) { input(2); one; body }
net both = hold(body=one)
net one { dense(4) }
export both to "clash.plumb"
END2
cp clash.plumb before.plumb
plumb clash.plumb
cmp clash.plumb before.plumb
cat >itself.plumb <<'END2'
block = dense(3) -> relu
block = block -> tanh
net n { input(2); dense(2); when(false) { block } }
export n to "itself.plumb"
END2
plumb itself.plumb
cat >auto.plumb <<'END2'
start = auto
net made(init=auto, act=relu) { input(4); dense(8, init=init) -> act; init = start; dense(3) }
net drawn = made(init=he, act=tanh)
net again = drawn(init=auto)
export again to "again.plumb"
END2
cp auto.plumb net.plumb
plumb -q net.plumb && same again again && cat again.plumb
