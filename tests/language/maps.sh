# Heat maps over a training, in the terminal and in files; what a layer's half-life is, and who has one.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=40, test=0.5)
net n { input(2); repeat(3) { dense(4) -> tanh }; dense(4) -> relu; dense(2) }
d = adding(length=20, samples=40)
net r { input(d) -> rnn(4) -> last -> dense(1) }
net both { input(d) -> rnn(3) -> lstm(2) -> last -> dense(1) }
END
cat >"$T/draw.plumb" <<'END'
use "script.plumb"
train n on dots with { epochs = 40; batch = 10; optimizer = sgd(lr=0.1) }
plot update_ratio(n) to "update.csv"
plot signal(n) to "signal.csv"
plot grad_norm(n) to "norm.csv"
plot delta(n)
plot saturated(n)
plot dead(n)
train r on d with { steps = 12; batch = 10 }
gradients r
print r.rnn1.half_life
print r.rnn1.half_life < 20
END
cat >"$T/files.plumb" <<'END'
use "script.plumb"
train n on dots with { steps = 6; batch = 10; optimizer = sgd(lr=1e9, decay=1e9) }
plot delta(n) to "delta.csv"
plot delta(n) to "delta.svg"
plot delta(n) to "delta.png"
train both on d with { steps = 3; batch = 10 }
plot delta_through_time(both) to "time.csv"
END
cat >"$T/watch.plumb" <<'END'
use "script.plumb"
watch r.rnn1.half_life < 20
train r on d with { steps = 3; batch = 10 }
expect r.alerts == 1
expect r.rnn1.half_life < 20
END
cd "$T"
LC_ALL=C.UTF-8 plumb draw.plumb
LC_ALL=C plumb -e 'use "draw.plumb"' | grep -A 12 '^gradient by layer\|^gradient at each'
plumb -q files.plumb
cut -d , -f 1,2 delta.csv | head -8
grep -c nan delta.csv
grep -o 'not finite[^<]*\|d55e00' delta.svg | sort | uniq -c
head -c 4 delta.png | tail -c 3
echo
sed -n '1,2p; 21,23p; 60,63p' time.csv | cut -d , -f 1,2
wc -l <time.csv
plumb watch.plumb | grep -v 's$'
plumb --json -q -e 'use "script.plumb"
gradients r on d' 2>/dev/null | grep -o '"half_life": *[0-9]' | cut -c -12
plumb -e 'net n { input(2) -> dense(2) }
plot delta(n)'
plumb -q -e 'use "script.plumb"
train n on dots with { steps = 2; batch = 10; diagnostics = off }
plot delta(n)'
plumb -q -e 'use "script.plumb"
train n on dots with { steps = 2; batch = 10 }
plot delta_through_time(n)'
plumb -q -e 'use "script.plumb"
print n.dense1.half_life'
plumb -q -e 'use "script.plumb"
print r.rnn1.half_life'
plumb -q -e 'use "script.plumb"
plot delta(n, n)'
