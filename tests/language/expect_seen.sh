# Each failure by itself: what decided is what is told.
try() { echo "$1" | plumb - ; echo "exit $?"; }
try 'x = 2; y = 3; expect x > 1 and y < 2 and x < 0'
try 'x = 2; expect x > 3 or x < 1, "between"'
try 'x = 2; expect not (x > 1)'
try 'x = 2; y = 2; expect x != y'
try 'expect 1 > 2'
try 'x = [1, 2]; expect x == [1, 3]'
try 'expect isnan(3)'
try 'expect false'
try 'expect 3 < norm([1])'
try 'for (k in range(3)) { expect k < 2 }'
try 'x = range(1000); expect x == []'
try 'x = relu; expect x == tanh'
try "x = \"$(printf 'ü%.0s' $(seq 60))\"; expect x == 3"
