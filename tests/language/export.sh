# A net for other programs: what is printed, which files there are, what is refused. tests/unit/test_export.c runs them.
cat >"$T/net.plumb" <<'END2'
net block(n) { residual { dense(n) -> relu } }
net small { input(2); h: dense(4); block(4); block(n=4); add(h); dense(3) -> softmax }
for (kind in ["onnx", "py", "dot", "plumb"]) { export small to "small." + kind }
END2
cat >"$T/wrong.plumb" <<'END2'
net small { input(2); dense(3) }
export small to "small.pt"
END2
cat >"$T/later.plumb" <<'END2'
net part { dense(3) }
export part to "part.py"
END2
cat >"$T/outside.plumb" <<'END2'
net small { input(2); dense(3) }
export small to "../small.py"
END2
cd "$T"
plumb net.plumb
plumb --json net.plumb 2>/dev/null
for script in wrong later outside; do
    plumb $script.plumb
    echo "exit $?"
done
ls
head -c 0 small.onnx && sed -n '/^class Net/,/^def/p' small.py
cat small.dot
