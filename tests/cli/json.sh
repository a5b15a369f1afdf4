# One object a result, a line each, on standard output; the rest goes to standard error.
cd "$T"
cat >script.plumb <<'END'
print 1, [2, 3], "four"
help relu
one = 1
expect one < 2
expect one > 2, "one is less"
END
plumb --json script.plumb 2>errors
echo "-> $?"
echo "standard error:"
cat errors
plumb --json -e 'x = )' 2>/dev/null
echo "-> $?"
plumb --json -e 'one = 1; expect one > 2, "one is less"' 2>/dev/null
echo "-> $?"
plumb --json missing.plumb 2>/dev/null
echo "-> $?"
