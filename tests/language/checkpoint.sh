# The whole training to a file and back, in a twin; then what does not fit, which changes nothing.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=3, samples=60, test=0.5)
net one { input(2); dense(4) -> tanh; dense(3) }
net two = one
net larger { input(2); dense(5) -> tanh; dense(3) }
recipe long { epochs = 4; batch = 10 }
train one on dots with long { epochs = 2 }
save one to "half.ckpt"
load two from "half.ckpt"
print two.steps, two.history.epoch, two.accuracy == one.accuracy
train two on dots with long
train one on dots with long { epochs = 4; checkpoint = every(5, "run.ckpt") }
load one from "half.ckpt"
train one on dots with long
expect one.dense1.weight.norm == two.dense1.weight.norm
save one.history to "one.csv"
save one.history to "one.json"
load two from "run.ckpt"
print two.steps
load larger from "half.ckpt"
END
try() { echo "$1"; { head -n 9 script.plumb; echo "$2"; } >x.plumb; plumb -q x.plumb; echo "exit $?"; }
cd "$T" && plumb script.plumb
echo "exit $?"
ls
cut -d, -f 1,2 one.csv
try "another recipe" 'train two on dots with long { optimizer = sgd(lr=0.1) }'
try "a shorter one" 'train two on dots with { steps = 5; batch = 10 }'
try "other data" 'more = blobs(classes=3, samples=90, test=0.5)
train two on more with long'
try "no file" 'load two from "none.ckpt"'
try "nothing trained" 'save two to "two.ckpt"'
try "weights as a history" 'save two to "two.csv"'
try "gradients as a training" 'save gradients(two) on dots to "two.ckpt"'
try "a history as weights" 'save two.history to "two.safetensors"'
try "no name for the file" 'recipe r { checkpoint = every(10) }'
try "a name of another kind" 'recipe r { checkpoint = every(10, "run.csv") }'
try "a file for the diagnostics" 'recipe r { diagnostics = every(10, "run.ckpt") }'
try "a folder that is not there" 'train one on dots with long { checkpoint = every(2, "none/run.ckpt") }
print "not reached"'
try "two nets, one file" 'compare one, two on dots with long { checkpoint = every(2, "run.ckpt") }'
head -c 600 half.ckpt >cut.ckpt
try "a file cut off" 'load two from "cut.ckpt"'
{ sed -n '2,3p' script.plumb | sed 's/one/n/'; echo 'load n from "half.ckpt"; train n on dots with { epochs = 3; batch = 10 }; save n to "n.ckpt"'; } >json.plumb
plumb --json json.plumb 2>/dev/null | sed -E 's/"epochs":.*"steps"/"steps"/; s/"seconds":[0-9.e-]+/"seconds":T/g'
