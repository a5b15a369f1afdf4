# ctrl-C ends a script with status 130; values are not lost before that, so that what was printed is.
cd "$T"
cat >long.plumb <<'END'
d = xor()
net n { input(2); dense(2) }
print "started"
train n on d with { epochs = 100000000 }
print "not reached"
END
mkfifo pipe
env --default-signal=INT plumb -q long.plumb >pipe &
read line <pipe
echo "$line"
kill -INT $!
wait $!
echo "-> $?"
