# The key `log`: a file a net, written below the current folder only; a script can read it again.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=2, samples=40, test=0.5)
net tiny { input(2) -> dense(2) }
net other = tiny
recipe quick { steps = 3; batch = 10; log = "run.csv" }
train tiny on dots with quick
again = csv("run.csv", label="loss", test=0, features=["step", "epoch"], task=regress)
expect again.rows == 3
train tiny on dots with quick { log = "run.jsonl" }
compare tiny, other on dots with quick
train tiny on dots with quick { log = tensorboard("runs/tiny") }
show quick { log = tensorboard("runs") }
train tiny on dots with quick { log = "../run.csv" }
END
cat >"$T/wrong.plumb" <<'END'
dots = blobs(classes=2, samples=40, test=0.5)
net tiny { input(2) -> dense(2) }
train tiny on dots with { log = "run.txt" }
train tiny on dots with { log = adam }
train tiny on dots with { log = tensorboard }
END
cd "$T"
plumb script.plumb | grep log
plumb wrong.plumb
ls runs/tiny | sed 's/[0-9].*//'
rm -r runs
ls
head -n 1 run.csv
cut -d , -f 1,2 run.other.csv
cut -d : -f 1-3 run.jsonl | sed 's/"loss.*//'
