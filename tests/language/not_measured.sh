# A figure that nothing has measured yet says how to measure it.
try() { echo "net n { input(2) -> dense(8) -> tanh -> dense(2) }
set shards = 1; d = xor(samples=40, test=0)
$1" | sed 's/with t$/with { epochs = 1; batch = 10 }/' | plumb -q -; echo "exit $?"; }
for what in loss test_loss accuracy metric mae rmse r2 history.loss; do try "print n.$what"; done
for what in grad weight.grad.norm grad_norm output; do try "print n.dense1.$what"; done
for what in saturated nonfinite; do try "print n.tanh1.$what"; done
# of another task, another family of layers, another part of the data
train="train n on d with t"
try "$train
print n.mae"
try "$train
print n.test_loss"
try "$train
expect n.accuracy >= 0
print n.tanh1.dead"
try "$train
evaluate n on d
print n.r2"
try "$train
reset n
print n.steps
print n.dense1.grad"
try 'net block { dense(4) -> tanh }
print block.dense1.weight'
