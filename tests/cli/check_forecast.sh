# plumb check warns of nets that will hardly train, once each; a run does not.
echo 'net deep(act=sigmoid, depth=20) { input(64); repeat(depth) { dense(64, init=xavier) -> act }; dense(10) }
net fine = deep(act=tanh, depth=3)
d = blobs(samples=60, test=0)
net tall(std=0.01) { input(d); repeat(6) { dense(32, init=normal(std)) -> relu }; dense(3) }
net block { dense(3) -> relu }
net wide(n) { input(n); dense(n, init=normal(0.001)); dense(n, init=normal(0.001)); dense(3) }
train tall(std=1) on d with { epochs = 1; optimizer = sgd(lr=0.01) }
train tall on d with { epochs = 1 }
train fine on d with { epochs = 1 }' > "$T/x.plumb"
sed -i '$d' "$T/x.plumb"
cd "$T"; plumb check x.plumb; echo "check $?"
plumb -q x.plumb; echo "run $?"
