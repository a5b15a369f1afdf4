#!/bin/bash
# A script that writes checkpoints is killed by SIGKILL again and again and goes on from the file each time: its weights are those
# of a run that was left alone, bit for bit. Nothing sleeps: each kill waits for a step to be in the file.
#     tests/checkpoint.sh [BUILD]        prints TAP lines
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
folder=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

result() { # NAME STATUS
    if [ "$2" = 0 ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        tail -n 20 seen | sed 's/^/    /'
        failed=1
    fi
}

step_in() { # FILE: the step at which it was taken, 0 where there is none
    local step
    step=$(head -c 4096 "$1" 2>/dev/null | grep -ao '"step":"[0-9]*"' | tr -cd '0-9')
    echo "${step:-0}"
}

cat >train.plumb <<'END'
resume = false
d = moons(samples=1000, test=0.2)
net n { input(2); dense(24) -> batchnorm -> relu -> dropout(0.1); dense(24) -> relu; dense(2) }
recipe r {
    epochs     = 40
    batch      = 8
    optimizer  = adam(lr=0.003)
    schedule   = cosine(warmup=100)
    ema        = 0.99
    checkpoint = every(7, "run.ckpt")
}
if (resume) {
    load n from "run.ckpt"
}
train n on d with r
save n to "end.safetensors"
save n.history to "end.csv"
END

"$plumb" --seed 3 --shards 2 --threads 1 train.plumb >seen 2>&1
result "a run that is left alone" $?
mv end.safetensors whole.safetensors
cut -d, -f 1-9 end.csv >whole.csv
rm run.ckpt

# Other threads, shards and seeds than the first run had: seed and shards come from the file. The data are those of seed 3.
first="--seed 3 --shards 2 --threads 1"
again="--seed 3 --shards 1 --threads 2 -D resume=true"
options=$first
for moment in 1 500 1300; do
    "$plumb" $options train.plumb >seen 2>&1 &
    run=$!
    until [ "$(step_in run.ckpt)" -ge $moment ] || ! kill -0 $run 2>/dev/null; do :; done
    kill -KILL $run 2>/dev/null
    wait $run 2>/dev/null
    [ $? = 137 ]
    result "killed at step $(step_in run.ckpt) of 4000" $?
    options=$again
done
"$plumb" $again train.plumb >seen 2>&1
result "it goes on to the end" $?
cmp -s whole.safetensors end.safetensors
result "to the same weights, bit for bit" $?
cut -d, -f 1-9 end.csv | cmp -s whole.csv -
result "and the same history" $?
"$plumb" $again train.plumb >seen 2>&1 && cmp -s whole.safetensors end.safetensors
result "once more from the end: nothing changes" $?
sed -i 's/dropout(0.1)/dropout(0.1) -> dense(24)/' train.plumb
"$plumb" $again train.plumb >seen 2>&1
[ $? = 1 ] && grep -q 'train.plumb:13:17: error: dense3.weight in "run.ckpt" has another shape' seen
result "another net is refused" $?
exit $failed
