# Weights written and read back give the same score; gradients are those of one batch; a file of another net changes nothing.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = blobs(classes=3, samples=60, test=0.5)
net one { input(2); dense(4) -> tanh; dense(3) }
net two = one
net larger { input(2); dense(5) -> tanh; dense(3) }
train one on dots with { epochs = 2; batch = 10 }
save one to "one.safetensors"
save gradients(one) on dots with { batch = 8 } to "gradients.safetensors"
load two from "one.safetensors"
evaluate one on dots
evaluate two on dots
expect two.accuracy == one.accuracy
predict two on dots to "outputs.npy"
load larger from "one.safetensors"
END
cd "$T" && plumb script.plumb
status=$?
ls
head -c 64 outputs.npy | tr -cd '[:print:]'
echo
exit $status
