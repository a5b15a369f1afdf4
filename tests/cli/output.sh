# Standard output that takes nothing.
plumb -e 'print 1' >/dev/full
echo "a full disk -> $?"
plumb -e 'print 1; expect 1 > 2' 2>/dev/null >/dev/full
echo "and an error -> $?"
plumb -e 'print 1' >&-
echo "closed -> $?"
plumb -e 'for (i in range(100000)) { print i }' | head -n 1
(trap '' PIPE; plumb -e 'for (i in range(100000)) { print i }'; echo "-> $?" >&2) | head -n 1
