# Figures of a net that predicts numbers: y = 2 x, learned from a column of text.
cd "$T"
echo 'x,y' > line.csv
for i in $(seq 1 60); do echo "$i,$((2 * i))"; done >> line.csv
cat > line.plumb <<'END'
set shards = 1
line = csv("line.csv", label="y", task=regress, scale=standard, test=0.2)
net n { input(1) -> dense(1) }
train n on line with { epochs = 3; batch = 12 }
expect n.mae == n.metric and n.mae == n.history.test_metric[-1], "of the test part"
evaluate n on line
expect n.rmse >= n.mae and n.mae > 0 and n.r2 < 1
print line.classes, line.rows, line.test_rows
print n.accuracy
END
plumb -q line.plumb
echo "exit $?"
