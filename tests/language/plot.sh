# Plots in the terminal, of nets as they were made and after training; ASCII where the locale knows no more; files.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=40, test=0.5)
net small(act=relu) {
    input(2)
    h: dense(4) -> act
    residual { dense(4) }
    dense(4) -> add(h)
    dense(2)
}
net other = small(act=sigmoid)
plot graph(small)
plot gradients(small) on dots
plot gradients(small, other) on dots with { batch = 10 }
plot activations(other)
plot weights(small)
train small on dots with { epochs = 6; batch = 10 }
plot loss(small)
d = adding(length=20, samples=40)
net r { input(d) -> rnn(4) -> last -> dense(1) }
plot through_time(r) on d
falls = [8, 4, 2, 1]
plot curves(falls)
plot curves("two lists, over decades", falls, rises=[0.001, 1, 5])
END
cat >"$T/files.plumb" <<'END'
use "script.plumb"
plot graph(small) to "graph.dot"
plot graph(small) to "graph.csv"
plot weights(other) to "weights.svg"
plot loss(small) to "loss.png"
plot loss(small) to "loss.csv"
plot curves(falls) to "falls.csv"
plot loss(small) to "../loss.csv"
END
cat >"$T/wrong.plumb" <<'END'
d = blobs(samples=20)
net n { input(2) -> dense(2) }
plot n
plot los(n)
plot n.history
plot loss
plot loss(d)
plot graph(n, n)
plot loss(n) on d
plot loss(n) to "x.jpg"
plot loss(n) to "x.dot"
plot gradients(m)
plot curves([1, relu])
plot curves([1], "title")
plot curves([1]) on d
plot loss(n) with { epochs = 3 }
plot curves([1]) with { epochs = 3 }
plot gradients(n) with { batch = 3 }
END
cd "$T"
plumb script.plumb | grep -v 's$'
LC_ALL=C plumb -q files.plumb
cat graph.dot graph.csv
cut -d , -f 1,2 loss.csv
cat falls.csv
head -c 4 loss.png | tail -c 3
echo
grep -c rect weights.svg
LC_ALL=C plumb -e 'use "script.plumb"' | grep -A 20 "^layers\|^outputs" | head -30
plumb wrong.plumb
plumb -e 'net n { input(2) -> dense(2) }
plot loss(n)'
plumb -e 'net n { input(2) -> dense(2) }
plot gradients(n)'
plumb --json -e 'net n { input(2) -> dense(2) }
plot graph(n)
plot curves("", falls=[2, 1])' 2>/dev/null
# many layers, of which some are shown; of a long name what comes last is shown too
cat >many.plumb <<'END'
net a_name_that_goes_on_and_on_and_on { input(2); repeat(150) { dense(2) }; dense(2) }
d = moons(samples=80, test=0.5)
set quiet = true
train a_name_that_goes_on_and_on_and_on on d with { epochs = 2; optimizer = sgd(lr=0) }
plot gradients(a_name_that_goes_on_and_on_and_on) to "many.svg"
plot gradients(a_name_that_goes_on_and_on_and_on) to "many.csv"
set quiet = false
plot gradients(a_name_that_goes_on_and_on_and_on)
net two = a_name_that_goes_on_and_on_and_on
set quiet = true
train two on d with { epochs = 1 }
set quiet = false
plot loss(a_name_that_goes_on_and_on_and_on, two)
END
plumb many.plumb >many.out
grep -c '>dense[0-9]*<' many.svg
wc -l <many.csv
grep -c '^ dense' many.out
grep 'rows are shown' many.out
grep -o 'a_name.* train' many.out
